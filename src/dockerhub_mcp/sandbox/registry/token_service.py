"""The token service: it exchanges an account's secret, or nothing, for a registry token."""

import base64
import binascii
import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import MANAGING_ROLES, PERMISSION_LEVELS, get_registry_level
from dockerhub_mcp.sandbox.auth import ANONYMOUS, SandboxCaller
from dockerhub_mcp.sandbox.context import SandboxHub, get_hub
from dockerhub_mcp.sandbox.errors import SandboxHTTPError, account_service_error
from dockerhub_mcp.sandbox.handlers.authentication import authenticate_account
from dockerhub_mcp.sandbox.registry.context import get_registry
from dockerhub_mcp.sandbox.registry.tokens import TOKEN_LIFETIME, Grant, RegistryCaller
from dockerhub_mcp.sandbox.timestamps import format_seconds

REPOSITORY_SCOPE = re.compile(r"repository(?:\([a-z]+\))?:(?P<name>[^:\s]+):(?P<actions>[a-z*,]+)")
REFUSAL = "incorrect username or password"
ACTION_LEVELS = {"pull": "read", "push": "write", "delete": "admin"}


async def create_registry_token(request: Request) -> JSONResponse:
    """Return a token with those of the requested actions that the account is allowed."""
    hub = get_hub(request)
    caller, account_id = _authenticate(request, hub)
    grants: dict[str, list[str]] = {}
    # A client may repeat the parameter, or separate scopes with spaces.
    for text in " ".join(request.query_params.getlist("scope")).split():
        scope = REPOSITORY_SCOPE.fullmatch(text)
        if scope is not None:
            allowed = _list_allowed_actions(hub, caller, scope["name"])
            asked = scope["actions"].split(",")
            granted = grants.setdefault(scope["name"], [])
            granted += [action for action in asked if action in allowed and action not in granted]
    registry_caller = RegistryCaller(
        caller.name,
        account_id,
        _has_plan(hub, caller),
        tuple(Grant(name, tuple(actions)) for name, actions in grants.items() if actions),
    )
    token = get_registry(request).token_issuer.issue_token(registry_caller)
    body = {
        "token": token,
        "access_token": token,
        "expires_in": TOKEN_LIFETIME,
        "issued_at": format_seconds(hub.now()),
    }
    return JSONResponse(body)


def _authenticate(request: Request, hub: SandboxHub) -> tuple[SandboxCaller, str]:
    """Return the account of a request and its id, which is empty for anonymous callers."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        return ANONYMOUS, ""
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    name, separator, secret = decoded.partition(":")
    if scheme.lower() != "basic" or not separator:
        raise account_service_error(401, REFUSAL)
    try:
        login = authenticate_account(hub, name, secret)
    except SandboxHTTPError as error:
        # The second factor is asked for by the Hub alone; here such a password is refused.
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise
        raise account_service_error(401, REFUSAL) from error
    return hub.token_issuer.authenticate(f"Bearer {hub.token_issuer.issue_token(login)}"), login.uuid


def _list_allowed_actions(hub: SandboxHub, caller: SandboxCaller, name: str) -> set[str]:
    namespace, _, repository_name = name.partition("/")
    repository = hub.state.repositories.get((namespace, repository_name))
    if repository is None:
        return {"pull", "push"} if _may_create(hub, caller, namespace) else set()
    level = get_registry_level(hub.state, caller, repository)
    return {action for action, required in ACTION_LEVELS.items() if level >= PERMISSION_LEVELS[required]}


def _may_create(hub: SandboxHub, caller: SandboxCaller, namespace: str) -> bool:
    if caller.username is None:
        return False
    organization = hub.state.organizations.get(namespace)
    role = organization.get_role(caller.username) if organization else None
    return caller.username == namespace or role in MANAGING_ROLES


def _has_plan(hub: SandboxHub, caller: SandboxCaller) -> bool:
    """Return whether pulls have no limit: for organizations, and for the members of any."""
    if caller.kind == "oat":
        return True
    organizations = hub.state.organizations.values()
    return caller.username is not None and any(
        organization.get_role(caller.username) is not None for organization in organizations
    )
