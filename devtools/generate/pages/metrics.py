"""List the Prometheus metrics for docs/telemetry.md, from what the server itself reports."""

from __future__ import annotations

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from devtools.generate.markdown import escape_cell
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.server.telemetry.observers import CompletedMessage, ReceivedMessage
from dockerhub_mcp.server.telemetry.prometheus import PrometheusMetrics
from dockerhub_mcp.tools.request_context import RequestState


def render_metrics() -> str:
    """Return a table of the metrics, in the order in which the server reports them."""
    text = _collect_every_metric().render_text().decode()
    lines = ["| Name | Kind | Labels | Meaning |", "| --- | --- | --- | --- |"]
    for metric in text_string_to_metric_families(text):
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        labels = ", ".join(f"`{label}`" for label in _list_labels(metric))
        lines.append(f"| `{name}` | {metric.type} | {labels} | {escape_cell(metric.documentation)} |")
    return "\n".join(lines) + "\n"


def _collect_every_metric() -> PrometheusMetrics:
    """Return metrics that have counted one event of each kind, because labels show in samples only."""
    metrics = PrometheusMetrics()
    metrics.observe_store(lambda: True)
    message = ReceivedMessage(
        request=RequestState(),
        method="tools/call",
        target="get_tag",
        message_id="1",
        protocol_version="2026-07-28",
        session_id="",
        is_http=True,
        trace_context={},
        http_trace_context={},
    )
    metrics.on_message_start(message)(CompletedMessage("ok", 0, 0.1))
    attempt = RequestAttempt(None, "GET", "/v2/orgs/{org_name}/members", "", 1)
    attempt.rate_limit = RateLimit(limit=600, remaining=599, resets_at=None)
    metrics.on_attempt(attempt)
    metrics.record_rejection(401)
    return metrics


def _list_labels(metric: Metric) -> list[str]:
    return [label for label in metric.samples[0].labels if label != "le"]
