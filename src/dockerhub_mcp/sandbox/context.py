"""What every handler needs: the state, the clock, and who is asking."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request

from dockerhub_mcp.sandbox.auth import Attempts, Bearers, Caller, Tickets
from dockerhub_mcp.sandbox.errors import RefusalError, invalid_fields, unauthorized
from dockerhub_mcp.sandbox.state import State


@dataclass(frozen=True)
class Hub:
    """The parts of the sandbox that handlers work with."""

    state: State
    now: Callable[[], float]
    bearers: Bearers
    attempts: Attempts
    tickets: Tickets
    anonymous_tag_offset: int
    anonymous_repository_offset: int


def hub(request: Request) -> Hub:
    """The Hub that a request was sent to."""
    return cast("Hub", request.app.state.hub)


def caller(request: Request) -> Caller:
    """Who is asking; refuses a bearer that is not good."""
    found: Caller | None = request.state.caller
    # A SCIM token opens nothing but SCIM.
    if found is None or found.kind == "scim":
        raise unauthorized()
    return found


def signed_in(request: Request) -> Caller:
    """Who is asking; refuses anonymous requests."""
    found = caller(request)
    if found.kind == "anonymous":
        raise unauthorized()
    return found


async def json_object(request: Request) -> dict[str, Any]:
    """The body of a request, which must be a JSON object."""
    try:
        body = await request.json()
    except (ValueError, RecursionError) as error:
        raise RefusalError(400, {"message": "invalid JSON body", "errinfo": None}) from error
    if not isinstance(body, dict):
        raise RefusalError(400, {"message": "a JSON object is expected", "errinfo": None})
    return body


def text_field(body: dict[str, Any], name: str) -> str:
    """A string the body must have."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid_fields({name: ["This field is required."]})
    return value
