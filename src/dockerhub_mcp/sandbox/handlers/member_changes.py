"""Giving members a role, removing them, and all of them as a table."""

import csv
import io
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import get_managed_organization
from dockerhub_mcp.sandbox.context import get_hub, read_json_object
from dockerhub_mcp.sandbox.errors import SandboxHTTPError, account_service_error, repository_service_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.members import INVITEE_LABEL, serialize_member
from dockerhub_mcp.sandbox.handlers.recording import record_audit_event
from dockerhub_mcp.sandbox.roles import format_role, get_assignable_roles
from dockerhub_mcp.sandbox.state import OWNER_ROLE, MemberRecord, OrganizationRecord

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


async def update_member(request: Request) -> JSONResponse:
    """Give a member another role."""
    organization, found = _get_managed_member(request)
    fields = FieldReader(await read_json_object(request))
    role = fields.read_choice("role", get_assignable_roles(organization), required=True)
    fields.raise_errors()
    wanted = format_role(str(role))
    if wanted != OWNER_ROLE and organization.is_last_owner(found.username):
        raise _last_owner_error()
    if wanted != found.role:
        before = found.role.lower()
        organization.assign_role(found, wanted)
        words = f"gave {found.username} the role {role}"
        data = {"from": before, "to": str(role)}
        record_audit_event(
            request, organization.name, "org.member.role.change", found.username, words, **data
        )
    return JSONResponse(serialize_member(get_hub(request).state, organization, found))


async def remove_member(request: Request) -> Response:
    """Take a member out of the organization and all its teams."""
    organization, found = _get_managed_member(request)
    if organization.is_last_owner(found.username):
        raise _last_owner_error()
    organization.remove_member(found.username)
    words = f"removed {found.username} from the organization"
    role = found.role.lower()
    record_audit_event(request, organization.name, "org.member.remove", found.username, words, role=role)
    return Response(status_code=204)


async def export_members(request: Request) -> Response:
    """Members and invitees as comma-separated values."""
    organization = get_managed_organization(request, request.path_params["org"], "scope-member-read")
    here = get_hub(request)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(CSV_COLUMNS)
    for member in organization.members:
        user = here.state.users[member.username]
        table.writerow(
            [
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
        )
    for invitee in organization.invitees:
        teams = ", ".join(invitee.groups)
        row = [
            "",
            "",
            invitee.email,
            INVITEE_LABEL,
            format_role(invitee.role),
            teams,
            _format_go_time(invitee.invited_at),
        ]
        table.writerow([*row, "", "", "", ""])
    name = f"{organization.name}-members-{datetime.fromtimestamp(here.now(), UTC):%Y%m%d%H%M%S}.csv"
    disposition = {"Content-Disposition": f'attachment;filename="{name}"'}
    return Response(text.getvalue(), headers=disposition, media_type="text/csv")


def _get_managed_member(request: Request) -> tuple[OrganizationRecord, MemberRecord]:
    organization = get_managed_organization(request, request.path_params["org"], "scope-member-edit")
    username = request.path_params["username"]
    found = organization.find_member(username)
    if found is not None:
        return organization, found
    if any(username in {invitee.id, invitee.email, invitee.docker_id} for invitee in organization.invitees):
        raise repository_service_error(400, "the invitation has not been accepted yet")
    raise account_service_error(404, "No such member")


def _last_owner_error() -> SandboxHTTPError:
    return repository_service_error(400, "an organization needs at least one owner")


def _format_go_time(timestamp: float | None) -> str:
    if timestamp is None:
        return ""
    moment = datetime.fromtimestamp(timestamp, UTC)
    # As Go prints a time: no more digits of a second than it has.
    fraction = f".{moment:%f}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"
