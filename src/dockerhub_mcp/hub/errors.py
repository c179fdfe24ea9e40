"""The exceptions of the Hub client.

    HubError
    ├── InvalidRequest            rejected by the client, before anything was sent
    ├── CredentialError           a secret is missing, unreadable or set twice
    ├── SignInError
    │   ├── SignInRequired        the method needs an account
    │   ├── SignInRefused         the Hub did not accept the name and secret
    │   │   └── SignInLocked      too many failed sign-ins under this name
    │   ├── SignInUnavailable     the sign-in failed whether or not the secret is right
    │   └── SecondFactorRequired  the account requires a one-time code
    ├── ConnectionFailed          no response: network, DNS, TLS
    │   └── DeadlineExceeded      no response in time
    ├── IncompleteList            the pages of a list do not add up
    ├── UnexpectedAnswer          not a response of the Hub: HTML, broken JSON, a redirect elsewhere
    └── Refused                   a response with an error status
        ├── BadRequest            400, 422 and other 4xx
        ├── Unauthorized          401
        ├── Forbidden             403
        │   └── AnonymousLimit    403, paging too far without an account
        ├── NotFound              404: missing, or private and not visible
        ├── Conflict              409
        ├── RateLimited           429
        └── HubUnavailable        5xx, 408, 425, 499
            └── RouteWithdrawn    410, or 404 for an unknown route: Docker has withdrawn it

Every error says what happened, the likely reason, and what to do next. No error contains a secret.
"""

from __future__ import annotations

import math
from copy import copy
from typing import Self


class HubError(Exception):
    """The base class of all errors of the Hub client.

    Attributes:
        what: What happened, one sentence.
        why: The likely reason, or an empty string.
        remedy: What to do next, or an empty string.
        hub_message: The Hub's message, sanitized and cut to 300 characters; untrusted text.
        may_be_done: Whether the call was a change that the Hub may have made although it failed.
        speaker: The service that sent the message, as the start of a sentence.
    """

    may_be_done: bool = False
    speaker: str = "The Hub"

    def __init__(self, what: str, *, why: str = "", remedy: str = "", hub_message: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy
        self.hub_message = hub_message

    def __str__(self) -> str:
        quotation = end_with_period(f'{self.speaker} said: "{self.hub_message}"') if self.hub_message else ""
        return " ".join(part for part in (self.what, quotation, self.why, self.remedy) if part)


class InvalidRequest(HubError):
    """A value cannot be sent, such as `..` in a path; nothing was sent."""


class CredentialError(HubError):
    """The configured credentials are incomplete, unreadable or set in two ways."""


class SignInError(HubError):
    """The sign-in failed.

    Attributes:
        retry_after: Seconds until the same name and secret are sent again; None if not by themselves.
        advice: The remedy without the time to wait.
    """

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        remedy: str = "",
        hub_message: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, why=why, remedy=remedy, hub_message=hub_message)
        self.retry_after = retry_after
        self.advice = remedy
        self._add_wait()

    def without_traceback(self) -> Self:
        """Return a copy to keep: a traceback keeps the variables of its frames, secrets among them."""
        return copy(self).with_traceback(None)

    def with_retry_after(self, retry_after: float | None) -> Self:
        """Return a copy without traceback that says when the next sign-in is possible."""
        error = copy(self)
        error.retry_after = retry_after
        error._add_wait()  # noqa: SLF001 - of the same class
        return error.with_traceback(None)

    def with_advice(self, advice: str) -> Self:
        """Return a copy without traceback that has further advice."""
        error = copy(self)
        error.advice = f"{self.advice} {advice}".strip()
        error._add_wait()  # noqa: SLF001 - of the same class
        return error.with_traceback(None)

    def _add_wait(self) -> None:
        self.remedy = self.advice
        if self.retry_after is not None:
            wait = f"Signing in is possible again in {format_wait(self.retry_after)}."
            self.remedy = f"{self.advice} {wait}".lstrip()


class SignInRequired(SignInError):
    """The method needs an account, and no credentials are configured."""


class SignInRefused(SignInError):
    """The Hub refused the name and secret; the same pair is not retried automatically."""


class SignInLocked(SignInRefused):
    """There were too many failed sign-ins under this name; even the right secret is not sent for a while."""


class SignInUnavailable(SignInError):
    """The sign-in failed for a reason that says nothing about the name and secret.

    Attributes:
        is_outage: Whether the Hub itself failed, which usually passes soon.
        is_sent: Whether the secret may have reached the Hub.
    """

    is_outage = False
    is_sent = True


class SecondFactorRequired(SignInError):
    """The account has two-factor authentication; the sign-in waits for the one-time code."""


class ConnectionFailed(HubError):
    """The Hub could not be reached, or the connection broke.

    Attributes:
        is_sent: Whether the request may have reached the Hub.
        is_permanent: Whether the next attempt would fail in the same way.
    """

    is_sent: bool = True
    is_permanent: bool = False

    @classmethod
    def before_sending(cls, what: str, *, remedy: str) -> Self:
        """Return the error of a request that cannot be sent as long as the surroundings stay the same."""
        error = cls(what, remedy=remedy)
        error.is_sent, error.is_permanent = False, True
        return error


class DeadlineExceeded(ConnectionFailed):
    """The Hub did not respond within the deadline of the call."""


class UnexpectedAnswer(HubError):
    """The response is not one of the Hub's API.

    Attributes:
        is_sent: Whether the request may have reached the Hub.
    """

    is_sent: bool = True


class IncompleteList(HubError):
    """The pages of a list do not add up: the Hub ended it early, repeated a page, or miscounted."""


class Refused(HubError):
    """The Hub responded with an error status.

    Attributes:
        status: The HTTP status.
    """

    def __init__(
        self, what: str, *, status: int, why: str = "", remedy: str = "", hub_message: str = ""
    ) -> None:
        super().__init__(what, why=why, remedy=remedy, hub_message=hub_message)
        self.status = status


class BadRequest(Refused):
    """The Hub did not accept a value."""


class Unauthorized(Refused):
    """The Hub did not accept the bearer token, even a fresh one."""


class Forbidden(Refused):
    """The account or its token may not do this."""


class AnonymousLimit(Forbidden):
    """Anonymous callers may not page this far (Docker Hub, since August 2026)."""


class NotFound(Refused):
    """The object does not exist, or it is private and not visible to the account."""


class Conflict(Refused):
    """The object exists already, or its state does not allow the change."""


class RateLimited(Refused):
    """Too many requests.

    Attributes:
        retry_after: Seconds to wait; None where the Hub does not say.
    """

    def __init__(
        self,
        what: str,
        *,
        status: int = 429,
        why: str = "",
        remedy: str = "",
        hub_message: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, status=status, why=why, remedy=remedy, hub_message=hub_message)
        self.retry_after = retry_after


class HubUnavailable(Refused):
    """The Hub failed with a server error, or did not take the request in time."""


class RouteWithdrawn(HubUnavailable):
    """Docker has withdrawn the route, perhaps for hours only."""


def end_with_period(quotation: str) -> str:
    """Return a text that ends with a quotation, adding a period unless the quotation ends a sentence."""
    return quotation if quotation.endswith(('."', '!"', '?"', '…"')) else f"{quotation}."


def format_wait(seconds: float) -> str:
    """Return a time to wait, rounded up: seconds below two minutes, else minutes or hours."""
    if seconds <= 120:  # noqa: PLR2004
        return f"{max(1, math.ceil(seconds))} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minutes" if minutes <= 120 else f"{math.ceil(minutes / 60)} hours"  # noqa: PLR2004
