"""The members of an organization: list, export, change and remove them."""

import csv
import hashlib
import io
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import get_managed_organization
from dockerhub_mcp.sandbox.audit import record_audit_event
from dockerhub_mcp.sandbox.context import get_hub, read_json_object
from dockerhub_mcp.sandbox.errors import (
    SandboxHTTPError,
    account_service_error,
    invalid_field_error,
    repository_service_error,
)
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.paging import build_page_body, parse_page_request
from dockerhub_mcp.sandbox.roles import format_role, get_assignable_roles
from dockerhub_mcp.sandbox.state import (
    OWNER_ROLE,
    InviteeRecord,
    MemberRecord,
    OrganizationRecord,
    SandboxState,
    UserRecord,
)
from dockerhub_mcp.sandbox.timestamps import format_optional_timestamp, format_timestamp

MEMBER_READ_SCOPE, MEMBER_EDIT_SCOPE = "scope-member-read", "scope-member-edit"
TYPE_FILTERS = ("all", "invitee", "member")
ROLE_FILTERS = ("owner", "editor", "member")
INVITEE_LABEL = "Invitee"
SEARCH_FIELDS = ("username", "full_name", "email")
CSV_COLUMNS = (
    "Name",
    "Username",
    "Email",
    "Type",
    "Role",
    "Teams",
    "Date Joined",
    "Last Logged-in Date",
    "Docker Desktop Version",
    "Last Seen Date",
    "Opted Out Analytics",
)


async def list_members(request: Request) -> JSONResponse:
    """List the members of an organization, with invitees only on request."""
    organization = get_managed_organization(request, request.path_params["org"], MEMBER_READ_SCOPE)
    page_request = parse_page_request(request)
    people = _serialize_people(get_hub(request).state, organization, _parse_member_type(request))
    role = _parse_choice(request, "role", ROLE_FILTERS)
    if role:
        people = [person for person in people if person["role"].lower() == role]
    search = request.query_params.get("search", "").lower()
    if search:
        people = [person for person in people if _matches_search(person, search)]
    if page_request.is_out_of_range(len(people)):
        raise account_service_error(404, "Invalid page.")
    results = list(page_request.slice_entries(people))
    return JSONResponse(build_page_body(request, page_request, len(people), results))


async def export_members(request: Request) -> Response:
    """Export members and invitees as CSV."""
    organization = get_managed_organization(request, request.path_params["org"], MEMBER_READ_SCOPE)
    hub = get_hub(request)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows(_build_member_row(hub.state, organization, member) for member in organization.members)
    writer.writerows(_build_invitee_row(invitee) for invitee in organization.invitees)
    filename = f"{organization.name}-members-{datetime.fromtimestamp(hub.now(), UTC):%Y%m%d%H%M%S}.csv"
    headers = {"Content-Disposition": f'attachment;filename="{filename}"'}
    return Response(text.getvalue(), headers=headers, media_type="text/csv")


async def update_member(request: Request) -> JSONResponse:
    """Change the role of a member."""
    organization, member = _get_managed_member(request)
    fields = FieldReader(await read_json_object(request))
    role = str(fields.read_choice("role", get_assignable_roles(organization), required=True))
    fields.raise_errors()
    new_role, old_role = format_role(role), member.role
    if new_role != OWNER_ROLE and organization.is_last_owner(member.username):
        raise _last_owner_error()
    if new_role != old_role:
        organization.assign_role(member, new_role)
        description = f"gave {member.username} the role {role}"
        data = {"from": old_role.lower(), "to": role}
        record_audit_event(
            request, organization.name, "org.member.role.change", member.username, description, **data
        )
    return JSONResponse(_serialize_member(get_hub(request).state, organization, member))


async def remove_member(request: Request) -> Response:
    """Remove a member from the organization and all its teams."""
    organization, member = _get_managed_member(request)
    username, role = member.username, member.role.lower()
    if organization.is_last_owner(username):
        raise _last_owner_error()
    organization.remove_member(username)
    description = f"removed {username} from the organization"
    record_audit_event(request, organization.name, "org.member.remove", username, description, role=role)
    return Response(status_code=204)


def serialize_user(user: UserRecord) -> dict[str, Any]:
    """Return a user in the shape that lists of members and lists of team members share."""
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


def build_gravatar_url(email: str) -> str:
    """Return the URL of the picture for an e-mail address."""
    return f"https://www.gravatar.com/avatar/{hashlib.sha256(email.encode()).hexdigest()}?s=80&r=g&d=mm"


def _parse_member_type(request: Request) -> str:
    member_type = _parse_choice(request, "type", TYPE_FILTERS)
    if member_type:
        return member_type
    return "all" if request.query_params.get("invites", "").lower() in {"true", "1"} else "member"


def _parse_choice(request: Request, name: str, choices: tuple[str, ...]) -> str | None:
    value = request.query_params.get(name)
    if not value:
        return None
    if value not in choices:
        message = f"{name} must be one of {', '.join(choices)}"
        raise invalid_field_error(message, name)
    return value


def _matches_search(person: dict[str, Any], search: str) -> bool:
    return any(search in person.get(field, "").lower() for field in SEARCH_FIELDS)


def _get_managed_member(request: Request) -> tuple[OrganizationRecord, MemberRecord]:
    organization = get_managed_organization(request, request.path_params["org"], MEMBER_EDIT_SCOPE)
    username = request.path_params["username"]
    member = organization.find_member(username)
    if member is not None:
        return organization, member
    if any(username in {invitee.id, invitee.email, invitee.docker_id} for invitee in organization.invitees):
        raise repository_service_error(400, "the invitation has not been accepted yet")
    raise account_service_error(404, "No such member")


def _last_owner_error() -> SandboxHTTPError:
    return repository_service_error(400, "an organization needs at least one owner")


def _serialize_people(
    state: SandboxState, organization: OrganizationRecord, member_type: str
) -> list[dict[str, Any]]:
    people = []
    if member_type in {"all", "member"}:
        people += [_serialize_member(state, organization, member) for member in organization.members]
    if member_type in {"all", "invitee"}:
        people += [_serialize_invitee(invitee) for invitee in organization.invitees]
    return people


def _serialize_member(
    state: SandboxState, organization: OrganizationRecord, member: MemberRecord
) -> dict[str, Any]:
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
    # The Hub does not show a username before the invitation is accepted.
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


def _build_member_row(
    state: SandboxState, organization: OrganizationRecord, member: MemberRecord
) -> list[str]:
    user = state.users[member.username]
    return [
        user.full_name,
        user.username,
        user.email,
        "User",
        member.role,
        ", ".join(organization.get_group_names(user.username)),
        _format_go_time(user.joined_at),
        _format_go_time(member.last_logged_in_at),
        member.last_desktop_version,
        _format_go_time(member.last_seen_at),
        "false",
    ]


def _build_invitee_row(invitee: InviteeRecord) -> list[str]:
    role, teams = format_role(invitee.role), ", ".join(invitee.groups)
    invited_at = _format_go_time(invitee.invited_at)
    return ["", "", invitee.email, INVITEE_LABEL, role, teams, invited_at, "", "", "", ""]


def _format_go_time(timestamp: float | None) -> str:
    """Return a time as Go prints it, without trailing zeros in the fraction; empty for None."""
    if timestamp is None:
        return ""
    time = datetime.fromtimestamp(timestamp, UTC)
    fraction = f".{time:%f}".rstrip("0").rstrip(".")
    return f"{time:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"
