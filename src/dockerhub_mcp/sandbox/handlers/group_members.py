"""Members of a team."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.context import get_hub, read_json_object
from dockerhub_mcp.sandbox.errors import account_service_error, repository_service_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.groups import GROUP_EDIT_SCOPE, GROUP_READ_SCOPE, get_managed_group
from dockerhub_mcp.sandbox.handlers.members import serialize_user
from dockerhub_mcp.sandbox.handlers.recording import record_audit_event
from dockerhub_mcp.sandbox.paging import build_page_body, parse_page_request
from dockerhub_mcp.sandbox.state import OWNER_ROLE, OWNERS_TEAM, GroupRecord, OrganizationRecord


async def list_group_members(request: Request) -> JSONResponse:
    """The members of a team, by name; searched by name and e-mail address."""
    _, group = get_managed_group(request, GROUP_READ_SCOPE)
    wanted = parse_page_request(request)
    users = get_hub(request).state.users
    search = request.query_params.get("search", "").lower()
    found = [users[username] for username in sorted(group.members) if username in users]
    found = [
        user
        for user in found
        if any(search in text.lower() for text in (user.username, user.full_name, user.email))
    ]
    if wanted.is_out_of_range(len(found)):
        raise account_service_error(404, "Invalid page.")
    results = [serialize_user(user) for user in wanted.slice_entries(found)]
    return JSONResponse(build_page_body(request, wanted, len(found), results))


async def add_group_member(request: Request) -> Response:
    """Put a member of the organization into a team; putting them there twice changes nothing."""
    organization, group = get_managed_group(request, GROUP_EDIT_SCOPE)
    fields = FieldReader(await read_json_object(request))
    username = fields.read_text("member", required=True, min_length=1)
    fields.raise_errors()
    member = organization.find_member(str(username))
    if member is None:
        raise account_service_error(404, "No such member")
    if member.username not in group.members:
        group.members.append(member.username)
        if group.name == OWNERS_TEAM:
            organization.assign_role(member, OWNER_ROLE)
        words = f"put {member.username} into {group.name}"
        _record_membership_event(
            request, organization, group, "add", username=member.username, description=words
        )
    return Response(status_code=200)


async def remove_group_member(request: Request) -> Response:
    """Take somebody out of a team; who leaves the owners is a plain member."""
    organization, group = get_managed_group(request, GROUP_EDIT_SCOPE)
    username = request.path_params["username"]
    member = organization.find_member(username)
    if member is None or username not in group.members:
        raise account_service_error(404, "No such member")
    if group.name == OWNERS_TEAM:
        if organization.is_last_owner(username):
            raise repository_service_error(403, "the last owner cannot be removed")
        organization.assign_role(member, "Member")
    else:
        group.members.remove(username)
    words = f"took {username} out of {group.name}"
    _record_membership_event(request, organization, group, "remove", username=username, description=words)
    return Response(status_code=204)


def _record_membership_event(
    request: Request,
    organization: OrganizationRecord,
    group: GroupRecord,
    action: str,
    *,
    username: str,
    description: str,
) -> None:
    record_audit_event(
        request, organization.name, f"org.team.member.{action}", username, description, team=group.name
    )
