"""Count messages, calls and requests to the Hub for Prometheus.

Requires the extra `metrics` (prometheus-client), so it is imported only with `--metrics`.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from dockerhub_mcp import __version__
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.registry.addresses import REGISTRY_ROUTES
from dockerhub_mcp.server.telemetry.observers import (
    OTHER,
    CompletedMessage,
    OnMessageEnd,
    ReceivedMessage,
)
from dockerhub_mcp.tools.catalog.index import load_routes

_CALL_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)  # seconds
_HUB_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)  # seconds

_HUB_STATUSES = frozenset(
    (200, 201, 202, 204, 301, 302, 307, 308, 400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 502, 503, 504)
)


class PrometheusMetrics:
    """The server's metrics, in a registry of their own.

    Label values are taken from fixed sets; anything else is counted as `other`, so that clients cannot create
    series.

    Args:
        single_account: Whether all calls use one Docker account; its rate limit is then reported.
    """

    content_type = prometheus_client.exposition.CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self, *, single_account: bool = True) -> None:
        # The flag is global to the process, and nothing else in it uses prometheus-client.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._single_account = single_account
        self._routes = REGISTRY_ROUTES | load_routes()
        self._calls = self._create_counter(
            "calls",
            "Tool calls by outcome: ok, error (reported to the agent), asked (waits for confirmation), "
            "refused (no such call), fault (of this server), cancelled.",
            ("tool", "outcome"),
        )
        self._call_duration = self._create_histogram(
            "call_duration_seconds",
            "Duration of tool calls, measured by this server.",
            _CALL_BUCKETS,
            ("tool",),
        )
        self._messages = self._create_counter(
            "messages", "MCP requests and notifications received.", ("method",)
        )
        self._hub_requests = self._create_counter(
            "hub_requests",
            "Requests to the Hub by route and response status; none if there was no response.",
            ("method", "route", "status"),
        )
        self._hub_duration = self._create_histogram(
            "hub_request_duration_seconds", "Duration of requests to the Hub.", _HUB_BUCKETS
        )
        self._hub_retries = self._create_counter("hub_retries", "Requests to the Hub that were retries.")
        self._cache_hits = self._create_counter("cache_hits", "Calls answered from the result cache.")
        self._paginations_cut_short = self._create_counter(
            "walks_cut_short", "Paginations that ended early with a partial result."
        )
        self._rejections = self._create_counter(
            "refusals",
            "HTTP requests that were rejected, by status: 401 and 403 for authentication and authorization, "
            "421 for an unknown Host, 429 and 503 for exceeded limits.",
            ("status",),
        )
        self._calls_in_flight = self._create_gauge("calls_in_flight", "Tool calls under way.")
        self._sessions = self._create_gauge("sessions", "Open sessions of streamable HTTP (--sessions).")
        self._streams = self._create_gauge(
            "streams", "Open streams: HTTP+SSE sessions, and GET requests that listen for messages."
        )
        self._identities = self._create_gauge(
            "identities", "Docker accounts that requests brought and that are cached."
        )
        self._rate_limit, self._rate_limit_remaining = (
            Gauge(
                f"dockerhub_mcp_hub_rate_limit_{name}",
                f"The Hub's rate limit per minute, as last reported: {name}.",
                registry=None,
            )
            for name in ("limit", "remaining")
        )
        self._has_rate_limit = False
        ProcessCollector(registry=self._registry)
        self._create_gauge(
            "build_info", "Versions of this server; always 1.", ("version", "python", "mcp_sdk")
        ).labels(__version__, platform.python_version(), version("mcp")).set(1)

    def _create_counter(self, name: str, description: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"dockerhub_mcp_{name}_total", description, labels, registry=self._registry)

    def _create_gauge(self, name: str, description: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"dockerhub_mcp_{name}", description, labels, registry=self._registry)

    def _create_histogram(
        self, name: str, description: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()
    ) -> Histogram:
        return Histogram(
            f"dockerhub_mcp_{name}", description, labels, buckets=buckets, registry=self._registry
        )

    def observe_open_resources(
        self, *, sessions: Callable[[], int], streams: Callable[[], int], accounts: Callable[[], int]
    ) -> None:
        """Report what these functions return at the time of each scrape."""
        self._sessions.set_function(sessions)
        self._streams.set_function(streams)
        self._identities.set_function(accounts)

    def observe_store(self, is_available: Callable[[], bool]) -> None:
        """Report whether the store that replicas share is available, at the time of each scrape."""
        gauge = self._create_gauge(
            "store_up", "Whether the store that replicas share carried out the last command: 1 or 0."
        )
        gauge.set_function(is_available)

    def on_message_start(self, message: ReceivedMessage) -> OnMessageEnd:
        """Count a message; the returned function counts how it ended."""
        self._messages.labels(message.method).inc()
        if message.method != "tools/call":
            return _ignore_message_end
        self._calls_in_flight.inc()

        def end_call(completed: CompletedMessage) -> None:
            self._calls_in_flight.dec()
            self._calls.labels(message.target, completed.outcome).inc()
            self._call_duration.labels(message.target).observe(completed.seconds)
            if message.request.served_from_cache:
                self._cache_hits.inc()
            if message.request.pagination_error:
                self._paginations_cut_short.inc()

        return end_call

    def on_attempt(self, attempt: RequestAttempt) -> None:
        """Count a request to the Hub, or to its registry."""
        route = (attempt.verb, attempt.path_template)
        verb, path = route if route in self._routes else (OTHER, OTHER)
        status = "none" if attempt.status is None else str(attempt.status)
        if attempt.status is not None and attempt.status not in _HUB_STATUSES:
            status = OTHER
        self._hub_requests.labels(verb, path, status).inc()
        self._hub_duration.observe(attempt.duration)
        if attempt.attempt_number > 1:
            self._hub_retries.inc()
        if attempt.rate_limit is not None and self._single_account:
            self._record_rate_limit(attempt.rate_limit.limit, attempt.rate_limit.remaining)

    def record_rejection(self, status: int) -> None:
        """Count an HTTP request that was rejected."""
        self._rejections.labels(str(status)).inc()

    def render_text(self) -> bytes:
        """Return all metrics in Prometheus's text format 0.0.4."""
        return prometheus_client.generate_latest(self._registry)

    def _record_rate_limit(self, limit: int, remaining: int) -> None:
        self._rate_limit.set(limit)
        self._rate_limit_remaining.set(remaining)
        if not self._has_rate_limit:
            # Not reported before it is known: 0 would look like an exhausted limit.
            self._has_rate_limit = True
            self._registry.register(self._rate_limit)
            self._registry.register(self._rate_limit_remaining)


def _ignore_message_end(_: CompletedMessage) -> None:
    """Count nothing further."""
