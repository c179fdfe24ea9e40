"""Accounts: the caller's own account, public profiles, and the organizations of users."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from dockerhub_mcp.sandbox.access import MANAGING_ROLES
from dockerhub_mcp.sandbox.auth import SandboxCaller
from dockerhub_mcp.sandbox.context import get_caller, get_hub, require_authenticated_caller
from dockerhub_mcp.sandbox.errors import (
    account_service_error,
    oat_not_allowed_error,
    organization_not_found_error,
    own_account_not_allowed_error,
)
from dockerhub_mcp.sandbox.handlers.members import build_gravatar_url
from dockerhub_mcp.sandbox.paging import build_page_body, parse_page_request
from dockerhub_mcp.sandbox.state import OrganizationRecord, UserRecord
from dockerhub_mcp.sandbox.timestamps import format_timestamp

REDIRECT_STATUS = 302


async def get_own_account(request: Request) -> JSONResponse:
    """Return the caller's own account, which a personal access token cannot read."""
    caller = _require_user_caller(request)
    if caller.kind == "pat":
        raise own_account_not_allowed_error()
    user = get_hub(request).state.users[caller.name]
    return JSONResponse(_serialize_profile(user) | {"email": user.email, "is_staff": False})


async def list_own_organizations(request: Request) -> JSONResponse:
    """List the organizations of the caller."""
    return _build_organizations_response(request, _require_user_caller(request).name)


async def get_user(request: Request) -> Response:
    """Return the public profile of a user, or redirect to the organization with this name."""
    get_caller(request)
    name = request.path_params["name"]
    state = get_hub(request).state
    if name in state.organizations:
        return RedirectResponse(request.url.replace(path=f"/v2/orgs/{name}"), REDIRECT_STATUS)
    if name not in state.users:
        raise account_service_error(404, "User not found")
    return JSONResponse(_serialize_profile(state.users[name]))


async def list_user_organizations(request: Request) -> JSONResponse:
    """List the organizations of a user."""
    require_authenticated_caller(request)
    name = request.path_params["name"]
    if name not in get_hub(request).state.users:
        raise account_service_error(404, "User not found")
    return _build_organizations_response(request, name)


async def get_organization(request: Request) -> Response:
    """Return the public profile of an organization, or redirect to the user with this name."""
    get_caller(request)
    name = request.path_params["org"]
    state = get_hub(request).state
    if name in state.organizations:
        return JSONResponse(_serialize_organization(state.organizations[name]))
    if name in state.users:
        return RedirectResponse(request.url.replace(path=f"/v2/users/{name}"), REDIRECT_STATUS)
    raise organization_not_found_error()


async def list_namespaces(request: Request) -> JSONResponse:
    """List the namespaces in which the caller can create repositories."""
    username = _require_user_caller(request).name
    organizations = get_hub(request).state.organizations.values()
    managed = [
        organization.name
        for organization in organizations
        if organization.get_role(username) in MANAGING_ROLES
    ]
    return JSONResponse({"namespaces": [username, *sorted(managed)]})


def _require_user_caller(request: Request) -> SandboxCaller:
    caller = require_authenticated_caller(request)
    if caller.kind == "oat":
        raise oat_not_allowed_error()
    return caller


def _build_organizations_response(request: Request, username: str) -> JSONResponse:
    page_request = parse_page_request(request)
    organizations = [
        organization
        for organization in get_hub(request).state.organizations.values()
        if organization.get_role(username) is not None
    ]
    if page_request.is_out_of_range(len(organizations)):
        raise account_service_error(404, "Invalid page.")
    results = [
        _serialize_organization(organization) | _serialize_membership(organization, username)
        for organization in page_request.slice_entries(organizations)
    ]
    return JSONResponse(build_page_body(request, page_request, len(organizations), results))


def _serialize_membership(organization: OrganizationRecord, username: str) -> dict[str, Any]:
    return {
        "user_role": organization.get_role(username),
        "user_groups": organization.get_group_names(username),
        "org_groups_count": len(organization.groups),
        "plan_name": "business",
        "parent_name": None,
    }


def _serialize_profile(user: UserRecord) -> dict[str, Any]:
    return {
        "id": user.uuid.replace("-", ""),
        "uuid": user.uuid,
        "username": user.username,
        "full_name": user.full_name,
        "location": user.location,
        "company": user.company,
        "profile_url": "",
        "date_joined": format_timestamp(user.joined_at),
        "gravatar_url": build_gravatar_url(user.email),
        "gravatar_email": "",
        "type": "User",
        "badge": "",
    }


def _serialize_organization(organization: OrganizationRecord) -> dict[str, Any]:
    return {
        "id": organization.uuid.replace("-", ""),
        "uuid": organization.uuid,
        "orgname": organization.name,
        "full_name": organization.full_name,
        "location": "",
        "company": organization.full_name,
        "profile_url": "",
        "date_joined": format_timestamp(organization.joined_at),
        "gravatar_url": "",
        "gravatar_email": "",
        "type": "Organization",
        "badge": organization.badge,
        "is_active": True,
    }
