"""The session of a browser login, which Docker's command line stores beside an access token.

It is the account's own bearer token, with all its rights, and lives about an hour. Docker's command line
renews it; this program only reads it.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.hub.auth.bearer import SESSION_LEEWAY, Bearer, read_expiry

_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session that Docker stored.

    Attributes:
        name: The user name that it is stored with.
        token: The bearer token.
        expires_at: Its expiry, in Unix time.
        location: The file or program that holds it, for messages.
    """

    name: str
    token: str = field(repr=False)
    expires_at: float
    location: str

    @property
    def expiry(self) -> datetime | None:
        """The expiry in UTC; None where it is out of range."""
        try:
            return datetime.fromtimestamp(self.expires_at, UTC)
        except (OverflowError, ValueError, OSError):
            return None

    def is_valid(self) -> bool:
        """Return whether the session is not about to expire."""
        return time.time() < self.expires_at - SESSION_LEEWAY

    def to_bearer(self, *, now: float) -> Bearer:
        """Return the bearer token.

        Args:
            now: The time on the monotonic clock, in seconds.
        """
        return Bearer.from_session(
            self.token, name=self.name, expires_at=self.expires_at, now=now, unix_time=time.time()
        )


def parse_session_output(text: str, *, program: str) -> StoredSession | None:
    """Parse the output of a helper's `get` for a session; None where it holds none.

    Args:
        text: The output.
        program: The name of the helper's executable.
    """
    try:
        output = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(output, dict):
        return None
    return build_session(output.get("Username"), output.get("Secret"), program)


def build_session(name: Any, token: Any, location: str) -> StoredSession | None:
    """Return a session; None where the token is not a JWT with an expiry."""
    if not isinstance(token, str) or not is_jwt(token.strip()):
        return None
    token = token.strip()
    expires_at = read_expiry(token)
    if expires_at is None:
        return None
    return StoredSession(name if isinstance(name, str) else "", token, expires_at, location)


def is_jwt(text: str) -> bool:
    """Return whether a text has the form of a JSON web token."""
    return _JWT.fullmatch(text) is not None
