"""Log unexpected exceptions, and answer with a reference to the log instead of details."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.server.http.middleware.body_limit import ClientDisconnectedError
from dockerhub_mcp.server.http.responses import HTTPRejection
from dockerhub_mcp.server.telemetry.observers import REQUEST_SCOPE_KEY
from dockerhub_mcp.tools.request_context import RequestState

logger = logging.getLogger(__name__)


class UnexpectedErrorMiddleware:
    """Turns an exception into a 500 response that names the request id and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            Exception: The response had begun; the connection must break so that the client notices.
        """
        started = False

        async def send_tracked(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_tracked)
        except ClientDisconnectedError:
            logger.debug("a client disconnected")
        except Exception:
            request: RequestState = scope[REQUEST_SCOPE_KEY]
            logger.exception("a request failed", extra={"request_id": request.id})
            if started:
                raise
            msg = f"Internal server error; the server's log has the details under {request.id}."
            await HTTPRejection(500, msg).send_response(send)
