"""Describe the HTTP application: its paths, its limits, and what its middleware works with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dockerhub_mcp.server.http.auth.gatekeeper import Gatekeeper
from dockerhub_mcp.server.http.middleware.concurrency_limit import ConcurrencyLimiter
from dockerhub_mcp.server.http.middleware.host_check import HostOriginPolicy
from dockerhub_mcp.server.http.middleware.session_limit import SessionLimiter
from dockerhub_mcp.server.http.middleware.stream_limit import StreamLimiter
from dockerhub_mcp.server.http.readiness import ReadinessCheck
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent

if TYPE_CHECKING:  # the metrics need an extra
    from dockerhub_mcp.server.telemetry.prometheus import PrometheusMetrics


@dataclass(frozen=True, kw_only=True, slots=True)
class HTTPAppConfig:
    """Paths and limits of the HTTP application.

    Attributes:
        path: The path of streamable HTTP; empty to leave it out.
        sessions: Whether clients of protocol 2025-11-25 and earlier get sessions.
        allowed_origins: Origins of the web pages that may call the server, in lower case.
        resource_metadata: The OAuth protected resource metadata; None without OAuth.
        public_url: The URL of streamable HTTP as clients know it; empty to publish no server card.
        requires_token: Whether clients must be configured with a token.
        max_calls: Concurrent calls in total.
        max_calls_per_caller: Concurrent calls of one caller.
        max_sessions: Sessions, and open streams, at a time; one address may have half of them.
        max_sessions_per_caller: Sessions, and open streams, of one caller.
        session_timeout: Seconds of inactivity after which a session ends.
        body_timeout: Seconds for a client to send a request's body.
    """

    path: str = "/mcp"
    sessions: bool = False
    allowed_origins: Sequence[str] = ()
    resource_metadata: dict[str, Any] | None = None
    public_url: str = ""
    requires_token: bool = False
    max_calls: int = 256
    max_calls_per_caller: int = 128
    max_sessions: int = 1000
    max_sessions_per_caller: int = 100
    session_timeout: float = 1800.0
    body_timeout: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class HTTPAppParts:
    """What the middleware works with.

    Attributes:
        host_policy: Checks the Host and Origin headers.
        gatekeeper: Authenticates requests.
        readiness: Checks whether the Hub can be reached, where a probe asks for it.
        shutdown_event: Announces that the server drains or stops.
        metrics: Metrics to count into and to serve; None without `--metrics`.
        metrics_token: The bearer token required to read them; empty for none.
        call_limiter: Counts the calls under way.
        stream_limiter: Counts the open streams.
        session_limiter: Counts the sessions by caller and address; None where there are no sessions.
    """

    host_policy: HostOriginPolicy
    gatekeeper: Gatekeeper
    readiness: ReadinessCheck
    shutdown_event: ShutdownEvent
    metrics: PrometheusMetrics | None
    metrics_token: str
    call_limiter: ConcurrencyLimiter
    stream_limiter: StreamLimiter
    session_limiter: SessionLimiter | None
