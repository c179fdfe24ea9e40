"""Load and start the SDK when the first request needs it.

Plain requests do not, so a server that gets no others saves the SDK's memory and the time to load it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.middleware.concurrency_limit import ConcurrencyLimiter

if TYPE_CHECKING:  # loads the SDK
    from mcp.server.lowlevel import Server

    from dockerhub_mcp.server.http.sdk_endpoints import SDKEndpoints


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionConfig:
    """Limits of the SDK's sessions.

    Attributes:
        sessions: Whether clients of protocol 2025-11-25 and earlier get sessions.
        max_sessions: The most sessions at a time.
        session_timeout: Seconds of inactivity after which a session ends.
    """

    sessions: bool
    max_sessions: int
    session_timeout: float


class DeferredSDK:
    """The SDK's transports, which are loaded with the first request that is passed to one of them.

    Args:
        create_server: Creates the MCP server; called once, in a worker thread.
        config: Limits of the sessions.
        call_limiter: Counts the calls of HTTP+SSE.
    """

    def __init__(
        self,
        create_server: Callable[[], Server[Any]],
        config: SessionConfig,
        call_limiter: ConcurrencyLimiter,
    ) -> None:
        self._create_server, self._config, self._call_limiter = create_server, config, call_limiter
        self._endpoints: SDKEndpoints | None = None
        self._lock = anyio.Lock()
        self._loaded, self._started = anyio.Event(), anyio.Event()
        self.streamable_http = self._defer(lambda endpoints: endpoints.streamable_http)
        self.open_stream = self._defer(lambda endpoints: endpoints.open_stream)
        self.post_message = self._defer(lambda endpoints: endpoints.post_message)

    @property
    def open_sessions(self) -> int:
        """The number of sessions."""
        return 0 if self._endpoints is None else self._endpoints.open_sessions

    def is_open_session(self, session_id: str) -> bool:
        """Return whether a session is open."""
        return self._endpoints is not None and self._endpoints.is_open_session(session_id)

    async def run(self) -> None:
        """Run the SDK's tasks, from the first request that needs it until this is cancelled."""
        await self._loaded.wait()
        if self._endpoints is not None:
            async with self._endpoints.session_manager.run():
                self._started.set()
                await anyio.sleep_forever()

    def _defer(self, select: Callable[[SDKEndpoints], ASGIApp]) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            endpoints = self._endpoints
            if endpoints is None or not self._started.is_set():
                endpoints = await self._start()
            await select(endpoints)(scope, receive, send)

        return serve

    async def _start(self) -> SDKEndpoints:
        """Load the SDK in a thread, so that plain requests are served meanwhile; others wait for it."""
        async with self._lock:
            if self._endpoints is None:
                self._endpoints = await to_thread.run_sync(self._load)
                self._loaded.set()
        await self._started.wait()
        return self._endpoints

    def _load(self) -> SDKEndpoints:
        from dockerhub_mcp.server.http.sdk_endpoints import SDKEndpoints  # noqa: PLC0415 - see above

        return SDKEndpoints(
            self._create_server(),
            sessions=self._config.sessions,
            max_sessions=self._config.max_sessions,
            session_timeout=self._config.session_timeout,
            call_limiter=self._call_limiter,
        )
