"""Access to the Hub, the caller and the JSON body of a request, for handlers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request

from dockerhub_mcp.sandbox.auth import BearerTokenIssuer, LoginLockout, SandboxCaller, TwoFactorTickets
from dockerhub_mcp.sandbox.errors import SandboxHTTPError, invalid_fields_error, unauthorized_error
from dockerhub_mcp.sandbox.state import SandboxState


@dataclass(frozen=True)
class SandboxHub:
    """The parts of a sandbox that handlers work with."""

    state: SandboxState
    now: Callable[[], float]
    token_issuer: BearerTokenIssuer
    login_lockout: LoginLockout
    two_factor_tickets: TwoFactorTickets
    anonymous_tag_offset: int
    anonymous_repository_offset: int
    anonymous_search_offset: int


def get_hub(request: Request) -> SandboxHub:
    """Return the Hub that a request was sent to."""
    return cast("SandboxHub", request.app.state.hub)


def get_caller(request: Request) -> SandboxCaller:
    """Return the caller, which may be anonymous.

    Raises:
        SandboxHTTPError: 401 for an invalid bearer token.
    """
    caller: SandboxCaller | None = request.state.caller
    # A SCIM token is valid for the SCIM API only.
    if caller is None or caller.kind == "scim":
        raise unauthorized_error()
    return caller


def require_authenticated_caller(request: Request) -> SandboxCaller:
    """Return the caller.

    Raises:
        SandboxHTTPError: 401 for an anonymous request or an invalid bearer token.
    """
    caller = get_caller(request)
    if caller.kind == "anonymous":
        raise unauthorized_error()
    return caller


async def read_json_object(request: Request) -> dict[str, Any]:
    """Return the body of a request.

    Raises:
        SandboxHTTPError: 400 for a body that is not a JSON object.
    """
    try:
        body = await request.json()
    except (ValueError, RecursionError) as error:
        raise SandboxHTTPError(400, {"message": "invalid JSON body", "errinfo": None}) from error
    if not isinstance(body, dict):
        raise SandboxHTTPError(400, {"message": "a JSON object is expected", "errinfo": None})
    return body


def require_text_field(body: dict[str, Any], name: str) -> str:
    """Return a string of a request's body.

    Raises:
        SandboxHTTPError: 400 for a field that is missing, empty, or not a string.
    """
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid_fields_error({name: ["This field is required."]})
    return value
