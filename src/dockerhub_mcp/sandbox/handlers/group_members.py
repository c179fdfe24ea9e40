"""Members of a team."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.context import hub, json_object
from dockerhub_mcp.sandbox.errors import account_refusal, refusal
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.handlers.groups import EDIT, READ, wanted_group
from dockerhub_mcp.sandbox.handlers.members import user_as_json
from dockerhub_mcp.sandbox.handlers.recording import record
from dockerhub_mcp.sandbox.paging import listing, page
from dockerhub_mcp.sandbox.state import OWNER, OWNERS, Group, Organization


async def list_group_members(request: Request) -> JSONResponse:
    """The members of a team, by name; searched by name and e-mail address."""
    _, group = wanted_group(request, READ)
    wanted = page(request)
    users = hub(request).state.users
    search = request.query_params.get("search", "").lower()
    found = [users[username] for username in sorted(group.members) if username in users]
    found = [
        user
        for user in found
        if any(search in text.lower() for text in (user.username, user.full_name, user.email))
    ]
    if wanted.is_past_the_end(len(found)):
        raise account_refusal(404, "Invalid page.")
    results = [user_as_json(user) for user in wanted.of(found)]
    return JSONResponse(listing(request, wanted, len(found), results))


async def add_group_member(request: Request) -> Response:
    """Put a member of the organization into a team; putting them there twice changes nothing."""
    organization, group = wanted_group(request, EDIT)
    fields = Fields(await json_object(request))
    username = fields.text("member", required=True, shortest=1)
    fields.check()
    member = organization.member(str(username))
    if member is None:
        raise account_refusal(404, "No such member")
    if member.username not in group.members:
        group.members.append(member.username)
        if group.name == OWNERS:
            organization.give_role(member, OWNER)
        words = f"put {member.username} into {group.name}"
        _record(request, organization, group, "add", username=member.username, words=words)
    return Response(status_code=200)


async def remove_group_member(request: Request) -> Response:
    """Take somebody out of a team; who leaves the owners is a plain member."""
    organization, group = wanted_group(request, EDIT)
    username = request.path_params["username"]
    member = organization.member(username)
    if member is None or username not in group.members:
        raise account_refusal(404, "No such member")
    if group.name == OWNERS:
        if organization.is_last_owner(username):
            raise refusal(403, "the last owner cannot be removed")
        organization.give_role(member, "Member")
    else:
        group.members.remove(username)
    words = f"took {username} out of {group.name}"
    _record(request, organization, group, "remove", username=username, words=words)
    return Response(status_code=204)


def _record(
    request: Request, organization: Organization, group: Group, action: str, *, username: str, words: str
) -> None:
    record(request, organization.name, f"org.team.member.{action}", username, words, team=group.name)
