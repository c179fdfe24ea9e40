"""Giving members a role, removing them, and all of them as a table."""

import csv
import io
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import managed_organization
from dockerhub_mcp.sandbox.context import hub, json_object
from dockerhub_mcp.sandbox.errors import RefusalError, account_refusal, refusal
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.handlers.members import INVITEE, as_json
from dockerhub_mcp.sandbox.handlers.recording import record
from dockerhub_mcp.sandbox.roles import known_roles, shown_role
from dockerhub_mcp.sandbox.state import OWNER, Member, Organization

COLUMNS = (
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
    organization, found = _member(request)
    fields = Fields(await json_object(request))
    role = fields.choice("role", known_roles(organization), required=True)
    fields.check()
    wanted = shown_role(str(role))
    if wanted != OWNER and organization.is_last_owner(found.username):
        raise _last_owner()
    if wanted != found.role:
        before = found.role.lower()
        organization.give_role(found, wanted)
        words = f"gave {found.username} the role {role}"
        data = {"from": before, "to": str(role)}
        record(request, organization.name, "org.member.role.change", found.username, words, **data)
    return JSONResponse(as_json(hub(request).state, organization, found))


async def remove_member(request: Request) -> Response:
    """Take a member out of the organization and all its teams."""
    organization, found = _member(request)
    if organization.is_last_owner(found.username):
        raise _last_owner()
    organization.remove(found.username)
    words = f"removed {found.username} from the organization"
    role = found.role.lower()
    record(request, organization.name, "org.member.remove", found.username, words, role=role)
    return Response(status_code=204)


async def export_members(request: Request) -> Response:
    """Members and invitees as comma-separated values."""
    organization = managed_organization(request, request.path_params["org"], "scope-member-read")
    here = hub(request)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for member in organization.members:
        user = here.state.users[member.username]
        table.writerow(
            [
                user.full_name,
                user.username,
                user.email,
                "User",
                member.role,
                ", ".join(organization.groups_of(user.username)),
                _time(user.joined),
                _time(member.last_logged_in),
                member.last_desktop_version,
                _time(member.last_seen),
                "false",
            ]
        )
    for invitee in organization.invitees:
        teams = ", ".join(invitee.groups)
        row = ["", "", invitee.email, INVITEE, shown_role(invitee.role), teams, _time(invitee.invited)]
        table.writerow([*row, "", "", "", ""])
    name = f"{organization.name}-members-{datetime.fromtimestamp(here.now(), UTC):%Y%m%d%H%M%S}.csv"
    disposition = {"Content-Disposition": f'attachment;filename="{name}"'}
    return Response(text.getvalue(), headers=disposition, media_type="text/csv")


def _member(request: Request) -> tuple[Organization, Member]:
    organization = managed_organization(request, request.path_params["org"], "scope-member-edit")
    username = request.path_params["username"]
    found = organization.member(username)
    if found is not None:
        return organization, found
    if any(username in {invitee.id, invitee.email, invitee.docker_id} for invitee in organization.invitees):
        raise refusal(400, "the invitation has not been accepted yet")
    raise account_refusal(404, "No such member")


def _last_owner() -> RefusalError:
    return refusal(400, "an organization needs at least one owner")


def _time(at: float | None) -> str:
    if at is None:
        return ""
    moment = datetime.fromtimestamp(at, UTC)
    # As Go prints a time: no more digits of a second than it has.
    fraction = f".{moment:%f}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"
