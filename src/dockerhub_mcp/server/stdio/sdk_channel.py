"""Messages on their way to the SDK, which is loaded when the first of them arrives.

If the SDK cannot be loaded, or its session fails, its requests are answered with errors, and plain requests
are served as before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from dockerhub_mcp.server.json_rpc import is_request_id
from dockerhub_mcp.server.plain.responses import build_internal_error
from dockerhub_mcp.server.stdio.pending import PendingRequests
from dockerhub_mcp.server.stdio.session import StdioSession
from dockerhub_mcp.tools.request_context import RequestState

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

logger = logging.getLogger(__name__)

_MAX_WAITING_LINES = 1024  # while the SDK is loading


class SDKChannel:
    """Passes lines to a session of the SDK.

    Args:
        session: The state of the connection.
        build_server: Loads the SDK and builds the server.
        write_line: Writes a line to the client.
        on_initialized: Called with the protocol version that a handshake with the SDK has agreed on.

    Attributes:
        is_used: Whether a line was passed to the SDK.
        pending: The requests that it has not answered.
    """

    def __init__(
        self,
        session: StdioSession,
        build_server: Callable[[], Server[Any]],
        write_line: Callable[[str], None],
        on_initialized: Callable[[str], None],
    ) -> None:
        self._session, self._build_server = session, build_server
        self._write_line, self._on_initialized = write_line, on_initialized
        self.is_used = False
        self.pending = PendingRequests()
        self._lines, self._waiting_lines = anyio.create_memory_object_stream[bytes](_MAX_WAITING_LINES)
        self._is_needed, self._is_ended = anyio.Event(), anyio.Event()
        self._is_closing = False

    async def send(self, line: bytes) -> None:
        """Pass a line to the SDK."""
        self.is_used = True
        self._is_needed.set()
        self.pending.add_line()
        await self._lines.send(line)

    async def run(self) -> None:
        """Load the SDK when the first line needs it, and pass lines on until `close` is called."""
        await self._is_needed.wait()
        failure_id = RequestState().id
        has_failed = False
        try:
            await self._run_session()
        except Exception:  # also a group of them
            has_failed = True
            logger.exception("the session of the SDK failed", extra={"request_id": failure_id})
        if not (has_failed or self._is_closing):
            has_failed = True
            logger.error("the session of the SDK ended early", extra={"request_id": failure_id})
        if has_failed:
            await self._refuse_all(failure_id)
        self._is_ended.set()

    async def finish(self) -> None:
        """End the session of the SDK, which answers what is left with errors."""
        self._is_closing = True
        self._lines.close()
        if self.is_used:
            await self._is_ended.wait()

    def close(self) -> None:
        """Free what waits for the SDK."""
        self._lines.close()
        self._waiting_lines.close()

    async def _run_session(self) -> None:
        server = await anyio.to_thread.run_sync(self._build_server)
        from dockerhub_mcp.server.stdio.sdk_session import SDKSession  # noqa: PLC0415 - loads the SDK

        session = SDKSession(server, self.pending, self._write_line, self._on_initialized)
        await session.run(self._waiting_lines.clone(), self._session.list_replayed_messages())

    async def _refuse_all(self, failure_id: str) -> None:
        """Answer all requests with errors: those that the session left unanswered, and later ones."""
        for request_id in self.pending.take_requests():
            self._refuse(request_id, failure_id)
        async for line in self._waiting_lines:
            message = self._session.parse_message(line)
            if message is None:
                self._write_line(f'{{"jsonrpc":"2.0","id":null,{build_internal_error(failure_id).text}}}')
            elif "method" in message and is_request_id(message.get("id")):
                self._refuse(message["id"], failure_id)
            self.pending.complete_line()

    def _refuse(self, request_id: str | int, failure_id: str) -> None:
        self._write_line(build_internal_error(failure_id).to_json(request_id))
