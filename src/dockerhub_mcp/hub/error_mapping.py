"""Map error responses of the Hub to exceptions with a reason and a remedy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from dockerhub_mcp.hub import error_bodies, missing_objects
from dockerhub_mcp.hub.answers import is_html
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.auth.sign_in_errors import is_signing_outage
from dockerhub_mcp.hub.error_advice import (
    OUTAGE_REMEDY,
    PRIVATE_ADVICE,
    bad_request_advice,
    rate_limit_advice,
    state_conflict_advice,
    unauthorized_advice,
)
from dockerhub_mcp.hub.errors import (
    AnonymousLimit,
    BadRequest,
    Conflict,
    Forbidden,
    HubUnavailable,
    NotFound,
    RateLimited,
    Refused,
    RouteWithdrawn,
    Unauthorized,
    format_wait,
)
from dockerhub_mcp.hub.forbidden_advice import forbidden_advice
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.retry import parse_retry_after

_UNKNOWN_ROUTE_MESSAGES = frozenset({"404: page not found", "404 page not found"})


def error_for(
    method: Method[Any], response: Response, principal: Principal, redact: Callable[[str], str]
) -> Refused:
    """Return the exception for a response with an error status.

    Args:
        method: The call that was sent.
        response: The Hub's response.
        principal: The account that the call was made as.
        redact: Removes known secrets from the Hub's message.
    """
    message = error_bodies.error_message(response.content, redact)
    status = response.status
    request_line = f"{method.http.verb} {method.build_path()}"
    if status == 401:  # noqa: PLR2004
        return _unauthorized_error(request_line, method, principal, message)
    if status == 403:  # noqa: PLR2004
        return _forbidden_error(request_line, method, principal, message)
    if status == 410 or message.lower() in _UNKNOWN_ROUTE_MESSAGES:  # noqa: PLR2004
        return _withdrawn_error(request_line, message, status)
    if status == 404:  # noqa: PLR2004
        return _not_found_error(request_line, method, principal, message, response)
    if status == 409:  # noqa: PLR2004
        what = f"The Hub refused {request_line}: it conflicts with the current state."
        return Conflict(
            what, status=status, hub_message=message, remedy="Read the current state first, then decide."
        )
    if status == 429:  # noqa: PLR2004
        retry_after = parse_retry_after(response.headers, time.time())
        return _rate_limited_error(request_line, principal, message, retry_after, is_page=is_html(response))
    if status == 500 and error_bodies.find_inner_status(response.content) in {401, 403}:  # noqa: PLR2004
        return _inner_refusal_error(request_line, method, principal, message)
    if status >= 500 or status in {408, 425, 499}:  # noqa: PLR2004
        return _unavailable_error(request_line, method, message, status)
    what = f"The Hub did not accept {request_line} ({status})."
    why, remedy = state_conflict_advice(message.lower()) or bad_request_advice(status, message)
    return BadRequest(what, status=status, hub_message=message, why=why, remedy=remedy)


def _unauthorized_error(
    request_line: str, method: Method[Any], principal: Principal, hub_message: str
) -> Unauthorized:
    what = f"The Hub did not accept the credentials ({request_line})."
    why, remedy = unauthorized_advice(method, principal)
    if is_signing_outage(hub_message):
        what = f"The Hub cannot verify its own bearer tokens ({request_line})."
        why, remedy = "This is an outage of the Hub; the credentials may be right.", OUTAGE_REMEDY
    return Unauthorized(what, status=401, hub_message=hub_message, why=why, remedy=remedy)


def _forbidden_error(
    request_line: str, method: Method[Any], principal: Principal, hub_message: str
) -> Forbidden:
    lowered_message = hub_message.lower()
    if "anonymous" in lowered_message and ("offset" in lowered_message or "page" in lowered_message):
        what = f"Anonymous callers may not page this far ({request_line})."
        why = "Since August 2026 anonymous lists end early: tags after about 1,000, repositories after 100."
        remedy = "Sign in to read on, or narrow the list with a filter such as name."
        if not principal.is_anonymous:
            why = (
                f"The Hub took this call for an anonymous one, although it was made as {principal.username}."
            )
            remedy = "Try again, or narrow the list with a filter such as name."
        return AnonymousLimit(what, status=403, hub_message=hub_message, why=why, remedy=remedy)
    what = f"The Hub does not let {principal} do this ({request_line})."
    why, remedy = forbidden_advice(method, principal, lowered_message)
    return Forbidden(what, status=403, hub_message=hub_message, why=why, remedy=remedy)


def _inner_refusal_error(
    request_line: str, method: Method[Any], principal: Principal, hub_message: str
) -> Forbidden:
    """Return the error of a refusal by the registry behind the Hub, which answers with 500 itself."""
    what = f"The Hub does not let {principal} do this ({request_line}): the registry behind it refused, "
    what += "which the Hub reports as a server error."
    why, remedy = forbidden_advice(method, principal, "")
    return Forbidden(what, status=500, hub_message=hub_message, why=why, remedy=remedy)


def _not_found_error(
    request_line: str, method: Method[Any], principal: Principal, hub_message: str, response: Response
) -> NotFound:
    status = response.status
    missing = missing_objects.find_missing_object(
        method, principal, hub_message, error_bodies.error_names(response.content)
    )
    page = getattr(method, "page", 1)
    if page > 1 and not missing.is_certain:
        what = f"There is no page {page} of this list ({request_line})."
        why = f"The list is shorter, or its subject is missing or not visible to {principal}."
        remedy = "Read from page 1."
    else:
        what, why, remedy = missing.what, missing.why, missing.remedy
    if principal.is_anonymous and missing.may_be_private:
        remedy += PRIVATE_ADVICE
    shown_message = "" if missing_objects.says_no_more_than(missing, hub_message) else hub_message
    return NotFound(what, status=status, hub_message=shown_message, why=why, remedy=remedy)


def _rate_limited_error(
    request_line: str, principal: Principal, hub_message: str, retry_after: float | None, *, is_page: bool
) -> RateLimited:
    what = f"The Hub's rate limit is used up ({request_line})."
    why, remedy = rate_limit_advice(principal, hub_message.lower())
    if is_page:
        what = f"A web page answered {request_line} with 429: too many requests."
        why = "Docker's edge or a proxy in front of the Hub limits the requests of this network."
        hub_message = ""
    when = "in a minute" if retry_after is None else f"in {format_wait(retry_after)}"
    return RateLimited(
        what,
        why=why,
        remedy=f"Try again {when}, {remedy}",
        hub_message=hub_message,
        retry_after=retry_after,
    )


def _withdrawn_error(request_line: str, hub_message: str, status: int) -> RouteWithdrawn:
    what = f"Docker has withdrawn this route ({status} on {request_line})."
    why = "It may be for some hours only; it says nothing about the object."
    remedy = "Try again later; if it stays so, look for a newer version of dockerhub-mcp."
    return RouteWithdrawn(what, status=status, hub_message=hub_message, why=why, remedy=remedy)


def _unavailable_error(
    request_line: str, method: Method[Any], hub_message: str, status: int
) -> HubUnavailable:
    failure = "failed with a server error" if status >= 500 else "did not take the request in time"  # noqa: PLR2004
    what = f"The Hub {failure} ({status} on {request_line})."
    # Seen when a group that does not exist is assigned.
    why = "The Hub fails on an unknown group_id." if hasattr(method, "group_id") else ""
    return HubUnavailable(what, status=status, hub_message=hub_message, why=why, remedy=OUTAGE_REMEDY)
