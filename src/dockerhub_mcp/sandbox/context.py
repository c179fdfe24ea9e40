"""What every handler needs: the state, the clock, and who is asking."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request

from dockerhub_mcp.sandbox.auth import BearerTokenIssuer, LoginLockout, SandboxCaller, TwoFactorTickets
from dockerhub_mcp.sandbox.errors import SandboxHTTPError, invalid_fields_error, unauthorized_error
from dockerhub_mcp.sandbox.state import SandboxState


@dataclass(frozen=True)
class SandboxHub:
    """The parts of the sandbox that handlers work with."""

    state: SandboxState
    now: Callable[[], float]
    token_issuer: BearerTokenIssuer
    login_lockout: LoginLockout
    two_factor_tickets: TwoFactorTickets
    anonymous_tag_offset: int
    anonymous_repository_offset: int


def get_hub(request: Request) -> SandboxHub:
    """The Hub that a request was sent to."""
    return cast("SandboxHub", request.app.state.hub)


def get_caller(request: Request) -> SandboxCaller:
    """Who is asking; refuses a bearer that is not good."""
    found: SandboxCaller | None = request.state.caller
    # A SCIM token opens nothing but SCIM.
    if found is None or found.kind == "scim":
        raise unauthorized_error()
    return found


def require_authenticated_caller(request: Request) -> SandboxCaller:
    """Who is asking; refuses anonymous requests."""
    found = get_caller(request)
    if found.kind == "anonymous":
        raise unauthorized_error()
    return found


async def read_json_object(request: Request) -> dict[str, Any]:
    """The body of a request, which must be a JSON object."""
    try:
        body = await request.json()
    except (ValueError, RecursionError) as error:
        raise SandboxHTTPError(400, {"message": "invalid JSON body", "errinfo": None}) from error
    if not isinstance(body, dict):
        raise SandboxHTTPError(400, {"message": "a JSON object is expected", "errinfo": None})
    return body


def require_text_field(body: dict[str, Any], name: str) -> str:
    """A string the body must have."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid_fields_error({name: ["This field is required."]})
    return value
