"""Map error responses of a registry to exceptions with a reason and a remedy."""

from __future__ import annotations

import json
import time

from dockerhub_mcp.hub.answers import foreign_answer_error, is_html
from dockerhub_mcp.hub.auth.account import Login
from dockerhub_mcp.hub.error_bodies import error_message
from dockerhub_mcp.hub.errors import (
    BadRequest,
    Forbidden,
    HubError,
    HubUnavailable,
    NotFound,
    RateLimited,
    Unauthorized,
    UnexpectedAnswer,
    format_wait,
)
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.retry import parse_retry_after
from dockerhub_mcp.hub.transport.transport import Transport
from dockerhub_mcp.registry.deletion_errors import find_deletion_error
from dockerhub_mcp.registry.errors import DigestMismatch, mark_as_registry
from dockerhub_mcp.registry.pull_limit_errors import pull_limit_error
from dockerhub_mcp.registry.pull_limits import is_pull_limit_refusal, parse_pull_limit
from dockerhub_mcp.registry.request import RegistryRequest

_PROXY_STATUSES = frozenset({407, 511})
_NO_VERDICT = frozenset({408, 425, 499})
_MAX_ERROR_BYTES = 64 * 1024
_OUTAGE_REMEDY = "Try again later; https://www.dockerstatus.com shows known incidents."


def is_foreign(response: Response) -> bool:
    """Return whether a proxy, a sign-in page or another server gave a response, rather than a registry."""
    status = response.status
    if status in _PROXY_STATUSES or 300 <= status < 400:  # noqa: PLR2004 - other redirects were followed
        return True
    return status != 429 and is_html(response)  # noqa: PLR2004 - to be obeyed, whichever says so


def foreign_error(request: RegistryRequest, response: Response, transport: Transport) -> UnexpectedAnswer:
    """Return the error of a response that no registry gave."""
    return foreign_answer_error(
        response,
        request.line,
        transport.host,
        expected="answer",
        redact=transport.redactor,
        names=transport.names,
    )


def unfit_error(request: RegistryRequest, host: str, defect: str) -> UnexpectedAnswer:
    """Return the error of a successful response that cannot be used.

    Args:
        request: The request.
        host: The host of the registry.
        defect: What is wrong, as a clause.
    """
    what = f"{host} answered {request.line}, but {defect}."
    why = "The publisher's tools may have written it so, or a proxy answered in place of the registry."
    return UnexpectedAnswer(what, why=why, remedy="Check the image, or look at another tag or platform.")


def no_digest_error(request: RegistryRequest, host: str) -> UnexpectedAnswer:
    """Return the error of a successful response to HEAD that does not name the digest of a manifest."""
    return unfit_error(request, host, "the header Docker-Content-Digest is missing or holds no digest")


def mismatch_error(request: RegistryRequest, host: str, digest: str) -> DigestMismatch:
    """Return the error of a content that is not what its digest says."""
    what = f"{host} answered {request.line} with a content that does not have the digest {digest}."
    why = "It was changed on the way or in the registry; nothing of it was used."
    return DigestMismatch(what, why=why, remedy="Try again; if it stays so, do not use the image.")


def not_visible_error(request: RegistryRequest, login: Login, status: int, hub_message: str = "") -> NotFound:
    """Return the error of a repository that is missing, or hidden from the account."""
    what = f"The repository {request.repository} was not found, or it is private and not visible to "
    what += f"{login.principal}."
    why = "A registry does not tell the two apart."
    if login.anonymous_reason:
        why = f"{why} {login.anonymous_reason}, so the registry was asked without an account."
    if login.is_anonymous:
        remedy = "Check the name; if it is private, sign in."
    else:
        remedy = "Check the name, and whether the account and its token may pull from it."
    error = NotFound(what, status=status, why=why, remedy=remedy, hub_message=hub_message)
    return mark_as_registry(error)


