"""Serve Prometheus metrics at `/metrics`, to the holder of their token or to this machine only."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.auth.throttle import Throttle
from dockerhub_mcp.server.http.headers import get_headers
from dockerhub_mcp.server.http.middleware.host_check import HostOriginPolicy
from dockerhub_mcp.server.http.responses import HTTPRejection, require_get

if TYPE_CHECKING:  # it needs the extra `metrics`
    from dockerhub_mcp.server.telemetry.prometheus import PrometheusMetrics

METRICS_PATH = "/metrics"
METRICS_TOKEN_ENV = "DOCKERHUB_MCP_METRICS_TOKEN"


class MetricsMiddleware:
    """Answers requests for `/metrics`; passes on every other request.

    Metrics reveal which tools are used and how often. With a token they are served to its holder under any
    Host header, because Prometheus may scrape by address. Without a token (which `bootstrap` allows on a
    loopback address only) the Host and Origin checks keep web pages out.

    Args:
        app: The next application.
        metrics: The metrics to serve.
        token: The bearer token required to read them; empty for none.
        host_policy: Checks Host and Origin where no token is required.
    """

    def __init__(
        self, app: ASGIApp, *, metrics: PrometheusMetrics, token: str, host_policy: HostOriginPolicy
    ) -> None:
        self._app, self._metrics, self._host_policy = app, metrics, host_policy
        self._token_digest = _hash_token(token) if token else None
        self._throttle = Throttle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the metrics, or pass the request on.

        Raises:
            HTTPRejection: Wrong method, wrong token, or without a token a foreign Host or Origin.
        """
        if scope["path"] != METRICS_PATH:
            await self._app(scope, receive, send)
            return
        if self._token_digest is None:
            self._host_policy.check_headers(get_headers(scope))
        require_get(scope)
        if self._token_digest is not None:
            self._check_token(scope, self._token_digest)
        content = self._metrics.render_text()
        headers = {
            "content-type": self._metrics.content_type,
            "content-length": str(len(content)),
            "cache-control": "no-store",
        }
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": encoded})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    def _check_token(self, scope: Scope, expected: bytes) -> None:
        scheme, _, token = get_headers(scope).get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            msg = f"Metrics require a bearer token of their own ({METRICS_TOKEN_ENV} on the server)."
            raise HTTPRejection(401, msg, {"www-authenticate": 'Bearer realm="metrics"'})
        address = (scope.get("client") or ("",))[0]
        presented = _hash_token(token.strip())
        wait = self._throttle.retry_after(address, presented)
        if wait is not None:
            msg = "Too many attempts with a wrong token from this address; try again later."
            raise HTTPRejection(429, msg, {"retry-after": str(max(1, round(wait)))})
        if not hmac.compare_digest(presented, expected):
            self._throttle.record_failure(address)
            msg = "This is not the token for the metrics."
            raise HTTPRejection(
                401, msg, {"www-authenticate": 'Bearer realm="metrics", error="invalid_token"'}
            )
        self._throttle.record_success(address, presented)


def _hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
