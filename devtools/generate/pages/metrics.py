"""The numbers for Prometheus, as a page shows them: from what the server itself says about each."""

from __future__ import annotations

import re

from devtools.generate.markdown import escape_cell
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.server.telemetry import prometheus
from dockerhub_mcp.server.telemetry.shared_counters import Family

_HELP = re.compile(r"^# HELP (\w+) (.+)\n# TYPE \w+ (\w+)$", re.MULTILINE)
_SAMPLE = re.compile(r"^(\w+?)(?:_bucket|_sum|_count)?\{([^}]*)\}", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="')


def render_metrics() -> str:
    """Return a table of the numbers, in their order."""
    counts = prometheus.Metrics()
    counts.take(0)
    attempt = RequestAttempt(None, "GET", "/v2/orgs/{org_name}/members", "", 1)
    attempt.rate_limit = RateLimit(limit=600, remaining=599, resets_at=None)
    counts.on_attempt(attempt)
    text = counts.text()
    labels = {each.name: each.labels for each in vars(prometheus).values() if isinstance(each, Family)}
    for name, found in _SAMPLE.findall(text):
        labels.setdefault(name, tuple(_LABEL.findall(found)))
    lines = ["| Name | Kind | Labels | Meaning |", "| --- | --- | --- | --- |"]
    for name, told, kind in _HELP.findall(text):
        having = ", ".join(f"`{label}`" for label in labels.get(name, ()))
        lines.append(f"| `{name}` | {kind} | {having} | {escape_cell(told)} |")
    return "\n".join(lines) + "\n"
