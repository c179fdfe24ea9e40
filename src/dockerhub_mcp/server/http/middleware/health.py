"""Answer liveness and readiness probes."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.readiness import ReadinessCheck
from dockerhub_mcp.server.http.responses import require_get, send_json
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent

LIVENESS_PATH, READINESS_PATH = "/healthz", "/readyz"
HUB_PARAMETER = "hub"
"""The query parameter of the readiness check that includes the Hub: `/readyz?hub=1`."""


class HealthMiddleware:
    """Answers `/healthz` and `/readyz`, before the Host check and authentication: probes send neither.

    The server is ready while it serves, even if the Hub cannot be reached: calls then say so, which helps an
    agent more than a server that load balancers have removed.

    Args:
        app: The next application.
        readiness: Checks whether the Hub can be reached, where a probe asks for it.
        shutdown_event: Makes the server not ready as soon as a shutdown begins.
    """

    def __init__(self, app: ASGIApp, *, readiness: ReadinessCheck, shutdown_event: ShutdownEvent) -> None:
        self._app, self._readiness, self._shutdown_event = app, readiness, shutdown_event

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a probe with 200, or 503 and the reason; pass on every other request.

        Raises:
            HTTPRejection: 405 for another method than GET.
        """
        if scope["path"] not in {LIVENESS_PATH, READINESS_PATH}:
            await self._app(scope, receive, send)
            return
        require_get(scope)
        reason = await self._find_failure_reason(scope) if scope["path"] == READINESS_PATH else ""
        body = {"status": "not ready", "reason": reason} if reason else {"status": "ok"}
        await send_json(send, 503 if reason else 200, body)

    async def _find_failure_reason(self, scope: Scope) -> str:
        if self._shutdown_event.is_draining:
            return "the server is about to stop"
        if _includes_hub(scope):
            return await self._readiness.get_failure_reason()
        return ""


def _includes_hub(scope: Scope) -> bool:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return query.get(HUB_PARAMETER, ["0"])[-1].lower() in {"1", "true"}
