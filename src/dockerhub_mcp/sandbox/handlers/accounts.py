"""Accounts: who one is oneself, the profiles of others, and the organizations of both."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from dockerhub_mcp.sandbox.access import MANAGING_ROLES
from dockerhub_mcp.sandbox.auth import Caller
from dockerhub_mcp.sandbox.context import caller, hub, signed_in
from dockerhub_mcp.sandbox.data.deterministic import stamp
from dockerhub_mcp.sandbox.errors import (
    account_refusal,
    no_such_organization,
    organization_access_token_refused,
)
from dockerhub_mcp.sandbox.handlers.members import gravatar
from dockerhub_mcp.sandbox.paging import listing, page
from dockerhub_mcp.sandbox.state import Organization, User

FOUND = 302


async def get_own_account(request: Request) -> JSONResponse:
    """The caller's own account."""
    user = hub(request).state.users[_user(request).name]
    return JSONResponse(_profile(user) | {"email": user.email, "is_staff": False})


async def list_own_organizations(request: Request) -> JSONResponse:
    """The organizations the caller is in."""
    return _organizations(request, _user(request).name)


async def get_user(request: Request) -> Response:
    """A profile, for everybody to see; that of an organization is elsewhere."""
    caller(request)
    name = request.path_params["name"]
    state = hub(request).state
    if name in state.organizations:
        return RedirectResponse(request.url.replace(path=f"/v2/orgs/{name}"), FOUND)
    if name not in state.users:
        raise account_refusal(404, "User not found")
    return JSONResponse(_profile(state.users[name]))


async def list_organizations_of_user(request: Request) -> JSONResponse:
    """The organizations somebody is in."""
    signed_in(request)
    name = request.path_params["name"]
    if name not in hub(request).state.users:
        raise account_refusal(404, "User not found")
    return _organizations(request, name)


async def get_organization(request: Request) -> Response:
    """An organization, for everybody to see; a user of that name is elsewhere."""
    caller(request)
    name = request.path_params["org"]
    state = hub(request).state
    found = state.organizations.get(name)
    if found is not None:
        return JSONResponse(_organization(found))
    if name in state.users:
        return RedirectResponse(request.url.replace(path=f"/v2/users/{name}"), FOUND)
    raise no_such_organization()


async def list_namespaces(request: Request) -> JSONResponse:
    """The namespaces the caller may create repositories in."""
    username = _user(request).name
    organizations = hub(request).state.organizations.values()
    managed = [found.name for found in organizations if found.role(username) in MANAGING_ROLES]
    return JSONResponse({"namespaces": [username, *sorted(managed)]})


def _user(request: Request) -> Caller:
    asking = signed_in(request)
    if asking.kind == "oat":
        raise organization_access_token_refused()
    return asking


def _organizations(request: Request, username: str) -> JSONResponse:
    wanted = page(request)
    state = hub(request).state
    found = [found for found in state.organizations.values() if found.role(username) is not None]
    if wanted.is_past_the_end(len(found)):
        raise account_refusal(404, "Invalid page.")
    results = [
        _organization(organization) | _place(organization, username) for organization in wanted.of(found)
    ]
    return JSONResponse(listing(request, wanted, len(found), results))


def _place(organization: Organization, username: str) -> dict[str, Any]:
    return {
        "user_role": organization.role(username),
        "user_groups": organization.groups_of(username),
        "org_groups_count": len(organization.groups),
        "plan_name": "business",
        "parent_name": None,
    }


def _profile(user: User) -> dict[str, Any]:
    return {
        "id": user.uuid.replace("-", ""),
        "uuid": user.uuid,
        "username": user.username,
        "full_name": user.full_name,
        "location": user.location,
        "company": user.company,
        "profile_url": "",
        "date_joined": stamp(user.joined),
        "gravatar_url": gravatar(user.email),
        "gravatar_email": "",
        "type": "User",
        "badge": "",
    }


def _organization(organization: Organization) -> dict[str, Any]:
    return {
        "id": organization.uuid.replace("-", ""),
        "uuid": organization.uuid,
        "orgname": organization.name,
        "full_name": organization.full_name,
        "location": "",
        "company": organization.full_name,
        "profile_url": "",
        "date_joined": stamp(organization.joined),
        "gravatar_url": "",
        "gravatar_email": "",
        "type": "Organization",
        "badge": organization.badge,
        "is_active": True,
    }
