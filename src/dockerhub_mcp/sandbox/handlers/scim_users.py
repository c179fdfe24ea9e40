"""The SCIM users of an organization. Active users are members of the organization."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.audit import record_audit_event
from dockerhub_mcp.sandbox.context import SandboxHub, get_hub, read_json_object
from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.data.people import derive_account_uuid
from dockerhub_mcp.sandbox.errors import SandboxHTTPError, scim_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.groups import add_group
from dockerhub_mcp.sandbox.handlers.invites import EMAIL_PATTERN
from dockerhub_mcp.sandbox.handlers.scim_discovery import (
    LIST_RESPONSE_SCHEMA,
    MAX_RESULTS,
    USER_SCHEMA,
    build_scim_response,
    get_scim_organization,
)
from dockerhub_mcp.sandbox.handlers.scim_filter import build_attribute_getter, parse_filter
from dockerhub_mcp.sandbox.paging import MAX_DIGITS
from dockerhub_mcp.sandbox.state import MemberRecord, OrganizationRecord, ScimUserRecord, UserRecord
from dockerhub_mcp.sandbox.timestamps import format_timestamp

DEFAULT_COUNT = 100
COMPANY_GROUP = "company"
SORT_ORDERS = ("ascending", "descending")
ALWAYS_RETURNED_ATTRIBUTES = {"schemas", "id"}


async def list_scim_users(request: Request) -> JSONResponse:
    """List the users, filtered and sorted. The first user has index 1."""
    organization = get_scim_organization(request)
    query = request.query_params
    start = _parse_positive_int(request, "startIndex", 1)
    count = _parse_positive_int(request, "count", DEFAULT_COUNT)
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
    page = users[start - 1 : start - 1 + min(count, MAX_RESULTS)]
    attributes = {name.strip().partition(".")[0].lower() for name in query.get("attributes", "").split(",")}
    attributes.discard("")
    body = {
        "schemas": [LIST_RESPONSE_SCHEMA],
        "totalResults": len(users),
        "startIndex": start,
        "itemsPerPage": len(page),
        "Resources": [_select_attributes(user, attributes) for user in page],
    }
    return build_scim_response(body)


async def get_scim_user(request: Request) -> JSONResponse:
    """Return a user."""
    organization = get_scim_organization(request)
    return build_scim_response(_serialize_scim_user(request, organization, _get_user(request, organization)))


async def create_scim_user(request: Request) -> JSONResponse:
    """Provision a user: create the account if needed, and add it to the organization and to a team."""
    organization, hub = get_scim_organization(request), get_hub(request)
    email, name, _ = await _read_user_body(request)
    if _is_email_taken(hub, organization, email):
        raise scim_error(409, "a user with this userName already exists")
    user = hub.state.find_user_by_email(email) or _create_account(hub, email)
    if name is not None:
        user.full_name = name
    scim_id = derive_uuid("scim", email, hub.state.next_serial())
    scim_user = ScimUserRecord(scim_id, user.username, hub.now(), hub.now())
    organization.scim_users.append(scim_user)
    _activate_user(request, organization, user)
    return build_scim_response(_serialize_scim_user(request, organization, scim_user), 201)


async def replace_scim_user(request: Request) -> JSONResponse:
    """Replace a user; a user without `active` in the body is deactivated."""
    organization, hub = get_scim_organization(request), get_hub(request)
    scim_user = _get_user(request, organization)
    email, name, is_active = await _read_user_body(request)
    user = hub.state.users[scim_user.username]
    other = hub.state.find_user_by_email(email)
    if other is not None and other is not user:
        raise scim_error(409, "a user with this userName already exists")
    if not is_active and organization.is_last_owner(user.username):
        raise scim_error(400, "the last owner of an organization cannot be deactivated")
    user.email = email
    if name is not None:
        user.full_name = name
    if is_active:
        _activate_user(request, organization, user)
    elif organization.find_member(user.username) is not None:
        organization.remove_member(user.username)
        description = f"deactivated {user.username}"
        record_audit_event(
            request, organization.name, "org.member.remove", user.username, description, by="scim"
        )
    scim_user.modified_at = hub.now()
    return build_scim_response(_serialize_scim_user(request, organization, scim_user))


async def _read_user_body(request: Request) -> tuple[str, str | None, bool]:
    """Return the e-mail address, the full name and the activity of a user from a body."""
    try:
        body = await read_json_object(request)
        fields = FieldReader(body)
        email = fields.read_text("userName", required=True, min_length=1)
        schemas = fields.read_text_list("schemas", required=True)
        is_active = fields.read_bool("active")
        name = body.get("name")
        if name is not None and not isinstance(name, dict):
            fields.add_error("name", "not an object")
        parts = FieldReader(name if isinstance(name, dict) else {})
        given, family = parts.read_text("givenName"), parts.read_text("familyName")
        fields.raise_errors()
        parts.raise_errors()
    except SandboxHTTPError as error:
        field_errors = error.body.get("fields", {})
        first = next(iter(field_errors.items()), None)
        raise scim_error(400, f"{first[0]}: {first[1][0]}" if first else error.body["message"]) from None
    if USER_SCHEMA not in (schemas or ()):
        raise scim_error(400, f"schemas must name {USER_SCHEMA}")
    if not EMAIL_PATTERN.fullmatch(str(email)):
        raise scim_error(400, "userName must be an e-mail address")
    full_name = " ".join(part for part in (given, family) if part)
    return str(email), full_name or None, bool(is_active)


def _parse_positive_int(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and int(text) > 0):
        raise scim_error(400, f"{name} must be a positive integer")
    return int(text)


def _get_user(request: Request, organization: OrganizationRecord) -> ScimUserRecord:
    for user in organization.scim_users:
        if user.id == request.path_params["id"]:
            return user
    raise scim_error(404, "user not found")


def _is_email_taken(hub: SandboxHub, organization: OrganizationRecord, email: str) -> bool:
    taken = {hub.state.users[scim_user.username].email.lower() for scim_user in organization.scim_users}
    return email.lower() in taken


def _create_account(hub: SandboxHub, email: str) -> UserRecord:
    name = re.sub(r"[^a-z0-9]", "", email.partition("@")[0].lower()) or "user"
    if name in hub.state.users or name in hub.state.organizations:
        name = f"{name}{hub.state.next_serial()}"
    # Provisioned users log in with their identity provider, so they have no password.
    user = UserRecord(name, derive_account_uuid(name), "", email, hub.now(), password="")
    hub.state.users[name] = user
    return user


def _activate_user(request: Request, organization: OrganizationRecord, user: UserRecord) -> None:
    if organization.find_member(user.username) is not None:
        return
    organization.invitees[:] = [invite for invite in organization.invitees if invite.email != user.email]
    organization.members.append(MemberRecord(user.username, "Member"))
    group = organization.find_group(COMPANY_GROUP)
    if group is None:
        group = add_group(get_hub(request).state, organization, COMPANY_GROUP, "")
    group.members.append(user.username)
    description, data = f"{user.username} joined the organization", {"role": "member", "by": "scim"}
    record_audit_event(request, organization.name, "org.member.add", user.username, description, **data)


def _select_attributes(user: dict[str, Any], attributes: set[str]) -> dict[str, Any]:
    """Return the selected attributes of a user, or all of them if none are selected."""
    if not attributes:
        return user
    return {
        name: value
        for name, value in user.items()
        if name in ALWAYS_RETURNED_ATTRIBUTES or name.lower() in attributes
    }


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
