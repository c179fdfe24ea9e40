"""Teams of an organization."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import get_managed_organization
from dockerhub_mcp.sandbox.context import get_hub, read_json_object
from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.errors import account_service_error, repository_service_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.recording import record_audit_event
from dockerhub_mcp.sandbox.paging import build_page_body, parse_page_request
from dockerhub_mcp.sandbox.roles import get_assignable_roles
from dockerhub_mcp.sandbox.state import OWNERS_TEAM, GroupRecord, OrganizationRecord, SandboxState

GROUP_READ_SCOPE, GROUP_EDIT_SCOPE = "scope-group-read", "scope-group-edit"
NAME_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
MAX_NAME_LENGTH, MAX_DESCRIPTION_LENGTH = 64, 255
GROUP_ID_OFFSET = 5000


async def list_groups(request: Request) -> JSONResponse:
    """The teams of an organization, by name."""
    organization = get_managed_organization(request, request.path_params["org"], GROUP_READ_SCOPE)
    wanted = parse_page_request(request)
    username = request.query_params.get("username")
    search = request.query_params.get("search", "").lower()
    found = sorted(
        (
            group
            for group in organization.groups
            if search in group.name.lower() and (not username or username in group.members)
        ),
        key=lambda group: group.name,
    )
    if wanted.is_out_of_range(len(found)):
        raise account_service_error(404, "Invalid page.")
    results = [serialize_group(group) for group in wanted.slice_entries(found)]
    return JSONResponse(build_page_body(request, wanted, len(found), results))


async def create_group(request: Request) -> JSONResponse:
    """Create a team without members."""
    organization = get_managed_organization(request, request.path_params["org"], GROUP_EDIT_SCOPE)
    fields = FieldReader(await read_json_object(request))
    name, description = _read_name(fields, required=True), _read_description(fields)
    _check_name_available(fields, organization, name)
    fields.raise_errors()
    created = add_group(get_hub(request).state, organization, str(name), description or "")
    _record_group_event(request, organization, created, "create", "created")
    return JSONResponse(serialize_group(created), 201)


async def get_group(request: Request) -> JSONResponse:
    """One team."""
    return JSONResponse(serialize_group(get_managed_group(request, GROUP_READ_SCOPE)[1]))


async def replace_group(request: Request) -> JSONResponse:
    """Give a team a name and a description; a description that is left out is gone."""
    organization, found = get_managed_group(request, GROUP_EDIT_SCOPE)
    fields = FieldReader(await read_json_object(request))
    name, description = _read_name(fields, required=True), _read_description(fields)
    description = description or ""
    return _apply_changes(
        request, organization, found, fields, name=name, description=description, role=found.role
    )


async def update_group(request: Request) -> JSONResponse:
    """Change what is named of a team."""
    organization, found = get_managed_group(request, GROUP_EDIT_SCOPE)
    fields = FieldReader(await read_json_object(request))
    name, description = _read_name(fields), _read_description(fields)
    role = fields.read_choice("role", get_assignable_roles(organization))
    description = found.description if description is None else description
    role = role or found.role
    return _apply_changes(request, organization, found, fields, name=name, description=description, role=role)


async def delete_group(request: Request) -> Response:
    """Delete a team; its members stay in the organization."""
    organization, found = get_managed_group(request, GROUP_EDIT_SCOPE)
    _reject_owners_team(found)
    organization.groups.remove(found)
    for repository in get_hub(request).state.repositories.values():
        if repository.namespace == organization.name:
            repository.permissions.pop(found.name, None)
    for invitee in organization.invitees:
        invitee.groups[:] = [name for name in invitee.groups if name != found.name]
    _record_group_event(request, organization, found, "delete", "deleted")
    return Response(status_code=204)


def serialize_group(group: GroupRecord) -> dict[str, Any]:
    """A team in the Hub's shape."""
    return {
        "id": group.id,
        "uuid": group.uuid,
        "name": group.name,
        "description": group.description,
        "member_count": len(group.members),
        "role": group.role,
    }


def add_group(
    state: SandboxState, organization: OrganizationRecord, name: str, description: str
) -> GroupRecord:
    """Add a team to an organization."""
    serial = state.next_serial()
    uuid = derive_uuid("group", organization.name, name, serial)
    created = GroupRecord(GROUP_ID_OFFSET + serial, uuid, name, description, "member", [])
    organization.groups.append(created)
    return created


def get_managed_group(request: Request, oat_scope: str) -> tuple[OrganizationRecord, GroupRecord]:
    """The team in the path, and its organization."""
    organization = get_managed_organization(request, request.path_params["org"], oat_scope)
    found = organization.find_group(request.path_params["group"])
    if found is None:
        raise account_service_error(404, "No such group")
    return organization, found


def _read_name(fields: FieldReader, *, required: bool = False) -> str | None:
    name = fields.read_text("name", required=required, max_length=MAX_NAME_LENGTH)
    if name is not None and not NAME_PATTERN.fullmatch(name):
        fields.add_error("name", "not a valid group name")
    return name


def _read_description(fields: FieldReader) -> str | None:
    return fields.read_text("description", max_length=MAX_DESCRIPTION_LENGTH)


def _check_name_available(fields: FieldReader, organization: OrganizationRecord, name: str | None) -> None:
    if name is not None and organization.find_group(name) is not None:
        fields.add_error("name", "a group with this name already exists")


def _reject_owners_team(group: GroupRecord) -> None:
    if group.name == OWNERS_TEAM:
        raise repository_service_error(403, "the owners group can neither be renamed nor deleted")


def _apply_changes(
    request: Request,
    organization: OrganizationRecord,
    group: GroupRecord,
    fields: FieldReader,
    *,
    name: str | None,
    description: str,
    role: str | None,
) -> JSONResponse:
    renamed = name is not None and name != group.name
    if renamed:
        _check_name_available(fields, organization, name)
    fields.raise_errors()
    if renamed or role != group.role:
        _reject_owners_team(group)
    if name is not None and renamed:
        _rename_group(get_hub(request).state, organization, group, name)
    group.description, group.role = description, role
    _record_group_event(request, organization, group, "update", "changed")
    return JSONResponse(serialize_group(group))


def _rename_group(
    state: SandboxState, organization: OrganizationRecord, group: GroupRecord, name: str
) -> None:
    for repository in state.repositories.values():
        if repository.namespace == organization.name and group.name in repository.permissions:
            repository.permissions[name] = repository.permissions.pop(group.name)
    for invitee in organization.invitees:
        invitee.groups[:] = [name if team == group.name else team for team in invitee.groups]
    group.name = name


def _record_group_event(
    request: Request, organization: OrganizationRecord, group: GroupRecord, action: str, verb: str
) -> None:
    words = f"{verb} the team {group.name}"
    record_audit_event(request, organization.name, f"org.team.{action}", group.name, words, team=group.name)
