"""Members of an organization, and those invited to become one."""

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import get_managed_organization
from dockerhub_mcp.sandbox.context import get_hub
from dockerhub_mcp.sandbox.errors import account_service_error, invalid_field_error
from dockerhub_mcp.sandbox.paging import build_page_body, parse_page_request
from dockerhub_mcp.sandbox.state import (
    InviteeRecord,
    MemberRecord,
    OrganizationRecord,
    SandboxState,
    UserRecord,
)
from dockerhub_mcp.sandbox.timestamps import format_optional_timestamp, format_timestamp

TYPE_FILTERS = ("all", "invitee", "member")
ROLE_FILTERS = ("owner", "editor", "member")
INVITEE_LABEL = "Invitee"
SEARCH_FIELDS = ("username", "full_name", "email")


async def list_members(request: Request) -> JSONResponse:
    """The members of an organization; invitees only when asked for."""
    organization = get_managed_organization(request, request.path_params["org"], "scope-member-read")
    wanted = parse_page_request(request)
    people = _serialize_people(get_hub(request).state, organization, _parse_member_type(request))
    role = _parse_choice(request, "role", ROLE_FILTERS)
    if role:
        people = [person for person in people if person["role"].lower() == role]
    search = request.query_params.get("search", "").lower()
    if search:
        people = [person for person in people if _matches_search(person, search)]
    if wanted.is_out_of_range(len(people)):
        raise account_service_error(404, "Invalid page.")
    return JSONResponse(build_page_body(request, wanted, len(people), list(wanted.slice_entries(people))))


def _parse_member_type(request: Request) -> str:
    asked = _parse_choice(request, "type", TYPE_FILTERS)
    if asked:
        return asked
    return "all" if request.query_params.get("invites", "").lower() in {"true", "1"} else "member"


def _parse_choice(request: Request, name: str, choices: tuple[str, ...]) -> str | None:
    value = request.query_params.get(name)
    if not value:
        return None
    if value not in choices:
        problem = f"{name} must be one of {', '.join(choices)}"
        raise invalid_field_error(problem, name)
    return value


def _serialize_people(
    state: SandboxState, organization: OrganizationRecord, member_type: str
) -> list[dict[str, Any]]:
    people = []
    if member_type in {"all", "member"}:
        people += [serialize_member(state, organization, member) for member in organization.members]
    if member_type in {"all", "invitee"}:
        people += [_serialize_invitee(invitee) for invitee in organization.invitees]
    return people


def _matches_search(person: dict[str, Any], search: str) -> bool:
    return any(search in person.get(field, "").lower() for field in SEARCH_FIELDS)


def serialize_user(user: UserRecord) -> dict[str, Any]:
    """A user as lists of members and of groups show them alike."""
    return {
        "id": user.uuid.replace("-", ""),
        "username": user.username,
        "full_name": user.full_name,
        "company": user.company,
        "location": user.location,
        "date_joined": format_timestamp(user.joined_at),
        "gravatar_email": "",
        "gravatar_url": build_gravatar_url(user.email),
        "profile_url": "",
        "type": "User",
        "email": user.email,
    }


def serialize_member(
    state: SandboxState, organization: OrganizationRecord, member: MemberRecord
) -> dict[str, Any]:
    """A member in the Hub's shape."""
    user = state.users[member.username]
    return {
        **serialize_user(user),
        "primary_email": user.email,
        "role": member.role,
        "groups": organization.get_group_names(user.username),
        "is_guest": member.is_guest,
        "last_logged_in_at": format_optional_timestamp(member.last_logged_in_at),
        "last_seen_at": format_optional_timestamp(member.last_seen_at, 0),
        "last_desktop_version": member.last_desktop_version,
    }


def _serialize_invitee(invitee: InviteeRecord) -> dict[str, Any]:
    # Nobody knows the username before the invitation is accepted.
    return {
        "id": invitee.id,
        "full_name": "",
        "date_joined": "",
        "type": "User",
        "email": invitee.email,
        "role": INVITEE_LABEL,
        "groups": list(invitee.groups),
        "is_guest": False,
        "last_logged_in_at": None,
        "last_seen_at": None,
    }


def build_gravatar_url(email: str) -> str:
    """Where the picture of an e-mail address is."""
    return f"https://www.gravatar.com/avatar/{hashlib.sha256(email.encode()).hexdigest()}?s=80&r=g&d=mm"
