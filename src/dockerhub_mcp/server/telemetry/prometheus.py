"""Numbers for Prometheus at `/metrics`: what is counted, and who may read it.

They tell which tools are used and how often, so they are not for strangers: where a token for them is set,
for whoever brings it, and otherwise for this machine alone, where everybody may call the server anyway.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import platform
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version

import anyio
from mcp_types.methods import SPEC_CLIENT_METHODS, SPEC_CLIENT_NOTIFICATION_METHODS
from starlette.datastructures import Headers
from starlette.types import Scope, Send

from dockerhub_mcp import __version__
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.server.http.auth.throttle import Throttle
from dockerhub_mcp.server.http.middleware.host_check import HostOriginPolicy
from dockerhub_mcp.server.http.responses import HTTPRejection
from dockerhub_mcp.server.telemetry.instrumentation import (
    OUTCOMES,
    CompletedMessage,
    OnMessageEnd,
    ReceivedMessage,
)
from dockerhub_mcp.server.telemetry.process_stats import render_process_metrics
from dockerhub_mcp.server.telemetry.shared_counters import OTHER, Board, Family, heading, line
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS

METRICS_PATH = "/metrics"
METRICS_TOKEN_ENV = "DOCKERHUB_MCP_METRICS_TOKEN"
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_OURS = "dockerhub_mcp_"
_LOOK = 5.0  # seconds between looks at what is open

_TOOLS = (*(tool.name for tool in ALL_TOOLS), OTHER)
_ROUTES = (
    *dict.fromkeys(
        (method.http.verb, method.http.path_template) for tool in ALL_TOOLS for method in tool.methods
    ),
    (OTHER, OTHER),
)
_STATUSES = (
    200,
    201,
    202,
    204,
    301,
    302,
    307,
    308,
    400,
    401,
    403,
    404,
    405,
    409,
    410,
    422,
    429,
    500,
    502,
    503,
    504,
)
_ANSWERS = (*map(str, _STATUSES), "none", OTHER)
_REFUSALS = (400, 401, 403, 404, 405, 406, 408, 411, 413, 415, 421, 429, 500, 503)

CALLS = Family(
    f"{_OURS}calls_total",
    "counter",
    "Tool calls by what came of them: ok, error (told to the agent), asked (a person first), refused "
    "(no such call), fault (of this server), cancelled.",
    ("tool", "outcome"),
    tuple((tool, outcome) for tool in _TOOLS for outcome in OUTCOMES),
)
DURATION = Family(
    f"{_OURS}call_duration_seconds",
    "histogram",
    "How long tool calls took, as this server saw it.",
    ("tool",),
    tuple((tool,) for tool in _TOOLS),
    (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300),
)
MESSAGES = Family(
    f"{_OURS}messages_total",
    "counter",
    "Requests and notifications of MCP.",
    ("method",),
    tuple((name,) for name in sorted({*SPEC_CLIENT_METHODS, *SPEC_CLIENT_NOTIFICATION_METHODS, OTHER})),
)
HUB_REQUESTS = Family(
    f"{_OURS}hub_requests_total",
    "counter",
    "Requests to the Hub by route and the status of the answer; none where there was no answer.",
    ("method", "route", "status"),
    tuple((*route, status) for route in _ROUTES for status in _ANSWERS),
)
HUB_DURATION = Family(
    f"{_OURS}hub_request_duration_seconds",
    "histogram",
    "How long requests to the Hub took.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
)
HUB_RETRIES = Family(f"{_OURS}hub_retries_total", "counter", "Requests to the Hub that were repeats.")
CACHE_HITS = Family(
    f"{_OURS}cache_hits_total", "counter", "Calls answered with what another had read a moment ago."
)
CUT_SHORT = Family(
    f"{_OURS}walks_cut_short_total", "counter", "Walks over pages that ended early, with what they had."
)
REFUSALS = Family(
    f"{_OURS}refusals_total",
    "counter",
    "HTTP requests that were not let in, by status: 401 and 403 for who is not known or may not, 421 for "
    "names, 429 and 503 for too much at once.",
    ("status",),
    tuple((status,) for status in (*map(str, _REFUSALS), OTHER)),
)
IN_FLIGHT = Family(f"{_OURS}calls_in_flight", "gauge", "Calls that are being served.")
SESSIONS = Family(f"{_OURS}sessions", "gauge", "Sessions of streamable HTTP that are open (--sessions).")
STREAMS = Family(
    f"{_OURS}streams", "gauge", "Streams that stay open: sessions of the older SSE, and GETs that listen."
)
IDENTITIES = Family(f"{_OURS}identities", "gauge", "Docker accounts of requests that are kept at the moment.")

_SHOWN = (
    CALLS,
    DURATION,
    MESSAGES,
    HUB_REQUESTS,
    HUB_DURATION,
    HUB_RETRIES,
    CACHE_HITS,
    CUT_SHORT,
    REFUSALS,
    IN_FLIGHT,
    SESSIONS,
    STREAMS,
    IDENTITIES,
)
_PID = Family("pid", "gauge", "")
_LIMIT, _REMAINING, _WHEN = (Family(name, "gauge", "") for name in ("limit", "remaining", "when"))


class Metrics:
    """Counts for all processes of a server. Made before any is split off; each then takes its number.

    Args:
        workers: How many processes there are.
        one_account: Whether all calls use one Docker account, so that there is one rate limit to tell of.
        token: What whoever reads them must bring; empty where nobody from outside can reach the server.
    """

    def __init__(self, *, workers: int = 1, one_account: bool = True, token: str = "") -> None:
        self._board = Board((*_SHOWN, _PID, _LIMIT, _REMAINING, _WHEN), workers)
        self._one_account = one_account
        self._token = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest() if token else None
        self._throttle = Throttle()
        self._gauges: Mapping[Family, Callable[[], int]] = {}

    def take(self, worker: int) -> None:
        """Count for this worker from now on."""
        self._board.take(worker)
        self._board.set(_PID.name, os.getpid())

    def on_message_start(self, message: ReceivedMessage) -> OnMessageEnd:
        """Count a message."""
        board = self._board
        board.add(MESSAGES.name, message.method)
        if message.method != "tools/call":
            return _nothing
        board.add(IN_FLIGHT.name)

        def done(served: CompletedMessage) -> None:
            board.add(IN_FLIGHT.name, amount=-1)
            board.add(CALLS.name, message.target, served.outcome)
            board.observe(DURATION, served.seconds, message.target)
            if message.request.served_from_cache:
                board.add(CACHE_HITS.name)
            if message.request.pagination_error:
                board.add(CUT_SHORT.name)

        return done

    def on_attempt(self, attempt: RequestAttempt) -> None:
        """Count a request to the Hub."""
        board = self._board
        status = "none" if attempt.status is None else str(attempt.status)
        board.add(HUB_REQUESTS.name, attempt.verb, attempt.path_template, status)
        board.observe(HUB_DURATION, attempt.duration)
        if attempt.attempt_number > 1:
            board.add(HUB_RETRIES.name)
        if attempt.rate_limit is not None:
            board.set(_LIMIT.name, attempt.rate_limit.limit)
            board.set(_REMAINING.name, attempt.rate_limit.remaining)
            board.set(_WHEN.name, time.time())

    def record_rejection(self, status: int) -> None:
        """Count a request that was not let in."""
        self._board.add(REFUSALS.name, str(status))

    async def watch(self, gauges: Mapping[Family, Callable[[], int]]) -> None:
        """Write down now and then what this process has open, for the others to tell; never returns."""
        self._gauges = gauges
        while True:
            self._look()
            await anyio.sleep(_LOOK)

    def _look(self) -> None:
        for family, number in self._gauges.items():
            self._board.set(family.name, number())

    async def handle_scrape(self, scope: Scope, send: Send, host_policy: HostOriginPolicy) -> None:
        """Show them to somebody who may see them.

        Raises:
            Refusal: Another method than GET, not the right token, or without one a name that is not ours.
        """
        if self._token is None:
            host_policy.check_headers(Headers(scope=scope))  # with one, no web page could get here
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPRejection(405, "Only GET.", {"allow": "GET, HEAD"})
        self._check(scope)
        self._look()
        content = self.text().encode()
        headers = {"content-type": _TYPE, "content-length": str(len(content)), "cache-control": "no-store"}
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": sent})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    def _check(self, scope: Scope) -> None:
        if self._token is None:
            return
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            msg = f"These numbers want a bearer token of their own ({METRICS_TOKEN_ENV} on the server)."
            raise HTTPRejection(401, msg, {"www-authenticate": 'Bearer realm="metrics"'})
        address = (scope.get("client") or ("",))[0]
        brought = hashlib.sha256(token.strip().encode("utf-8", "surrogatepass")).digest()
        wait = self._throttle.retry_after(address, brought)
        if wait is not None:
            msg = "Too many attempts with a wrong token from this address; try again later."
            raise HTTPRejection(429, msg, {"retry-after": str(max(1, round(wait)))})
        if not hmac.compare_digest(brought, self._token):
            self._throttle.record_failure(address)
            msg = "This is not the token that these numbers want."
            raise HTTPRejection(
                401, msg, {"www-authenticate": 'Bearer realm="metrics", error="invalid_token"'}
            )
        self._throttle.record_success(address, brought)

    def text(self) -> str:
        """Return all of it, in Prometheus's text format."""
        board = self._board
        lines = [each for family in _SHOWN for each in board.text(family)]
        rows = range(board.rows)
        if self._one_account:
            latest = max(rows, key=lambda row: board.of_row(row, _WHEN.name))
            if board.of_row(latest, _WHEN.name):
                for name, family in (("limit", _LIMIT), ("remaining", _REMAINING)):
                    full = f"{_OURS}hub_rate_limit_{name}"
                    lines += heading(full, "gauge", f"The Hub's rate limit a minute as it last said: {name}.")
                    lines.append(line(full, {}, board.of_row(latest, family.name)))
        workers = {str(row): int(pid) for row in rows if (pid := board.of_row(row, _PID.name))}
        lines += render_process_metrics(workers)
        lines += heading(f"{_OURS}workers", "gauge", "Processes of this server.")
        lines.append(line(f"{_OURS}workers", {}, len(workers)))
        built = {"version": __version__, "python": platform.python_version(), "mcp_sdk": version("mcp")}
        lines += heading(f"{_OURS}build_info", "gauge", "What runs here; always 1.")
        lines.append(line(f"{_OURS}build_info", built, 1))
        return "\n".join(lines) + "\n"


def _nothing(served: CompletedMessage) -> None:
    """What is not counted any further."""
