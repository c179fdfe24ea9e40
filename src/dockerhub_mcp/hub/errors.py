"""What can go wrong on the road to the Hub.

    HubError
    ├── InvalidRequest            refused here, before anything was sent
    ├── CredentialError           a secret is missing, unreadable or set twice
    ├── SignInError
    │   ├── SignInRequired        the method needs an account and there is none
    │   ├── SignInRefused         the Hub did not accept the name and secret
    │   └── SecondFactorRequired  the account wants a one-time code
    ├── ConnectionFailed          no answer: network, name, TLS
    │   └── DeadlineExceeded      no answer in time
    ├── UnexpectedAnswer          an answer that is not the Hub's: HTML, broken JSON, a redirect elsewhere
    └── Refused                   the Hub answered with an error status
        ├── BadRequest            400, 422 and other 4xx
        ├── Unauthorized          401
        ├── Forbidden             403
        │   └── AnonymousLimit    403, paging too far without an account
        ├── NotFound              404, 410: missing, or private and not yours
        ├── Conflict              409
        ├── RateLimited           429
        └── HubUnavailable        5xx

Every error says what happened, why that is likely, and what to do next. None of them carries a secret.
"""

from __future__ import annotations


class HubError(Exception):
    """Anything that kept the Hub client from returning a result.

    Attributes:
        what: What happened, one sentence.
        why: The likely reason, or an empty string.
        remedy: What to do next, or an empty string.
        hub_message: The Hub's own words, cleaned and cut to 300 characters; text by strangers.
    """

    def __init__(self, what: str, *, why: str = "", remedy: str = "", hub_message: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy
        self.hub_message = hub_message

    def __str__(self) -> str:
        said = end_with_period(f'The Hub said: "{self.hub_message}"') if self.hub_message else ""
        return " ".join(part for part in (self.what, said, self.why, self.remedy) if part)


class InvalidRequest(HubError):
    """A value cannot be sent, such as `..` in a path; nothing left this machine."""


class CredentialError(HubError):
    """The configured secret is incomplete, unreadable or set in two ways."""


class SignInError(HubError):
    """Signing in did not work."""


class SignInRequired(SignInError):
    """The method needs an account and no credentials are configured, or they were refused."""


class SignInRefused(SignInError):
    """The Hub refused the name and secret; the same pair is not sent again by itself."""


class SecondFactorRequired(SignInError):
    """The account has two-factor authentication; the sign-in waits for the one-time code."""


class ConnectionFailed(HubError):
    """The Hub could not be reached or broke off."""


class DeadlineExceeded(ConnectionFailed):
    """The Hub did not answer within the deadline of the call."""


class UnexpectedAnswer(HubError):
    """The answer is not one that the Hub's API gives."""


class Refused(HubError):
    """The Hub answered with an error status.

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
    """It does not exist, or it is private and this caller may not see it."""


class Conflict(Refused):
    """It exists already, or its state does not allow this."""


class RateLimited(Refused):
    """Too many requests.

    Attributes:
        retry_after: Seconds to wait, when the Hub said so.
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
    """The Hub has a fault of its own."""


def end_with_period(quotation: str) -> str:
    """Return what ends with a quotation, with a full stop where what is quoted has none of its own."""
    return quotation if quotation.endswith(('."', '!"', '?"', '…"')) else f"{quotation}."
