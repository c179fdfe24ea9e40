"""Read the answers of a token service, and explain those without a token."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dockerhub_mcp.hub.answers import foreign_answer_error, is_html
from dockerhub_mcp.hub.auth.account import Login
from dockerhub_mcp.hub.auth.bearer import decode_claims
from dockerhub_mcp.hub.auth.sign_in_errors import (
    is_lock_message,
    locked_error,
    refused_sign_in_error,
    unavailable_error,
)
from dockerhub_mcp.hub.error_bodies import error_message
from dockerhub_mcp.hub.errors import (
    Forbidden,
    HubError,
    HubUnavailable,
    RateLimited,
    SignInError,
    SignInRefused,
    UnexpectedAnswer,
    format_wait,
)
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.retry import parse_retry_after
from dockerhub_mcp.hub.transport.transport import Transport
from dockerhub_mcp.registry.errors import mark_as_registry
from dockerhub_mcp.registry.parsing.json_values import decode_object

_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")  # what a header can carry
_DEFAULT_LIFETIME = 60.0  # seconds, where `expires_in` is missing
_MAX_LIFETIME = 3600.0
_RENEWAL_SHARE = 0.8  # of the lifetime, after which a token is renewed
_DENIED_LIFETIME = 10.0  # seconds; a repository may be created, or opened to the account, at any time
_NO_VERDICT = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, eq=False)
class RegistryToken:
    """A token for one repository.

    Attributes:
        text: The token.
        renew_at: When to renew it, in seconds of the monotonic clock.
        actions: The actions in the repository that it claims to allow, not verified; None where it does not
            say.
    """

    text: str = field(repr=False)
    renew_at: float
    actions: frozenset[str] | None = None

    @property
    def is_without_pull(self) -> bool:
        """Whether the token says that it does not allow pulls."""
        return self.lacks("pull")

    def lacks(self, action: str) -> bool:
        """Tell whether the token says that it does not allow an action, such as `delete`."""
        return self.actions is not None and not self.actions & {action, "*"}


def read_token(
    response: Response, repository: str, *, now: float, action: str = "pull"
) -> RegistryToken | None:
    """Return the token of an answer; None where it has none that a header can carry.

    Args:
        response: The answer.
        repository: The repository that it was asked for.
        now: The time on the monotonic clock, in seconds.
        action: The action that it was asked for; a token without it is kept for some seconds only.
    """
    try:
        data = decode_object(response.content)
    except ValueError:
        return None
    text = data.get("token") or data.get("access_token")
    if not isinstance(text, str) or not _TOKEN.fullmatch(text):
        return None
    lifetime = _read_lifetime(data.get("expires_in")) * _RENEWAL_SHARE
    token = RegistryToken(text, now + lifetime, _read_actions(decode_claims(text), repository))
    if token.lacks(action):
        return RegistryToken(text, now + min(lifetime, _DENIED_LIFETIME), token.actions)
    return token


def _read_lifetime(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return _DEFAULT_LIFETIME
    try:
        seconds = float(value)
    except OverflowError:
        return _MAX_LIFETIME
    return min(seconds, _MAX_LIFETIME) if math.isfinite(seconds) and seconds > 0 else _DEFAULT_LIFETIME


def _read_actions(claims: Mapping[str, Any], repository: str) -> frozenset[str] | None:
    """Return the actions that a token claims for a repository; None where it makes no such claim."""
    access = claims.get("access")
    if access is None and "access" in claims:
        return frozenset()
    if not isinstance(access, list):
        return None
    actions: set[str] = set()
    for entry in access:
        if isinstance(entry, dict) and entry.get("type") == "repository" and entry.get("name") == repository:
            found = entry.get("actions")
            actions.update(
                each for each in (found if isinstance(found, list) else ()) if isinstance(each, str)
            )
    return frozenset(actions)


def token_error(response: Response, transport: Transport, login: Login, *, registry_host: str) -> HubError:
    """Return the error of an answer without a usable token.

    Args:
        response: The answer.
        transport: The transport to the token service.
        login: The account that it was asked for.
        registry_host: The host of the registry.
    """
    error = _explain(response, transport, login, registry_host)
    return mark_as_registry(error)


def _explain(response: Response, transport: Transport, login: Login, registry_host: str) -> HubError:
    host, status = transport.host, response.status
    if is_html(response) or 300 <= status < 400 or status in {407, 511}:  # noqa: PLR2004
        found = foreign_answer_error(
            response, "GET /token", host, redact=transport.redactor, names=transport.names
        )
        return found if login.is_anonymous else _unavailable(login, found.what, found.why, found.remedy)
    message = error_message(response.content, transport.redactor) if status >= 300 else ""  # noqa: PLR2004
    retry_after = parse_retry_after(response.headers, time.time()) or None
    if not login.is_anonymous:
        return _explain_sign_in(status, host, login, message, retry_after)
    what = f"{host} gave no token for anonymous pulls from {registry_host} ({status})."
    if status == 429:  # noqa: PLR2004
        when = "in a minute" if retry_after is None else f"in {format_wait(retry_after)}"
        return RateLimited(what, remedy=f"Try again {when}.", hub_message=message, retry_after=retry_after)
    if status >= 500 or status in _NO_VERDICT:  # noqa: PLR2004
        return HubUnavailable(what, status=status, remedy="Try again later.", hub_message=message)
    if status in {401, 403}:
        remedy = "Configure an account (DOCKERHUB_USERNAME and DOCKERHUB_TOKEN)."
        return Forbidden(what, status=status, why="It needs an account.", remedy=remedy, hub_message=message)
    return UnexpectedAnswer(
        what, remedy=f"Check {transport.names.address_with_setting}.", hub_message=message
    )


def _explain_sign_in(
    status: int, host: str, login: Login, message: str, retry_after: float | None
) -> SignInError:
    principal = login.principal
    if is_lock_message(message, status):
        return locked_error(login.username, principal.kind, message, retry_after)
    if status == 401:  # noqa: PLR2004
        known = refused_sign_in_error(
            login.username,
            principal.kind,
            message,
            is_legacy_login=False,
            fixed_identity=principal.fixed_identity,
            is_docker_login=login.is_docker_login,
        )
        what = f"{host}, which signs in to the registry, refused {login.username} with this {principal.kind}."
        return SignInRefused(what, why=known.why, remedy=known.remedy, hub_message=message)
    if status == 200:  # noqa: PLR2004
        reason = f"{host} accepted the sign-in but sent no token that can be used"
    else:
        reason = f"{host} answered with status {status}"
    return unavailable_error(
        login.username,
        reason,
        why="It says nothing about the secret.",
        hub_message=message,
        retry_after=retry_after,
        is_outage=status >= 500,  # noqa: PLR2004
    )


def _unavailable(login: Login, what: str, why: str, remedy: str) -> SignInError:
    return unavailable_error(login.username, what.rstrip("."), why=why, remedy=remedy)
