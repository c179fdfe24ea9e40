"""Teams of an organization."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import managed_organization
from dockerhub_mcp.sandbox.context import hub, json_object
from dockerhub_mcp.sandbox.data.deterministic import identifier
from dockerhub_mcp.sandbox.errors import account_refusal, refusal
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.handlers.recording import record
from dockerhub_mcp.sandbox.paging import listing, page
from dockerhub_mcp.sandbox.roles import known_roles
from dockerhub_mcp.sandbox.state import OWNERS, Group, Organization, State

READ, EDIT = "scope-group-read", "scope-group-edit"
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
LONGEST_NAME, LONGEST_DESCRIPTION = 64, 255
FIRST_ID = 5000


async def list_groups(request: Request) -> JSONResponse:
    """The teams of an organization, by name."""
    organization = managed_organization(request, request.path_params["org"], READ)
    wanted = page(request)
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
    if wanted.is_past_the_end(len(found)):
        raise account_refusal(404, "Invalid page.")
    results = [as_json(group) for group in wanted.of(found)]
    return JSONResponse(listing(request, wanted, len(found), results))


async def create_group(request: Request) -> JSONResponse:
    """Create a team without members."""
    organization = managed_organization(request, request.path_params["org"], EDIT)
    fields = Fields(await json_object(request))
    name, description = _name(fields, required=True), _description(fields)
    _check_free(fields, organization, name)
    fields.check()
    created = new_group(hub(request).state, organization, str(name), description or "")
    _record(request, organization, created, "create", "created")
    return JSONResponse(as_json(created), 201)


async def get_group(request: Request) -> JSONResponse:
    """One team."""
    return JSONResponse(as_json(wanted_group(request, READ)[1]))


async def replace_group(request: Request) -> JSONResponse:
    """Give a team a name and a description; a description that is left out is gone."""
    organization, found = wanted_group(request, EDIT)
    fields = Fields(await json_object(request))
    name, description = _name(fields, required=True), _description(fields)
    description = description or ""
    return _change(request, organization, found, fields, name=name, description=description, role=found.role)


async def update_group(request: Request) -> JSONResponse:
    """Change what is named of a team."""
    organization, found = wanted_group(request, EDIT)
    fields = Fields(await json_object(request))
    name, description = _name(fields), _description(fields)
    role = fields.choice("role", known_roles(organization))
    description = found.description if description is None else description
    role = role or found.role
    return _change(request, organization, found, fields, name=name, description=description, role=role)


async def delete_group(request: Request) -> Response:
    """Delete a team; its members stay in the organization."""
    organization, found = wanted_group(request, EDIT)
    _refuse_owners(found)
    organization.groups.remove(found)
    for repository in hub(request).state.repositories.values():
        if repository.namespace == organization.name:
            repository.permissions.pop(found.name, None)
    for invitee in organization.invitees:
        invitee.groups[:] = [name for name in invitee.groups if name != found.name]
    _record(request, organization, found, "delete", "deleted")
    return Response(status_code=204)


def as_json(group: Group) -> dict[str, Any]:
    """A team in the Hub's shape."""
    return {
        "id": group.id,
        "uuid": group.uuid,
        "name": group.name,
        "description": group.description,
        "member_count": len(group.members),
        "role": group.role,
    }


def new_group(state: State, organization: Organization, name: str, description: str) -> Group:
    """Add a team to an organization."""
    serial = state.serial()
    uuid = identifier("group", organization.name, name, serial)
    created = Group(FIRST_ID + serial, uuid, name, description, "member", [])
    organization.groups.append(created)
    return created


def wanted_group(request: Request, scope: str) -> tuple[Organization, Group]:
    """The team in the path, and its organization."""
    organization = managed_organization(request, request.path_params["org"], scope)
    found = organization.group(request.path_params["group"])
    if found is None:
        raise account_refusal(404, "No such group")
    return organization, found


def _name(fields: Fields, *, required: bool = False) -> str | None:
    name = fields.text("name", required=required, longest=LONGEST_NAME)
    if name is not None and not NAME.fullmatch(name):
        fields.wrong("name", "not a valid group name")
    return name


def _description(fields: Fields) -> str | None:
    return fields.text("description", longest=LONGEST_DESCRIPTION)


def _check_free(fields: Fields, organization: Organization, name: str | None) -> None:
    if name is not None and organization.group(name) is not None:
        fields.wrong("name", "a group with this name already exists")


def _refuse_owners(group: Group) -> None:
    if group.name == OWNERS:
        raise refusal(403, "the owners group can neither be renamed nor deleted")


def _change(
    request: Request,
    organization: Organization,
    group: Group,
    fields: Fields,
    *,
    name: str | None,
    description: str,
    role: str | None,
) -> JSONResponse:
    renamed = name is not None and name != group.name
    if renamed:
        _check_free(fields, organization, name)
    fields.check()
    if renamed or role != group.role:
        _refuse_owners(group)
    if name is not None and renamed:
        _rename(hub(request).state, organization, group, name)
    group.description, group.role = description, role
    _record(request, organization, group, "update", "changed")
    return JSONResponse(as_json(group))


def _rename(state: State, organization: Organization, group: Group, name: str) -> None:
    for repository in state.repositories.values():
        if repository.namespace == organization.name and group.name in repository.permissions:
            repository.permissions[name] = repository.permissions.pop(group.name)
    for invitee in organization.invitees:
        invitee.groups[:] = [name if team == group.name else team for team in invitee.groups]
    group.name = name


def _record(request: Request, organization: Organization, group: Group, action: str, word: str) -> None:
    words = f"{word} the team {group.name}"
    record(request, organization.name, f"org.team.{action}", group.name, words, team=group.name)
