"""Build the Prometheus metrics, and load the token that protects them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.http.middleware.metrics import METRICS_TOKEN_ENV

if TYPE_CHECKING:
    from dockerhub_mcp.server.telemetry.prometheus import PrometheusMetrics

_MIN_TOKEN_LENGTH = 24  # characters of a token, as of those that callers bring


def build_metrics(settings: Settings) -> PrometheusMetrics | None:
    """Return the metrics to collect; None without `--metrics`.

    Raises:
        SettingsError: The extra `metrics` is not installed.
    """
    if not settings.metrics:
        return None
    if not is_prometheus_client_installed():
        msg = "--metrics needs prometheus-client: pip install 'dockerhub-mcp[metrics]'"
        raise SettingsError(msg)
    from dockerhub_mcp.server.telemetry.prometheus import PrometheusMetrics  # noqa: PLC0415 - an extra

    return PrometheusMetrics(single_account=settings.identity == "server")


def is_prometheus_client_installed() -> bool:
    """Return whether the extra `metrics` is installed."""
    return find_spec("prometheus_client") is not None


def load_metrics_token(
    settings: Settings, environment: Mapping[str, str], *, requires_authentication: bool
) -> str:
    """Return the bearer token for `/metrics`; empty for none.

    Without a token only this machine may read metrics, and only if every process on it may call the server
    anyway: a server that authenticates callers may have a proxy in front, whose requests are local.

    Raises:
        SettingsError: Other machines could read the metrics, or the token cannot be used.
    """
    if not settings.metrics:
        return ""
    token = environment.get(METRICS_TOKEN_ENV, "").strip()
    if settings.metrics_token_file:
        if token:
            msg = f"--metrics-token-file and {METRICS_TOKEN_ENV} are both set; keep one"
            raise SettingsError(msg)
        token = _read_token_file(settings.metrics_token_file)
    is_private = settings.identity == "server" and is_loopback(settings.host)
    if not token and (requires_authentication or not is_private):
        msg = (
            f"--metrics would tell strangers what callers do: set {METRICS_TOKEN_ENV} or --metrics-token-file, "
            "and give Prometheus the same token (authorization: credentials)"
        )
        raise SettingsError(msg)
    if token and len(token) < _MIN_TOKEN_LENGTH:
        msg = (
            f"the token for --metrics must have {_MIN_TOKEN_LENGTH} characters or more: openssl rand -hex 32"
        )
        raise SettingsError(msg)
    return token


def _read_token_file(path: str) -> str:
    try:
        token = expand_home(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "it is no text"
        msg = f"--metrics-token-file names {path}, which cannot be read: {reason}"
        raise SettingsError(msg) from None
    if not token:
        msg = f"--metrics-token-file names {path}, which is empty"
        raise SettingsError(msg)
    return token
