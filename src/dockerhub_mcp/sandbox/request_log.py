"""A log of the requests that a sandbox received."""

from dataclasses import dataclass, field

MAX_ENTRIES = 10_000
LOGIN_PATHS = {"/v2/auth/token", "/v2/users/login", "/v2/users/2fa-login"}


@dataclass(frozen=True)
class RecordedRequest:
    """A request to the Hub or the registry, without secrets and body."""

    method: str
    path: str
    """The path as it was sent, still percent-encoded."""
    query: str
    user: str | None
    auth_scheme: str | None
    """The scheme of the Authorization header, `other` for an unknown one, None without the header."""
    is_registry: bool = False
    """Whether the request was sent to the registry, its token service or its blob store."""


@dataclass
class RequestLog:
    """The last 10,000 requests, oldest first, and the number of logins."""

    entries: list[RecordedRequest] = field(default_factory=list)
    login_count: int = 0

    def record(self, request: RecordedRequest) -> None:
        """Append a request, and drop the oldest one when the log is full."""
        self.entries.append(request)
        del self.entries[:-MAX_ENTRIES]
        if request.method == "POST" and request.path in LOGIN_PATHS:
            self.login_count += 1