def error_for(
    request: RegistryRequest,
    response: Response,
    transport: Transport,
    login: Login,
    *,
    is_pull_granted: bool,
    is_renewed: bool,
) -> HubError:
    """Return the exception for a response with an error status.

    Args:
        request: The request that was sent.
        response: The registry's response.
        transport: The transport to the registry.
        login: The account that the request was made as.
        is_pull_granted: Whether the token claims that the account may pull from the repository.
        is_renewed: Whether the token was renewed because the registry rejected the one before.
    """
    if is_foreign(response):
        return foreign_error(request, response, transport)
    status, host = response.status, transport.host
    message = error_message(response.content, transport.redactor)
    if status == 429:  # noqa: PLR2004
        return mark_as_registry(_rate_limited_error(request, response, login, host, message))
    if status >= 500 or status in _NO_VERDICT:  # noqa: PLR2004
        what = f"{host} failed ({status} on {request.line})."
        return mark_as_registry(
            HubUnavailable(what, status=status, remedy=_OUTAGE_REMEDY, hub_message=message)
        )
    if request.is_change and (refusal := find_deletion_error(request, status, host, login, message)):
        return refusal
    codes = _find_codes(response.content)
    if status == 401:  # noqa: PLR2004
        if is_renewed and is_pull_granted:
            what = f"{host} does not accept the token that its token service issued ({request.line})."
            why = "This is a fault of the registry; the account is right."
            return mark_as_registry(
                Unauthorized(what, status=status, why=why, remedy=_OUTAGE_REMEDY, hub_message=message)
            )
        return not_visible_error(request, login, status)
    if status == 403:  # noqa: PLR2004
        subject = request.subject or "the tags"
        what = f"{host} does not let {login.principal} read {subject} of {request.repository}."
        why = "The account, its token, or a rule of the registry does not allow it."
        remedy = "Check what the account and its token may pull."
        return mark_as_registry(Forbidden(what, status=status, why=why, remedy=remedy, hub_message=message))
    if status == 404:  # noqa: PLR2004
        return _not_found_error(request, login, is_pull_granted=is_pull_granted)
    what = f"{host} did not accept {request.line} ({status})."
    why = "It does not offer this." if status == 405 or "UNSUPPORTED" in codes else ""  # noqa: PLR2004
    remedy = f"Check {transport.names.address_with_setting}."
    return mark_as_registry(BadRequest(what, status=status, why=why, remedy=remedy, hub_message=message))


def _not_found_error(request: RegistryRequest, login: Login, *, is_pull_granted: bool) -> NotFound:
    """Return the error of a missing object; registries say the same about a missing repository."""
    cases = [f"does not have {request.subject}"] if request.subject else []
    cases.append("does not exist")
    if not is_pull_granted:
        cases.append(f"is not visible to {login.principal}")
    *others, last = cases
    what = f"The repository {request.repository} {', '.join(others)}{', or ' if others else ''}{last}."
    why = f"{login.anonymous_reason}." if login.anonymous_reason else ""
    remedy = "Check the names; tags may have been deleted or moved."
    return mark_as_registry(NotFound(what, status=404, why=why, remedy=remedy))


def _rate_limited_error(
    request: RegistryRequest, response: Response, login: Login, host: str, message: str
) -> RateLimited:
    retry_after = parse_retry_after(response.headers, time.time())
    if is_pull_limit_refusal(response.status, response.content):
        return pull_limit_error(parse_pull_limit(response.headers), login, retry_after)
    what = f"{host} limits the requests of this network ({request.line})."
    why = "This is protection against abuse, not the pull limit; an account does not raise it."
    when = "in a minute" if retry_after is None else f"in {format_wait(retry_after)}"
    return RateLimited(
        what,
        why=why,
        remedy=f"Try again {when}, and send fewer requests.",
        hub_message="" if is_html(response) else message,
        retry_after=retry_after,
    )


def _find_codes(content: bytes) -> frozenset[str]:
    """Return the codes of an error body, such as `MANIFEST_UNKNOWN`."""
    try:
        errors = json.loads(content[:_MAX_ERROR_BYTES])["errors"]
        return frozenset(each["code"] for each in errors if isinstance(each.get("code"), str))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return frozenset()
