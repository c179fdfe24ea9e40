"""Close connections while the server shuts down, and answer calls that are cut off."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent


class ShutdownMiddleware:
    """Sends `Connection: close` from the start of a shutdown, so that clients reconnect elsewhere.

    Attributes:
        is_cancelled: Whether the server has given up on the calls under way and cancels them.
    """

    def __init__(self, app: ASGIApp, shutdown_event: ShutdownEvent) -> None:
        self._app = app
        self._shutdown_event = shutdown_event
        self.is_cancelled = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a cancelled one that has no response yet is answered with 503."""
        started = False

        async def send_with_close(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                if self._shutdown_event.is_draining:
                    others = [each for each in message.get("headers", ()) if each[0].lower() != b"connection"]
                    message = {**message, "headers": [*others, (b"connection", b"close")]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_close)
        except (asyncio.CancelledError, Exception):
            if not self.is_cancelled:
                raise
            # The cancellation is deliberate and the traceback would say nothing, so it is not logged.
            if not started:
                body = b"The server stopped before it could answer this request."
                length = str(len(body)).encode()
                headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length)]
                await send_with_close({"type": "http.response.start", "status": 503, "headers": headers})
                await send({"type": "http.response.body", "body": body})
