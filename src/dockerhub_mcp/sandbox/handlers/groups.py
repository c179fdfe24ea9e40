"""The teams (groups) of an organization and their members."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import get_managed_organization
from dockerhub_mcp.sandbox.audit import record_audit_event
from dockerhub_mcp.sandbox.context import get_hub, read_json_object
from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.errors import account_service_error, repository_service_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.members import serialize_user
from dockerhub_mcp.sandbox.paging import build_page_body, parse_page_request
from dockerhub_mcp.sandbox.roles import get_assignable_roles
from dockerhub_mcp.sandbox.state import (
    OWNER_ROLE,
    OWNERS_TEAM,
    GroupRecord,
    OrganizationRecord,
    SandboxState,
    UserRecord,
)

GROUP_READ_SCOPE, GROUP_EDIT_SCOPE = "scope-group-read", "scope-group-edit"
NAME_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
MAX_NAME_LENGTH, MAX_DESCRIPTION_LENGTH = 64, 255
GROUP_ID_OFFSET = 5000


async def list_groups(request: Request) -> JSONResponse:
    """List the teams of an organization, ordered by name."""
    organization = get_managed_organization(request, request.path_params["org"], GROUP_READ_SCOPE)
    page_request = parse_page_request(request)
    username = request.query_params.get("username")
    search = request.query_params.get("search", "").lower()
    groups = [
        group
        for group in sorted(organization.groups, key=lambda group: group.name)
        if search in group.name.lower() and (not username or username in group.members)
    ]
    if page_request.is_out_of_range(len(groups)):
        raise account_service_error(404, "Invalid page.")
    results = [_serialize_group(group) for group in page_request.slice_entries(groups)]
    return JSONResponse(build_page_body(request, page_request, len(groups), results))


async def create_group(request: Request) -> JSONResponse:
    """Create a team without members."""
    organization = get_managed_organization(request, request.path_params["org"], GROUP_EDIT_SCOPE)
    fields = FieldReader(await read_json_object(request))
    name, description = _read_name(fields, required=True), _read_description(fields)
    _check_name_available(fields, organization, name)
    fields.raise_errors()
    group = add_group(get_hub(request).state, organization, str(name), description or "")
    _record_group_event(request, organization, group, "create", "created")
    return JSONResponse(_serialize_group(group), 201)


async def get_group(request: Request) -> JSONResponse:
    """Return a team."""
    _, group = _get_managed_group(request, GROUP_READ_SCOPE)
    return JSONResponse(_serialize_group(group))


async def replace_group(request: Request) -> JSONResponse:
    """Replace the name and the description of a team; a description that is left out becomes empty."""
    organization, group = _get_managed_group(request, GROUP_EDIT_SCOPE)
    fields = FieldReader(await read_json_object(request))
    name, description = _read_name(fields, required=True), _read_description(fields) or ""
    return _apply_changes(
        request, organization, group, fields, name=name, description=description, role=group.role
    )


async def update_group(request: Request) -> JSONResponse:
    """Change the name, description or role of a team; fields that are left out stay unchanged."""
    organization, group = _get_managed_group(request, GROUP_EDIT_SCOPE)
    fields = FieldReader(await read_json_object(request))
    name, description = _read_name(fields), _read_description(fields)
    role = fields.read_choice("role", get_assignable_roles(organization)) or group.role
    description = group.description if description is None else description
    return _apply_changes(request, organization, group, fields, name=name, description=description, role=role)


async def delete_group(request: Request) -> Response:
    """Delete a team; its members stay in the organization."""
    organization, group = _get_managed_group(request, GROUP_EDIT_SCOPE)
    _reject_owners_team(group)
    organization.groups.remove(group)
    for repository in get_hub(request).state.repositories.values():
        if repository.namespace == organization.name:
            repository.permissions.pop(group.name, None)
    for invitee in organization.invitees:
        invitee.groups[:] = [name for name in invitee.groups if name != group.name]
    _record_group_event(request, organization, group, "delete", "deleted")
    return Response(status_code=204)


async def list_group_members(request: Request) -> JSONResponse:
    """List the members of a team, ordered by name; the search covers names and e-mail addresses."""
    _, group = _get_managed_group(request, GROUP_READ_SCOPE)
    page_request = parse_page_request(request)
    state = get_hub(request).state
    search = request.query_params.get("search", "").lower()
    members = [state.users[username] for username in sorted(group.members) if username in state.users]
    users = [user for user in members if _matches_search(user, search)]
    if page_request.is_out_of_range(len(users)):
        raise account_service_error(404, "Invalid page.")
    results = [serialize_user(user) for user in page_request.slice_entries(users)]
    return JSONResponse(build_page_body(request, page_request, len(users), results))


async def list_group_repositories(request: Request) -> JSONResponse:
    """List the repositories in which a team has a permission."""
    organization, group = _get_managed_group(request, GROUP_READ_SCOPE)
    page_request = parse_page_request(request)
    permissions = [
        {
            "repository": f"{repository.namespace}/{repository.name}",
            "permission": repository.permissions[group.name],
        }
        for _, repository in sorted(get_hub(request).state.repositories.items())
        if repository.namespace == organization.name and group.name in repository.permissions
    ]
    results = list(page_request.slice_entries(permissions))
    return JSONResponse(build_page_body(request, page_request, len(permissions), results))


async def add_group_member(request: Request) -> Response:
    """Add a member of the organization to a team; adding a team member again changes nothing."""
    organization, group = _get_managed_group(request, GROUP_EDIT_SCOPE)
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
        description = f"put {member.username} into {group.name}"
        record_audit_event(
            request,
            organization.name,
            "org.team.member.add",
            member.username,
            description,
            team=group.name,
        )
    return Response(status_code=200)


async def remove_group_member(request: Request) -> Response:
    """Remove a member from a team; a removed owner becomes a plain member of the organization."""
    organization, group = _get_managed_group(request, GROUP_EDIT_SCOPE)
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
    description = f"took {username} out of {group.name}"
    record_audit_event(
        request, organization.name, "org.team.member.remove", username, description, team=group.name
    )
    return Response(status_code=204)


def add_group(
    state: SandboxState, organization: OrganizationRecord, name: str, description: str
) -> GroupRecord:
    """Add a new team to an organization."""
    serial = state.next_serial()
    uuid = derive_uuid("group", organization.name, name, serial)
    group = GroupRecord(GROUP_ID_OFFSET + serial, uuid, name, description, "member", [])
    organization.groups.append(group)
    return group


def _serialize_group(group: GroupRecord) -> dict[str, Any]:
    return {
        "id": group.id,
        "uuid": group.uuid,
        "name": group.name,
        "description": group.description,
        "member_count": len(group.members),
        "role": group.role,
    }


def _get_managed_group(request: Request, oat_scope: str) -> tuple[OrganizationRecord, GroupRecord]:
    organization = get_managed_organization(request, request.path_params["org"], oat_scope)
    group = organization.find_group(request.path_params["group"])
    if group is None:
        raise account_service_error(404, "No such group")
    return organization, group


def _matches_search(user: UserRecord, search: str) -> bool:
    return any(search in text.lower() for text in (user.username, user.full_name, user.email))


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
    is_renamed = name is not None and name != group.name
    if is_renamed:
        _check_name_available(fields, organization, name)
    fields.raise_errors()
    if is_renamed or role != group.role:
        _reject_owners_team(group)
    if name is not None and is_renamed:
        _rename_group(get_hub(request).state, organization, group, name)
    group.description, group.role = description, role
    _record_group_event(request, organization, group, "update", "changed")
    return JSONResponse(_serialize_group(group))


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
    description = f"{verb} the team {group.name}"
    record_audit_event(
        request, organization.name, f"org.team.{action}", group.name, description, team=group.name
    )
