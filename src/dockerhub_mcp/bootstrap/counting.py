"""Build the Prometheus metrics."""

from __future__ import annotations

from collections.abc import Mapping

from dockerhub_mcp.bootstrap.http_settings import read_metrics_token
from dockerhub_mcp.config import Settings
from dockerhub_mcp.server.telemetry.prometheus import Metrics


def build_metrics(settings: Settings, environment: Mapping[str, str]) -> Metrics | None:
    """Return the metrics to collect; None without `--metrics`."""
    if not settings.metrics:
        return None
    return Metrics(
        workers=settings.workers,
        one_account=settings.identity == "server",
        token=read_metrics_token(settings, environment),
    )
