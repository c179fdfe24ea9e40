"""Limit the number of sessions that one caller, or one address, keeps open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.server.http.headers import RequestHeaders, get_headers
from dockerhub_mcp.server.http.middleware.fair_share import FairShare, list_shares
from dockerhub_mcp.server.http.responses import HTTPRejection
from dockerhub_mcp.server.protocol import HANDSHAKE_VERSIONS

_SESSION_HEADER = "mcp-session-id"


class SessionLimiter:
    """Counts the open sessions of each caller and address.

    Args:
        max_per_caller: The most sessions of one caller; a further one is rejected with 429.
        max_per_address: The most sessions from one address.
        is_open: Returns whether a session is still open.
        is_full: Returns whether the server has all the sessions that it takes; it then refuses by itself.
    """

    def __init__(
        self,
        *,
        max_per_caller: int,
        max_per_address: int,
        is_open: Callable[[str], bool],
        is_full: Callable[[], bool],
    ) -> None:
        self._limits = max_per_caller, max_per_address
        self._is_open, self._is_full = is_open, is_full
        self._sessions: dict[FairShare, set[str]] = {}
        self._opening: dict[FairShare, int] = {}
        self._sweep_at = 1000

    @contextmanager
    def reserve(self, scope: Scope) -> Iterator[Callable[[str], None]]:
        """Count a session that is being opened; the yielded function records its id.

        Raises:
            HTTPRejection: 429.
        """
        shares = list_shares(scope, *self._limits)
        for share in shares:
            if self._count_open(share) >= share.limit and not self._is_full():
                msg = (
                    f"{share.owner} has reached its limit of {share.limit} open sessions; end one with "
                    "DELETE, or wait until one has been idle for long enough."
                )
                raise HTTPRejection(429, msg, {"retry-after": "5"})
        for share in shares:
            self._opening[share] = self._opening.get(share, 0) + 1

        is_reserved = True

        def release() -> None:
            nonlocal is_reserved
            if not is_reserved:
                return
            is_reserved = False
            for share in shares:
                self._opening[share] -= 1
                if not self._opening[share]:
                    del self._opening[share]

        def record(session_id: str) -> None:
            for share in shares:
                self._sessions.setdefault(share, set()).add(session_id)
            release()  # a session that is open is not counted as being opened as well

        try:
            yield record
        finally:
            release()
            self._sweep()

    def _count_open(self, share: FairShare) -> int:
        known = {session for session in self._sessions.get(share, ()) if self._is_open(session)}
        if known:
            self._sessions[share] = known
        else:
            self._sessions.pop(share, None)
        return len(known) + self._opening.get(share, 0)

    def _sweep(self) -> None:
        """Forget callers and addresses without open sessions, once there are many."""
        if len(self._sessions) > self._sweep_at:
            for share in list(self._sessions):
                self._count_open(share)
            self._sweep_at = max(1000, 2 * len(self._sessions))


class SessionLimitMiddleware:
    """Applies a `SessionLimiter` to requests that open a session."""

    def __init__(self, app: ASGIApp, *, limiter: SessionLimiter, path: str) -> None:
        self._app, self._limiter, self._path = app, limiter, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPRejection: 429.
        """
        headers = get_headers(scope)
        has_sessions = headers.get("mcp-protocol-version") in {None, *HANDSHAKE_VERSIONS}
        is_opening = has_sessions and scope["method"] == "POST" and _SESSION_HEADER not in headers
        if scope["path"] != self._path or not is_opening:
            await self._app(scope, receive, send)
            return
        with self._limiter.reserve(scope) as record:

            async def send_recorded(message: Message) -> None:
                if message["type"] == "http.response.start":
                    session_id = RequestHeaders(message.get("headers", [])).get(_SESSION_HEADER)
                    if session_id:
                        record(session_id)
                await send(message)

            await self._app(scope, receive, send_recorded)
