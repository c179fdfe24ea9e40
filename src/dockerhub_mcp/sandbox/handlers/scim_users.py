"""Users as an identity provider sees them. The active ones are the members."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.context import get_hub, read_json_object
from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.errors import SandboxHTTPError, scim_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.groups import add_group
from dockerhub_mcp.sandbox.handlers.invites import EMAIL_PATTERN
from dockerhub_mcp.sandbox.handlers.recording import record_audit_event
from dockerhub_mcp.sandbox.handlers.scim_access import get_scim_organization
from dockerhub_mcp.sandbox.handlers.scim_filter import build_attribute_getter, parse_filter
from dockerhub_mcp.sandbox.handlers.scim_schema import (
    LIST_RESPONSE_SCHEMA,
    MAX_RESULTS,
    USER_SCHEMA,
    build_scim_response,
)
from dockerhub_mcp.sandbox.state import MemberRecord, OrganizationRecord, ScimUserRecord, UserRecord
from dockerhub_mcp.sandbox.timestamps import format_timestamp

DEFAULT_COUNT = 100
COMPANY_GROUP = "company"
SORT_ORDERS = ("ascending", "descending")
ALWAYS_RETURNED_ATTRIBUTES = {"schemas", "id"}


async def list_scim_users(request: Request) -> JSONResponse:
    """The users, filtered and sorted; counted from 1."""
    organization = get_scim_organization(request)
    query = request.query_params
    start, count = (
        _parse_positive_int(request, "startIndex", 1),
        _parse_positive_int(request, "count", DEFAULT_COUNT),
    )
    users = [_serialize_scim_user(request, organization, user) for user in organization.scim_users]
    order = query.get("sortOrder") or SORT_ORDERS[0]
    if order not in SORT_ORDERS:
        raise scim_error(400, f"sortOrder must be one of {', '.join(SORT_ORDERS)}")
    try:
        if query.get("filter"):
            users = list(filter(parse_filter(query["filter"]), users))
        if query.get("sortBy"):
            users.sort(key=build_attribute_getter(query["sortBy"]), reverse=order == SORT_ORDERS[1])
    except ValueError as error:
        raise scim_error(400, str(error)) from error
    shown = users[start - 1 : start - 1 + min(count, MAX_RESULTS)]
    wanted = {name.strip().partition(".")[0].lower() for name in query.get("attributes", "").split(",")} - {
        ""
    }
    body = {
        "schemas": [LIST_RESPONSE_SCHEMA],
        "totalResults": len(users),
        "startIndex": start,
        "itemsPerPage": len(shown),
        "Resources": [
            {
                key: user[key]
                for key in user
                if not wanted or key in ALWAYS_RETURNED_ATTRIBUTES or key.lower() in wanted
            }
            for user in shown
        ],
    }
    return build_scim_response(body)


async def get_scim_user(request: Request) -> JSONResponse:
    """One user."""
    organization = get_scim_organization(request)
    return build_scim_response(_serialize_scim_user(request, organization, _get_user(request, organization)))


async def create_scim_user(request: Request) -> JSONResponse:
    """Provision a user: an account if there is none, a member, in the team of the company."""
    organization = get_scim_organization(request)
    here = get_hub(request)
    email, name, _ = await _read_user_body(request)
    if _is_email_taken(request, organization, email):
        raise scim_error(409, "a user with this userName already exists")
    user = here.state.find_user_by_email(email) or _create_account(request, email)
    if name is not None:
        user.full_name = name
    serial = here.state.next_serial()
    created = ScimUserRecord(derive_uuid("scim", email, serial), user.username, here.now(), here.now())
    organization.scim_users.append(created)
    _activate_user(request, organization, user)
    return build_scim_response(_serialize_scim_user(request, organization, created), 201)


async def replace_scim_user(request: Request) -> JSONResponse:
    """Change a user; one that is not said to be active is deactivated."""
    organization = get_scim_organization(request)
    found = _get_user(request, organization)
    here = get_hub(request)
    email, name, active = await _read_user_body(request)
    user = here.state.users[found.username]
    other = here.state.find_user_by_email(email)
    if other is not None and other is not user:
        raise scim_error(409, "a user with this userName already exists")
    if not active and organization.is_last_owner(user.username):
        raise scim_error(400, "the last owner of an organization cannot be deactivated")
    user.email = email
    if name is not None:
        user.full_name = name
    if active:
        _activate_user(request, organization, user)
    elif organization.find_member(user.username) is not None:
        organization.remove_member(user.username)
        words = f"deactivated {user.username}"
        record_audit_event(request, organization.name, "org.member.remove", user.username, words, by="scim")
    found.modified_at = here.now()
    return build_scim_response(_serialize_scim_user(request, organization, found))


async def _read_user_body(request: Request) -> tuple[str, str | None, bool]:
    """The e-mail address, the full name and whether the user is active, as a body says."""
    try:
        body = await read_json_object(request)
        fields = FieldReader(body)
        email = fields.read_text("userName", required=True, min_length=1)
        schemas = fields.read_text_list("schemas", required=True)
        active = fields.read_bool("active")
        name = body.get("name")
        if name is not None and not isinstance(name, dict):
            fields.add_error("name", "not an object")
        parts = FieldReader(name if isinstance(name, dict) else {})
        given, family = parts.read_text("givenName"), parts.read_text("familyName")
        fields.raise_errors()
        parts.raise_errors()
    except SandboxHTTPError as refused:
        problems = refused.body.get("fields", {})
        first = next(iter(problems.items()), None)
        raise scim_error(400, f"{first[0]}: {first[1][0]}" if first else refused.body["message"]) from None
    if USER_SCHEMA not in (schemas or ()):
        raise scim_error(400, f"schemas must name {USER_SCHEMA}")
    if not EMAIL_PATTERN.fullmatch(str(email)):
        raise scim_error(400, "userName must be an e-mail address")
    full_name = " ".join(part for part in (given, family) if part)
    return str(email), full_name or None, bool(active)


def _parse_positive_int(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(2**31)) and int(text) > 0):
        raise scim_error(400, f"{name} must be a positive integer")
    return int(text)


def _get_user(request: Request, organization: OrganizationRecord) -> ScimUserRecord:
    for user in organization.scim_users:
        if user.id == request.path_params["id"]:
            return user
    raise scim_error(404, "user not found")


def _is_email_taken(request: Request, organization: OrganizationRecord, email: str) -> bool:
    users = get_hub(request).state.users
    taken = {users[user.username].email.lower() for user in organization.scim_users}
    return email.lower() in taken


def _create_account(request: Request, email: str) -> UserRecord:
    here = get_hub(request)
    name = re.sub(r"[^a-z0-9]", "", email.partition("@")[0].lower()) or "user"
    if name in here.state.users or name in here.state.organizations:
        name = f"{name}{here.state.next_serial()}"
    # Without a password: people who are provisioned sign in with their provider.
    created = UserRecord(name, derive_uuid("account", name), "", email, here.now(), password="")
    here.state.users[name] = created
    return created


def _activate_user(request: Request, organization: OrganizationRecord, user: UserRecord) -> None:
    if organization.find_member(user.username) is not None:
        return
    organization.invitees[:] = [found for found in organization.invitees if found.email != user.email]
    organization.members.append(MemberRecord(user.username, "Member"))
    company = organization.find_group(COMPANY_GROUP) or add_group(
        get_hub(request).state, organization, COMPANY_GROUP, ""
    )
    company.members.append(user.username)
    words = f"{user.username} joined the organization"
    record_audit_event(
        request, organization.name, "org.member.add", user.username, words, role="member", by="scim"
    )


def _serialize_scim_user(
    request: Request, organization: OrganizationRecord, scim_user: ScimUserRecord
) -> dict[str, Any]:
    user = get_hub(request).state.users[scim_user.username]
    given, _, family = user.full_name.partition(" ")
    return {
        "schemas": [USER_SCHEMA],
        "id": scim_user.id,
        "userName": user.email,
        "name": {"givenName": given, "familyName": family},
        "displayName": user.username,
        "active": organization.find_member(user.username) is not None,
        "emails": [{"value": user.email, "display": user.email, "primary": True}],
        "groups": [{"value": name, "display": name} for name in organization.get_group_names(user.username)],
        "meta": {
            "resourceType": "User",
            "location": str(request.url_for("scim_user", id=scim_user.id)),
            "created": format_timestamp(scim_user.created_at, 0),
            "lastModified": format_timestamp(scim_user.modified_at, 0),
        },
    }
