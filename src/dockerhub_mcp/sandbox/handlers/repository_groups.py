"""What teams may do with a repository."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import LEVELS, changeable_repository
from dockerhub_mcp.sandbox.context import hub, json_object
from dockerhub_mcp.sandbox.errors import RefusalError, not_found, refusal
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.handlers.recording import record_repository
from dockerhub_mcp.sandbox.handlers.repositories import refuse_organization_access_token
from dockerhub_mcp.sandbox.paging import listing, page
from dockerhub_mcp.sandbox.state import Group, Repository


async def create_repository_group(request: Request) -> JSONResponse:
    """Give a team access; the one operation under the older path that takes OATs."""
    found = changeable_repository(request, "admin", "scope-repo-group-edit", "scope-repo-group-admin")
    fields = Fields(await json_object(request))
    number = fields.number("group_id", required=True)
    permission = fields.choice("permission", tuple(LEVELS), required=True)
    fields.check()
    group = next((group for group in _groups(request, found) if group.id == number), None)
    if group is None:
        # A wrong id is not checked for, and the Hub falls over it.
        raise RefusalError(500, {"message": "internal error", "errinfo": None})
    if group.name in found.permissions:
        raise refusal(400, "group is already assigned to the repository", {"group_id": number})
    found.permissions[group.name] = str(permission)
    _record(request, found, group, "grant", f"gave {group.name} {permission} on")
    return JSONResponse(_as_json(found, group))


async def list_repository_groups(request: Request) -> JSONResponse:
    """The teams that were given access."""
    found = _own(request)
    wanted = page(request)
    groups = [group for group in _groups(request, found) if group.name in found.permissions]
    results = [_as_json(found, group) for group in wanted.of(groups)]
    return JSONResponse(listing(request, wanted, len(groups), results))


async def get_repository_group(request: Request) -> JSONResponse:
    """What one team may do."""
    found = _own(request)
    return JSONResponse(_as_json(found, _assigned(request, found)))


async def update_repository_group(request: Request) -> JSONResponse:
    """Let a team do more or less."""
    found = _own(request)
    group = _assigned(request, found)
    fields = Fields(await json_object(request))
    permission = fields.choice("permission", tuple(LEVELS), required=True)
    fields.check()
    found.permissions[group.name] = str(permission)
    _record(request, found, group, "change", f"gave {group.name} {permission} on")
    return JSONResponse(_as_json(found, group))


async def delete_repository_group(request: Request) -> Response:
    """Take a team's access away."""
    found = _own(request)
    group = _assigned(request, found)
    _record(request, found, group, "revoke", f"took away from {group.name} the access to")
    del found.permissions[group.name]
    return Response(status_code=204)


def _own(request: Request) -> Repository:
    refuse_organization_access_token(request)
    return changeable_repository(request, "admin")


def _groups(request: Request, repository: Repository) -> list[Group]:
    organization = hub(request).state.organizations.get(repository.namespace)
    return sorted(organization.groups, key=lambda group: group.name) if organization else []


def _assigned(request: Request, repository: Repository) -> Group:
    wanted = request.path_params["group_id"]
    for group in _groups(request, repository):
        if str(group.id) == wanted and group.name in repository.permissions:
            return group
    raise not_found()


def _as_json(repository: Repository, group: Group) -> dict[str, Any]:
    return {
        "group_name": group.name,
        "permission": repository.permissions[group.name],
        "group_id": group.id,
    }


def _record(request: Request, repository: Repository, group: Group, action: str, words: str) -> None:
    permission = repository.permissions[group.name]
    record_repository(request, repository, f"group.{action}", words, team=group.name, permission=permission)
