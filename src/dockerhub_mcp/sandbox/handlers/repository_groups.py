"""What teams may do with a repository."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import PERMISSION_LEVELS, get_modifiable_repository
from dockerhub_mcp.sandbox.context import get_hub, read_json_object
from dockerhub_mcp.sandbox.errors import SandboxHTTPError, not_found_error, repository_service_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.recording import record_repository_event
from dockerhub_mcp.sandbox.handlers.repositories import reject_oat_caller
from dockerhub_mcp.sandbox.paging import build_page_body, parse_page_request
from dockerhub_mcp.sandbox.state import GroupRecord, RepositoryRecord


async def create_repository_group(request: Request) -> JSONResponse:
    """Give a team access; the one operation under the older path that takes OATs."""
    found = get_modifiable_repository(request, "admin", "scope-repo-group-edit", "scope-repo-group-admin")
    fields = FieldReader(await read_json_object(request))
    number = fields.read_int("group_id", required=True)
    permission = fields.read_choice("permission", tuple(PERMISSION_LEVELS), required=True)
    fields.raise_errors()
    group = next((group for group in _list_organization_groups(request, found) if group.id == number), None)
    if group is None:
        # A wrong id is not checked for, and the Hub falls over it.
        raise SandboxHTTPError(500, {"message": "internal error", "errinfo": None})
    if group.name in found.permissions:
        raise repository_service_error(
            400, "group is already assigned to the repository", {"group_id": number}
        )
    found.permissions[group.name] = str(permission)
    _record_permission_event(request, found, group, "grant", f"gave {group.name} {permission} on")
    return JSONResponse(_serialize_repository_group(found, group))


async def list_repository_groups(request: Request) -> JSONResponse:
    """The teams that were given access."""
    found = _get_administered_repository(request)
    wanted = parse_page_request(request)
    groups = [group for group in _list_organization_groups(request, found) if group.name in found.permissions]
    results = [_serialize_repository_group(found, group) for group in wanted.slice_entries(groups)]
    return JSONResponse(build_page_body(request, wanted, len(groups), results))


async def get_repository_group(request: Request) -> JSONResponse:
    """What one team may do."""
    found = _get_administered_repository(request)
    return JSONResponse(_serialize_repository_group(found, _get_assigned_group(request, found)))


async def update_repository_group(request: Request) -> JSONResponse:
    """Let a team do more or less."""
    found = _get_administered_repository(request)
    group = _get_assigned_group(request, found)
    fields = FieldReader(await read_json_object(request))
    permission = fields.read_choice("permission", tuple(PERMISSION_LEVELS), required=True)
    fields.raise_errors()
    found.permissions[group.name] = str(permission)
    _record_permission_event(request, found, group, "change", f"gave {group.name} {permission} on")
    return JSONResponse(_serialize_repository_group(found, group))


async def delete_repository_group(request: Request) -> Response:
    """Take a team's access away."""
    found = _get_administered_repository(request)
    group = _get_assigned_group(request, found)
    _record_permission_event(request, found, group, "revoke", f"took away from {group.name} the access to")
    del found.permissions[group.name]
    return Response(status_code=204)


def _get_administered_repository(request: Request) -> RepositoryRecord:
    reject_oat_caller(request)
    return get_modifiable_repository(request, "admin")


def _list_organization_groups(request: Request, repository: RepositoryRecord) -> list[GroupRecord]:
    organization = get_hub(request).state.organizations.get(repository.namespace)
    return sorted(organization.groups, key=lambda group: group.name) if organization else []


def _get_assigned_group(request: Request, repository: RepositoryRecord) -> GroupRecord:
    wanted = request.path_params["group_id"]
    for group in _list_organization_groups(request, repository):
        if str(group.id) == wanted and group.name in repository.permissions:
            return group
    raise not_found_error()


def _serialize_repository_group(repository: RepositoryRecord, group: GroupRecord) -> dict[str, Any]:
    return {
        "group_name": group.name,
        "permission": repository.permissions[group.name],
        "group_id": group.id,
    }


def _record_permission_event(
    request: Request, repository: RepositoryRecord, group: GroupRecord, action: str, description_prefix: str
) -> None:
    permission = repository.permissions[group.name]
    record_repository_event(
        request, repository, f"group.{action}", description_prefix, team=group.name, permission=permission
    )
