"""OpenTelemetry: a span for each message of a client, one below it for each request to the Hub, two metrics.

Names and buckets follow the semantic conventions for MCP and for HTTP clients. Nothing that a caller made up
is written down, be it an argument, a result, an error text or the name of a tool that does not exist, and
nothing of a trace goes to the Hub. This module is loaded only where it is wanted
(`server/telemetry/otel_config.py`).
"""

from __future__ import annotations

import hashlib
import logging
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from urllib.parse import urlsplit

from opentelemetry import context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.metrics import Histogram
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter, MetricReader
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader as PeriodicReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import Link, SpanKind, StatusCode

from dockerhub_mcp import __version__
from dockerhub_mcp.hub.redaction import Redactor, plain
from dockerhub_mcp.hub.transport.events import Attempt
from dockerhub_mcp.server.telemetry.instrumentation import Asked, Done, Served
from dockerhub_mcp.server.telemetry.otel_config import Exporters

logger = logging.getLogger(__name__)

CALL_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
"""Seconds, as the conventions for MCP have them."""
HUB_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Seconds, as the conventions for HTTP clients have them."""

LAST_WORDS = 1.5
"""Seconds that what is left may take to leave when the program ends; a collector may be dead."""
_QUIET = 300.0  # seconds in which trouble of one kind is told once
_PLAIN_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)

Attributes = dict[str, str | int | bool]


def start(exporters: Exporters) -> Telemetry | None:
    """Start what is wanted in this process, which must not fork any more; None where nothing is."""
    if not (exporters.traces or exporters.metrics):
        return None
    complaints = _Complaints(exporters.secrets)
    try:
        processors = [BatchSpanProcessor(_span_exporter(name)) for name in exporters.traces]
        readers = [PeriodicReader(_metric_exporter(name)) for name in exporters.metrics]
    except Exception as error:  # noqa: BLE001 - whatever it is, the server has its work to do without
        said = complaints.redact(plain(str(error), 200))
        logger.warning("OpenTelemetry cannot be set up; going on without", extra={"reason": said})
        return None
    return Telemetry(processors, readers)


def _span_exporter(name: str) -> SpanExporter:
    if name == "console":
        return ConsoleSpanExporter(out=sys.stderr)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    return OTLPSpanExporter()


def _metric_exporter(name: str) -> MetricExporter:
    if name == "console":
        return ConsoleMetricExporter(out=sys.stderr)
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415

    return OTLPMetricExporter()


def _resource() -> Resource:
    """Say what this is; the variables may say it better. Each process is an instance of its own."""
    ours = {
        "service.name": "dockerhub-mcp",
        "service.version": __version__,
        "service.instance.id": str(uuid.uuid4()),
    }
    return Resource.create({**ours, **OTELResourceDetector().detect().attributes})


class Telemetry:
    """Watches, and writes spans and metrics. It has providers of its own, and leaves the global ones alone.

    Args:
        processors: What becomes of spans.
        readers: What becomes of metrics.
    """

    def __init__(
        self,
        processors: Sequence[SpanProcessor] = (),
        readers: Sequence[MetricReader] = (),
    ) -> None:
        resource = _resource()
        self._tracing = TracerProvider(resource=resource, shutdown_on_exit=False) if processors else None
        self._metering = MeterProvider(readers, resource, shutdown_on_exit=False) if readers else None
        name = "dockerhub_mcp"
        self._tracer: trace.Tracer = trace.NoOpTracer()
        if self._tracing is not None:
            for processor in processors:
                self._tracing.add_span_processor(processor)
            self._tracer = self._tracing.get_tracer(name, __version__)
        self._calls: Histogram | None = None
        self._requests: Histogram | None = None
        if self._metering is not None:
            meter = self._metering.get_meter(name, __version__)
            self._calls = meter.create_histogram(
                "mcp.server.operation.duration",
                "s",
                "How long a request or notification of MCP took, as the server saw it.",
                explicit_bucket_boundaries_advisory=CALL_BUCKETS,
            )
            self._requests = meter.create_histogram(
                "http.client.request.duration",
                "s",
                "How long a request to the Hub took.",
                explicit_bucket_boundaries_advisory=HUB_BUCKETS,
            )

    def begin(self, asked: Asked) -> Done:
        """Begin the span of a message, in which the requests to the Hub will stand."""
        common = _common(asked)
        parent, links = _parent(asked)
        name = f"{asked.method} {asked.target}" if asked.target else asked.method
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, {**common, **_particular(asked)}, links)
        token = context.attach(trace.set_span_in_context(span, parent))

        def done(served: Served) -> None:
            context.detach(token)
            failure = _failure(served)
            if failure:
                span.set_attributes(failure)
                span.set_status(StatusCode.ERROR)
            if asked.request.cached:
                span.set_attribute("dockerhub_mcp.cached", value=True)
            if asked.request.cut_short:
                span.set_attribute("dockerhub_mcp.cut_short", asked.request.cut_short)
            span.end()
            if self._calls is not None:
                self._calls.record(served.seconds, {**common, **failure})

        return done

    def attempted(self, attempt: Attempt) -> None:
        """Write down a request to the Hub, below the message that it was made for."""
        attributes: Attributes = {"http.request.method": attempt.verb, **_server(attempt.base_url)}
        if attempt.route:
            attributes["url.template"] = attempt.route
        if attempt.status is not None:
            attributes["http.response.status_code"] = attempt.status
        if attempt.failure:
            attributes["error.type"] = attempt.failure
        elif attempt.status is not None and attempt.status >= 400:  # noqa: PLR2004
            attributes["error.type"] = str(attempt.status)
        if self._requests is not None:
            self._requests.record(attempt.seconds, attributes)
        resent: Attributes = {"http.request.resend_count": attempt.number - 1} if attempt.number > 1 else {}
        span = self._tracer.start_span(
            f"{attempt.verb} {attempt.route}".rstrip(),
            kind=SpanKind.CLIENT,
            attributes={**attributes, **resent},
            start_time=attempt.begun,
        )
        if "error.type" in attributes:
            span.set_status(StatusCode.ERROR)
        span.end(attempt.begun + int(attempt.seconds * 1e9))

    def close(self) -> None:
        """Send what is left, for a moment; what a collector does not take by then is lost."""
        ends: list[Callable[[], None]] = []
        if self._tracing is not None:
            ends.append(self._tracing.shutdown)
        if self._metering is not None:
            ends.append(self._metering.shutdown)
        # In threads that nobody waits for longer: what they call has deadlines of its own, but longer ones.
        threads = [threading.Thread(target=_quietly, args=(end,), daemon=True) for end in ends]
        until = time.monotonic() + LAST_WORDS
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            logger.warning("the last telemetry was not delivered in time", extra={"seconds": LAST_WORDS})


def _quietly(end: Callable[[], None]) -> None:
    with suppress(Exception):
        end()


@cache
def _server(base_url: str) -> Attributes:
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {"server.address": parts.hostname or "", "server.port": port, "url.scheme": parts.scheme}


def _common(asked: Asked) -> Attributes:
    """Return what both the span and the metric say of a message."""
    said: Attributes = {
        "mcp.method.name": asked.method,
        "mcp.protocol.version": asked.version,
        "network.transport": "tcp" if asked.over_http else "pipe",
    }
    if asked.over_http:
        said["network.protocol.name"] = "http"
    if asked.method == "tools/call":
        said["gen_ai.operation.name"] = "execute_tool"
        said["gen_ai.tool.name"] = asked.target
    elif asked.target:
        said["gen_ai.prompt.name"] = asked.target
    return said


def _particular(asked: Asked) -> Attributes:
    """Return what the span alone says."""
    said: Attributes = {"dockerhub_mcp.request_id": asked.request.id}
    if _PLAIN_ID.fullmatch(asked.message_id):
        said["jsonrpc.request.id"] = asked.message_id
    if asked.session:
        # Who knows a session's id may try to use it, so a digest stands for it.
        said["mcp.session.id"] = hashlib.sha256(asked.session.encode()).hexdigest()[:16]
    return said


def _failure(served: Served) -> Attributes:
    if served.code:
        return {"error.type": str(served.code), "rpc.response.status_code": str(served.code)}
    if served.outcome in {"ok", "asked"}:
        return {}
    return {"error.type": {"error": "tool_error", "cancelled": "cancelled"}.get(served.outcome, "_OTHER")}


def _parent(asked: Asked) -> tuple[Context, list[Link]]:
    """Return the trace that a message is part of: its own word counts, that of its HTTP request is linked."""
    said, http = (_extracted(found) for found in (asked.trace, asked.http_trace))
    outer = trace.get_current_span(http).get_span_context()
    if not trace.get_current_span(said).get_span_context().is_valid:
        return http, []
    return said, [Link(outer)] if outer.is_valid else []


def _extracted(found: Mapping[str, str]) -> Context:
    with suppress(ValueError, TypeError):
        if found:
            return propagate.extract(found, Context())
    return Context()


class _Complaints(logging.Handler):
    """Passes on what OpenTelemetry says about itself: in one line, seldom, and without what is secret.

    It repeats itself for every batch that a collector does not take, with traces of many lines.
    """

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__(logging.WARNING)
        self.redact = Redactor()
        for secret in secrets:
            self.redact.learn(secret)
        self._told: dict[str, float] = {}
        theirs = logging.getLogger("opentelemetry")
        theirs.propagate = False
        theirs.handlers[:] = [self]

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it, unless something of the kind was told a moment ago."""
        now = time.monotonic()
        if now < self._told.get(record.name, float("-inf")) + _QUIET:
            return
        self._told[record.name] = now
        said = plain(self.redact(record.getMessage()), 200)
        logger.warning("OpenTelemetry has trouble", extra={"said": said, "where": record.name})
