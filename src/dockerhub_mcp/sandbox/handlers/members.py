"""Members of an organization, and those invited to become one."""

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import managed_organization
from dockerhub_mcp.sandbox.context import hub
from dockerhub_mcp.sandbox.data.deterministic import optional_stamp, stamp
from dockerhub_mcp.sandbox.errors import account_refusal, invalid
from dockerhub_mcp.sandbox.paging import listing, page
from dockerhub_mcp.sandbox.state import Invitee, Member, Organization, State, User

TYPES = ("all", "invitee", "member")
ROLES = ("owner", "editor", "member")
INVITEE = "Invitee"
SEARCHED = ("username", "full_name", "email")


async def list_members(request: Request) -> JSONResponse:
    """The members of an organization; invitees only when asked for."""
    organization = managed_organization(request, request.path_params["org"], "scope-member-read")
    wanted = page(request)
    people = _people(hub(request).state, organization, _type(request))
    role = _choice(request, "role", ROLES)
    if role:
        people = [person for person in people if person["role"].lower() == role]
    search = request.query_params.get("search", "").lower()
    if search:
        people = [person for person in people if _matches(person, search)]
    if wanted.is_past_the_end(len(people)):
        raise account_refusal(404, "Invalid page.")
    return JSONResponse(listing(request, wanted, len(people), list(wanted.of(people))))


def _type(request: Request) -> str:
    asked = _choice(request, "type", TYPES)
    if asked:
        return asked
    return "all" if request.query_params.get("invites", "").lower() in {"true", "1"} else "member"


def _choice(request: Request, name: str, choices: tuple[str, ...]) -> str | None:
    value = request.query_params.get(name)
    if not value:
        return None
    if value not in choices:
        problem = f"{name} must be one of {', '.join(choices)}"
        raise invalid(problem, name)
    return value


def _people(state: State, organization: Organization, wanted: str) -> list[dict[str, Any]]:
    people = []
    if wanted in {"all", "member"}:
        people += [as_json(state, organization, member) for member in organization.members]
    if wanted in {"all", "invitee"}:
        people += [_invitee(invitee) for invitee in organization.invitees]
    return people


def _matches(person: dict[str, Any], search: str) -> bool:
    return any(search in person.get(field, "").lower() for field in SEARCHED)


def user_as_json(user: User) -> dict[str, Any]:
    """A user as lists of members and of groups show them alike."""
    return {
        "id": user.uuid.replace("-", ""),
        "username": user.username,
        "full_name": user.full_name,
        "company": user.company,
        "location": user.location,
        "date_joined": stamp(user.joined),
        "gravatar_email": "",
        "gravatar_url": gravatar(user.email),
        "profile_url": "",
        "type": "User",
        "email": user.email,
    }


def as_json(state: State, organization: Organization, member: Member) -> dict[str, Any]:
    """A member in the Hub's shape."""
    user = state.users[member.username]
    return {
        **user_as_json(user),
        "primary_email": user.email,
        "role": member.role,
        "groups": organization.groups_of(user.username),
        "is_guest": member.is_guest,
        "last_logged_in_at": optional_stamp(member.last_logged_in),
        "last_seen_at": optional_stamp(member.last_seen, 0),
        "last_desktop_version": member.last_desktop_version,
    }


def _invitee(invitee: Invitee) -> dict[str, Any]:
    # Nobody knows the username before the invitation is accepted.
    return {
        "id": invitee.id,
        "full_name": "",
        "date_joined": "",
        "type": "User",
        "email": invitee.email,
        "role": INVITEE,
        "groups": list(invitee.groups),
        "is_guest": False,
        "last_logged_in_at": None,
        "last_seen_at": None,
    }


def gravatar(email: str) -> str:
    """Where the picture of an e-mail address is."""
    return f"https://www.gravatar.com/avatar/{hashlib.sha256(email.encode()).hexdigest()}?s=80&r=g&d=mm"
