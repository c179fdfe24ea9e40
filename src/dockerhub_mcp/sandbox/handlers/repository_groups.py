"""The permissions of teams on a repository."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import PERMISSION_LEVELS, get_modifiable_repository, reject_oat_caller
from dockerhub_mcp.sandbox.audit import record_repository_event
from dockerhub_mcp.sandbox.context import get_hub, read_json_object
from dockerhub_mcp.sandbox.errors import SandboxHTTPError, not_found_error, repository_service_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.paging import build_page_body, parse_page_request
from dockerhub_mcp.sandbox.state import GroupRecord, RepositoryRecord


async def create_repository_group(request: Request) -> JSONResponse:
    """Give a team a permission; the only operation under the older path that accepts OATs."""
    repository = get_modifiable_repository(
        request, "admin", "scope-repo-group-edit", "scope-repo-group-admin"
    )
    fields = FieldReader(await read_json_object(request))
    group_id = fields.read_int("group_id", required=True)
    permission = fields.read_choice("permission", tuple(PERMISSION_LEVELS), required=True)
    fields.raise_errors()
    groups = _list_organization_groups(request, repository)
    group = next((group for group in groups if group.id == group_id), None)
    if group is None:
        # The Hub does not validate the id and fails with an internal error.
        raise SandboxHTTPError(500, {"message": "internal error", "errinfo": None})
    if group.name in repository.permissions:
        message = "group is already assigned to the repository"
        raise repository_service_error(400, message, {"group_id": group_id})
    repository.permissions[group.name] = str(permission)
    _record_permission_event(request, repository, group, "grant", f"gave {group.name} {permission} on")
    return JSONResponse(_serialize_repository_group(repository, group))


async def list_repository_groups(request: Request) -> JSONResponse:
    """List the teams that have a permission."""
    repository = _get_administered_repository(request)
    page_request = parse_page_request(request)
    groups = [
        group
        for group in _list_organization_groups(request, repository)
        if group.name in repository.permissions
    ]
    results = [_serialize_repository_group(repository, group) for group in page_request.slice_entries(groups)]
    return JSONResponse(build_page_body(request, page_request, len(groups), results))


async def get_repository_group(request: Request) -> JSONResponse:
    """Return the permission of a team."""
    repository = _get_administered_repository(request)
    return JSONResponse(_serialize_repository_group(repository, _get_assigned_group(request, repository)))


async def update_repository_group(request: Request) -> JSONResponse:
    """Change the permission of a team."""
    repository = _get_administered_repository(request)
    group = _get_assigned_group(request, repository)
    fields = FieldReader(await read_json_object(request))
    permission = fields.read_choice("permission", tuple(PERMISSION_LEVELS), required=True)
    fields.raise_errors()
    repository.permissions[group.name] = str(permission)
    _record_permission_event(request, repository, group, "change", f"gave {group.name} {permission} on")
    return JSONResponse(_serialize_repository_group(repository, group))


async def delete_repository_group(request: Request) -> Response:
    """Remove the permission of a team."""
    repository = _get_administered_repository(request)
    group = _get_assigned_group(request, repository)
    description = f"took away from {group.name} the access to"
    _record_permission_event(request, repository, group, "revoke", description)
    del repository.permissions[group.name]
    return Response(status_code=204)


def _get_administered_repository(request: Request) -> RepositoryRecord:
    reject_oat_caller(request)
    return get_modifiable_repository(request, "admin")


def _list_organization_groups(request: Request, repository: RepositoryRecord) -> list[GroupRecord]:
    organization = get_hub(request).state.organizations.get(repository.namespace)
    return sorted(organization.groups, key=lambda group: group.name) if organization else []


def _get_assigned_group(request: Request, repository: RepositoryRecord) -> GroupRecord:
    group_id = request.path_params["group_id"]
    for group in _list_organization_groups(request, repository):
        if str(group.id) == group_id and group.name in repository.permissions:
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
