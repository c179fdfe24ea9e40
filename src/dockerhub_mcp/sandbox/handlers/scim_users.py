"""Users as an identity provider sees them. The active ones are the members."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.context import hub, json_object
from dockerhub_mcp.sandbox.data.deterministic import identifier, stamp
from dockerhub_mcp.sandbox.errors import RefusalError, scim_refusal
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.handlers.groups import new_group
from dockerhub_mcp.sandbox.handlers.invites import EMAIL
from dockerhub_mcp.sandbox.handlers.recording import record
from dockerhub_mcp.sandbox.handlers.scim_access import scim_organization
from dockerhub_mcp.sandbox.handlers.scim_filter import attribute, parsed
from dockerhub_mcp.sandbox.handlers.scim_schema import LIST, MOST_RESULTS, USER, answer
from dockerhub_mcp.sandbox.state import Member, Organization, ScimUser, User

DEFAULT_RESULTS = 100
COMPANY = "company"
ORDERS = ("ascending", "descending")
ALWAYS_SHOWN = {"schemas", "id"}


async def list_scim_users(request: Request) -> JSONResponse:
    """The users, filtered and sorted; counted from 1."""
    organization = scim_organization(request)
    query = request.query_params
    start, count = _number(request, "startIndex", 1), _number(request, "count", DEFAULT_RESULTS)
    users = [_as_json(request, organization, user) for user in organization.scim_users]
    order = query.get("sortOrder") or ORDERS[0]
    if order not in ORDERS:
        raise scim_refusal(400, f"sortOrder must be one of {', '.join(ORDERS)}")
    try:
        if query.get("filter"):
            users = list(filter(parsed(query["filter"]), users))
        if query.get("sortBy"):
            users.sort(key=attribute(query["sortBy"]), reverse=order == ORDERS[1])
    except ValueError as error:
        raise scim_refusal(400, str(error)) from error
    shown = users[start - 1 : start - 1 + min(count, MOST_RESULTS)]
    wanted = {name.strip().partition(".")[0].lower() for name in query.get("attributes", "").split(",")} - {
        ""
    }
    body = {
        "schemas": [LIST],
        "totalResults": len(users),
        "startIndex": start,
        "itemsPerPage": len(shown),
        "Resources": [
            {key: user[key] for key in user if not wanted or key in ALWAYS_SHOWN or key.lower() in wanted}
            for user in shown
        ],
    }
    return answer(body)


async def get_scim_user(request: Request) -> JSONResponse:
    """One user."""
    organization = scim_organization(request)
    return answer(_as_json(request, organization, _wanted(request, organization)))


async def create_scim_user(request: Request) -> JSONResponse:
    """Provision a user: an account if there is none, a member, in the team of the company."""
    organization = scim_organization(request)
    here = hub(request)
    email, name, _ = await _read(request)
    if _taken(request, organization, email):
        raise scim_refusal(409, "a user with this userName already exists")
    user = here.state.user_by_email(email) or _new_account(request, email)
    if name is not None:
        user.full_name = name
    serial = here.state.serial()
    created = ScimUser(identifier("scim", email, serial), user.username, here.now(), here.now())
    organization.scim_users.append(created)
    _activate(request, organization, user)
    return answer(_as_json(request, organization, created), 201)


async def replace_scim_user(request: Request) -> JSONResponse:
    """Change a user; one that is not said to be active is deactivated."""
    organization = scim_organization(request)
    found = _wanted(request, organization)
    here = hub(request)
    email, name, active = await _read(request)
    user = here.state.users[found.username]
    other = here.state.user_by_email(email)
    if other is not None and other is not user:
        raise scim_refusal(409, "a user with this userName already exists")
    if not active and organization.is_last_owner(user.username):
        raise scim_refusal(400, "the last owner of an organization cannot be deactivated")
    user.email = email
    if name is not None:
        user.full_name = name
    if active:
        _activate(request, organization, user)
    elif organization.member(user.username) is not None:
        organization.remove(user.username)
        words = f"deactivated {user.username}"
        record(request, organization.name, "org.member.remove", user.username, words, by="scim")
    found.modified = here.now()
    return answer(_as_json(request, organization, found))


async def _read(request: Request) -> tuple[str, str | None, bool]:
    """The e-mail address, the full name and whether the user is active, as a body says."""
    try:
        body = await json_object(request)
        fields = Fields(body)
        email = fields.text("userName", required=True, shortest=1)
        schemas = fields.texts("schemas", required=True)
        active = fields.flag("active")
        name = body.get("name")
        if name is not None and not isinstance(name, dict):
            fields.wrong("name", "not an object")
        parts = Fields(name if isinstance(name, dict) else {})
        given, family = parts.text("givenName"), parts.text("familyName")
        fields.check()
        parts.check()
    except RefusalError as refused:
        problems = refused.body.get("fields", {})
        first = next(iter(problems.items()), None)
        raise scim_refusal(400, f"{first[0]}: {first[1][0]}" if first else refused.body["message"]) from None
    if USER not in (schemas or ()):
        raise scim_refusal(400, f"schemas must name {USER}")
    if not EMAIL.fullmatch(str(email)):
        raise scim_refusal(400, "userName must be an e-mail address")
    full_name = " ".join(part for part in (given, family) if part)
    return str(email), full_name or None, bool(active)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(2**31)) and int(text) > 0):
        raise scim_refusal(400, f"{name} must be a positive integer")
    return int(text)


def _wanted(request: Request, organization: Organization) -> ScimUser:
    for user in organization.scim_users:
        if user.id == request.path_params["id"]:
            return user
    raise scim_refusal(404, "user not found")


def _taken(request: Request, organization: Organization, email: str) -> bool:
    users = hub(request).state.users
    taken = {users[user.username].email.lower() for user in organization.scim_users}
    return email.lower() in taken


def _new_account(request: Request, email: str) -> User:
    here = hub(request)
    name = re.sub(r"[^a-z0-9]", "", email.partition("@")[0].lower()) or "user"
    if name in here.state.users or name in here.state.organizations:
        name = f"{name}{here.state.serial()}"
    # Without a password: people who are provisioned sign in with their provider.
    created = User(name, identifier("account", name), "", email, here.now(), password="")
    here.state.users[name] = created
    return created


def _activate(request: Request, organization: Organization, user: User) -> None:
    if organization.member(user.username) is not None:
        return
    organization.invitees[:] = [found for found in organization.invitees if found.email != user.email]
    organization.members.append(Member(user.username, "Member"))
    company = organization.group(COMPANY) or new_group(hub(request).state, organization, COMPANY, "")
    company.members.append(user.username)
    words = f"{user.username} joined the organization"
    record(request, organization.name, "org.member.add", user.username, words, role="member", by="scim")


def _as_json(request: Request, organization: Organization, found: ScimUser) -> dict[str, Any]:
    user = hub(request).state.users[found.username]
    given, _, family = user.full_name.partition(" ")
    return {
        "schemas": [USER],
        "id": found.id,
        "userName": user.email,
        "name": {"givenName": given, "familyName": family},
        "displayName": user.username,
        "active": organization.member(user.username) is not None,
        "emails": [{"value": user.email, "display": user.email, "primary": True}],
        "groups": [{"value": name, "display": name} for name in organization.groups_of(user.username)],
        "meta": {
            "resourceType": "User",
            "location": str(request.url_for("scim_user", id=found.id)),
            "created": stamp(found.created, 0),
            "lastModified": stamp(found.modified, 0),
        },
    }
