"""From settings to the numbers for Prometheus, and to whoever may read them."""

from __future__ import annotations

from collections.abc import Mapping

from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.telemetry.prometheus import METRICS_TOKEN_ENV, Metrics

_MIN_TOKEN_LENGTH = 24  # characters of a token, as of those that callers bring


def build_metrics(
    settings: Settings, environment: Mapping[str, str], *, requires_authentication: bool
) -> Metrics | None:
    """Return what counts, where that is wanted.

    Without a token the numbers are for this machine alone, and only where everybody on it may call anyway: a
    server that wants to know its callers may have a proxy in front, which brings strangers from this machine.

    Raises:
        SettingsError: Strangers could read them, or the token cannot be used.
    """
    if not settings.metrics:
        return None
    token = environment.get(METRICS_TOKEN_ENV, "").strip()
    if settings.metrics_token_file:
        if token:
            msg = f"--metrics-token-file and {METRICS_TOKEN_ENV} are both set; keep one"
            raise SettingsError(msg)
        token = _read_token_file(settings.metrics_token_file)
    own = settings.identity == "server"
    if not token and (requires_authentication or not own or not is_loopback(settings.host)):
        msg = (
            f"--metrics would tell strangers what callers do: set {METRICS_TOKEN_ENV} or --metrics-token-file, and give "
            "Prometheus the same token (authorization: credentials)"
        )
        raise SettingsError(msg)
    if token and len(token) < _MIN_TOKEN_LENGTH:
        msg = (
            f"the token for --metrics must have {_MIN_TOKEN_LENGTH} characters or more: openssl rand -hex 32"
        )
        raise SettingsError(msg)
    return Metrics(workers=settings.workers, one_account=own, token=token)


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
