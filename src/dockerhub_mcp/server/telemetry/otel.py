"""Export OpenTelemetry spans and metrics of MCP messages and of requests to the Hub.

Names and buckets follow the semantic conventions for MCP and for HTTP clients. No attribute contains client
input, whether an argument, a result, an error message or the name of an unknown tool, and no trace context is
sent to the Hub. Requires the extra `otel`, so `otel_config` imports this module only if it is used.
"""

from __future__ import annotations

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
from dockerhub_mcp.hub.digests import digest_identifier
from dockerhub_mcp.hub.redaction import Redactor, mask_user_info, to_single_line
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.server.telemetry.observers import CompletedMessage, OnMessageEnd, ReceivedMessage
from dockerhub_mcp.server.telemetry.otel_exporters import Exporters

logger = logging.getLogger(__name__)

OPERATION_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
"""Seconds, as in the conventions for MCP."""
HUB_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Seconds, as in the conventions for HTTP clients."""

SHUTDOWN_TIMEOUT = 1.5
"""Seconds for the last export when the program ends; the collector may be unreachable."""
_LOG_INTERVAL = 300.0  # seconds between two reports of the same kind of problem
_SAFE_ID_PATTERN = re.compile(r"[\w.:-]{1,64}", re.ASCII)

Attributes = dict[str, str | int | bool]


def start_telemetry(exporters: Exporters) -> Telemetry | None:
    """Start exporting.

    Returns:
        None if there are no exporters, or if they cannot be set up, which is logged.
    """
    if not (exporters.traces or exporters.metrics):
        return None
    log_handler = _SDKLogHandler(exporters.secrets)
    try:
        processors = [BatchSpanProcessor(_create_span_exporter(name)) for name in exporters.traces]
        readers = [PeriodicReader(_create_metric_exporter(name)) for name in exporters.metrics]
    except Exception as error:  # noqa: BLE001 - the server must start without telemetry
        reason = to_single_line(log_handler.redact(str(error)), 200)
        logger.warning("OpenTelemetry cannot be set up; continuing without it", extra={"reason": reason})
        return None
    return Telemetry(processors, readers)


def _create_span_exporter(name: str) -> SpanExporter:
    if name == "console":
        return ConsoleSpanExporter(out=sys.stderr)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    return OTLPSpanExporter()


def _create_metric_exporter(name: str) -> MetricExporter:
    if name == "console":
        return ConsoleMetricExporter(out=sys.stderr)
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415

    return OTLPMetricExporter()


def _create_resource() -> Resource:
    """Return the attributes of this process; the `OTEL_*` variables override the defaults."""
    defaults = {
        "service.name": "dockerhub-mcp",
        "service.version": __version__,
        "service.instance.id": str(uuid.uuid4()),
    }
    return Resource.create({**defaults, **OTELResourceDetector().detect().attributes})


class Telemetry:
    """Observes messages and requests, and records spans and metrics.

    It uses providers of its own instead of the global ones.

    Args:
        processors: Process the spans.
        readers: Read the metrics.
    """

    def __init__(
        self,
        processors: Sequence[SpanProcessor] = (),
        readers: Sequence[MetricReader] = (),
    ) -> None:
        resource = _create_resource()
        self._tracer_provider = (
            TracerProvider(resource=resource, shutdown_on_exit=False) if processors else None
        )
        self._meter_provider = MeterProvider(readers, resource, shutdown_on_exit=False) if readers else None
        name = "dockerhub_mcp"
        self._tracer: trace.Tracer = trace.NoOpTracer()
        if self._tracer_provider is not None:
            for processor in processors:
                self._tracer_provider.add_span_processor(processor)
            self._tracer = self._tracer_provider.get_tracer(name, __version__)
        self._operation_duration: Histogram | None = None
        self._request_duration: Histogram | None = None
        if self._meter_provider is not None:
            meter = self._meter_provider.get_meter(name, __version__)
            self._operation_duration = meter.create_histogram(
                "mcp.server.operation.duration",
                "s",
                "Duration of an MCP request or notification, measured by the server.",
                explicit_bucket_boundaries_advisory=OPERATION_BUCKETS,
            )
            self._request_duration = meter.create_histogram(
                "http.client.request.duration",
                "s",
                "Duration of a request to the Hub.",
                explicit_bucket_boundaries_advisory=HUB_BUCKETS,
            )

    def on_message_start(self, message: ReceivedMessage) -> OnMessageEnd:
        """Start the span of a message, which becomes the parent of its requests to the Hub."""
        common = _build_common_attributes(message)
        parent, links = _resolve_parent(message)
        name = f"{message.method} {message.target}" if message.target else message.method
        span = self._tracer.start_span(
            name, parent, SpanKind.SERVER, {**common, **_build_span_attributes(message)}, links
        )
        token = context.attach(trace.set_span_in_context(span, parent))

        def end_message(completed: CompletedMessage) -> None:
            context.detach(token)
            failure = _build_error_attributes(completed)
            if failure:
                span.set_attributes(failure)
                span.set_status(StatusCode.ERROR)
            if message.request.served_from_cache:
                span.set_attribute("dockerhub_mcp.cached", value=True)
            if message.request.pagination_error:
                span.set_attribute("dockerhub_mcp.cut_short", message.request.pagination_error)
            span.end()
            if self._operation_duration is not None:
                self._operation_duration.record(completed.seconds, {**common, **failure})

        return end_message

    def on_attempt(self, attempt: RequestAttempt) -> None:
        """Record a request to the Hub as a child of the current message."""
        attributes: Attributes = {
            "http.request.method": attempt.verb,
            **_build_server_attributes(attempt.base_url),
        }
        if attempt.path_template:
            attributes["url.template"] = attempt.path_template
        if attempt.status is not None:
            attributes["http.response.status_code"] = attempt.status
        if attempt.error_type:
            attributes["error.type"] = attempt.error_type
        elif attempt.status is not None and attempt.status >= 400:  # noqa: PLR2004
            attributes["error.type"] = str(attempt.status)
        if self._request_duration is not None:
            self._request_duration.record(attempt.duration, attributes)
        resend_count: Attributes = (
            {"http.request.resend_count": attempt.attempt_number - 1} if attempt.attempt_number > 1 else {}
        )
        span = self._tracer.start_span(
            f"{attempt.verb} {attempt.path_template}".rstrip(),
            kind=SpanKind.CLIENT,
            attributes={**attributes, **resend_count},
            start_time=attempt.started_at_ns,
        )
        if "error.type" in attributes:
            span.set_status(StatusCode.ERROR)
        span.end(attempt.started_at_ns + int(attempt.duration * 1e9))

    def close(self) -> None:
        """Export what is left within `SHUTDOWN_TIMEOUT`; the rest is lost."""
        shutdowns: list[Callable[[], None]] = []
        if self._tracer_provider is not None:
            shutdowns.append(self._tracer_provider.shutdown)
        if self._meter_provider is not None:
            shutdowns.append(self._meter_provider.shutdown)
        # In daemon threads, because the SDK's own timeouts are longer.
        threads = [threading.Thread(target=_run_quietly, args=(each,), daemon=True) for each in shutdowns]
        deadline = time.monotonic() + SHUTDOWN_TIMEOUT
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            logger.warning(
                "the last telemetry was not delivered in time", extra={"seconds": SHUTDOWN_TIMEOUT}
            )


def _run_quietly(function: Callable[[], None]) -> None:
    with suppress(Exception):
        function()


@cache
def _build_server_attributes(base_url: str) -> Attributes:
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {"server.address": parts.hostname or "", "server.port": port, "url.scheme": parts.scheme}


def _build_common_attributes(message: ReceivedMessage) -> Attributes:
    """Return the attributes of both the span and the metric of a message."""
    attributes: Attributes = {
        "mcp.method.name": message.method,
        "mcp.protocol.version": message.protocol_version,
        "network.transport": "tcp" if message.is_http else "pipe",
    }
    if message.is_http:
        attributes["network.protocol.name"] = "http"
    if message.method == "tools/call":
        attributes["gen_ai.operation.name"] = "execute_tool"
        attributes["gen_ai.tool.name"] = message.target
    elif message.target:
        attributes["gen_ai.prompt.name"] = message.target
    return attributes


def _build_span_attributes(message: ReceivedMessage) -> Attributes:
    """Return the attributes of the span alone, with too many different values for a metric."""
    attributes: Attributes = {"dockerhub_mcp.request_id": message.request.id}
    if _SAFE_ID_PATTERN.fullmatch(message.message_id):
        attributes["jsonrpc.request.id"] = message.message_id
    if message.session_id:
        attributes["mcp.session.id"] = digest_identifier(message.session_id)
    return attributes


def _build_error_attributes(completed: CompletedMessage) -> Attributes:
    if completed.error_code:
        return {
            "error.type": str(completed.error_code),
            "rpc.response.status_code": str(completed.error_code),
        }
    if completed.outcome in {"ok", "asked"}:
        return {}
    return {"error.type": {"error": "tool_error", "cancelled": "cancelled"}.get(completed.outcome, "_OTHER")}


def _resolve_parent(message: ReceivedMessage) -> tuple[Context, list[Link]]:
    """Return the parent of a message's span, and links to other traces.

    The trace context in the message's `_meta` takes precedence; that of its HTTP request is then linked.
    """
    from_meta = _extract_context(message.trace_context)
    from_http = _extract_context(message.http_trace_context)
    http_span = trace.get_current_span(from_http).get_span_context()
    if not trace.get_current_span(from_meta).get_span_context().is_valid:
        return from_http, []
    return from_meta, [Link(http_span)] if http_span.is_valid else []


def _extract_context(fields: Mapping[str, str]) -> Context:
    with suppress(ValueError, TypeError):
        if fields:
            return propagate.extract(fields, Context())
    return Context()


class _SDKLogHandler(logging.Handler):
    """Shortens what the OpenTelemetry SDK logs: one line per kind of problem and interval, without secrets.

    The SDK logs a long traceback for every batch that a collector does not accept.
    """

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__(logging.WARNING)
        self.redact = Redactor()
        for secret in secrets:
            self.redact.add_secret(secret)
        self._last_logged: dict[str, float] = {}
        sdk_logger = logging.getLogger("opentelemetry")
        sdk_logger.propagate = False
        sdk_logger.handlers[:] = [self]

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record, unless the same logger reported a problem within the interval."""
        now = time.monotonic()
        if now < self._last_logged.get(record.name, float("-inf")) + _LOG_INTERVAL:
            return
        self._last_logged[record.name] = now
        message = to_single_line(mask_user_info(self.redact(record.getMessage())), 200)
        logger.warning("OpenTelemetry reports a problem", extra={"said": message, "where": record.name})
