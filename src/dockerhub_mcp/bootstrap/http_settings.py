"""Settings of the HTTP side that contradict one another, or cannot be what somebody meant."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.server.http.middleware.host_check import is_valid_host, is_valid_origin

_PATH_PATTERN = re.compile(r"(?!/\.well-known(/|$))(/[A-Za-z0-9._~-]+)+/?")
_RESERVED_PATHS = frozenset({"/", "/sse", "/messages/", "/healthz", "/readyz", "/metrics"})


def validate_http_settings(settings: Settings) -> None:
    """Refuse what cannot go together.

    Raises:
        SettingsError: One line that says what to set.
    """
    message = _find_conflict(settings) or _find_invalid_address(settings)
    if message:
        raise SettingsError(message)


def _find_conflict(settings: Settings) -> str:
    if bool(settings.tls_cert) != bool(settings.tls_key):
        return "--tls-cert and --tls-key belong together: the certificate chain and its key"
    if settings.identity == "request" and settings.secrets_dir:
        why = "callers with an account of their own (--identity request) cannot read what is there"
        return f"--secrets-dir is on the server, and {why}: leave it out"
    if settings.oauth_issuer and not settings.public_url:
        what = "the address of the MCP endpoint as clients know it, such as https://mcp.example.com/mcp"
        return f"--oauth-issuer needs --public-url, {what}"
    if settings.metrics_token_file and not settings.metrics:
        return "--metrics-token-file says nothing without --metrics"
    if not settings.oauth_issuer and (settings.oauth_audience or settings.oauth_jwks_url):
        return "--oauth-audience and --oauth-jwks-url say nothing without --oauth-issuer"
    return ""


def _find_invalid_address(settings: Settings) -> str:
    if not _PATH_PATTERN.fullmatch(settings.path) or settings.path in _RESERVED_PATHS:
        return (
            f"--path must begin with a slash and be none of the server's other paths, not {settings.path!r}"
        )
    for host in settings.allowed_hosts:
        if not is_valid_host(host):
            return (
                f"--allowed-hosts takes names such as mcp.example.com or mcp.example.com:8443, not {host!r}"
            )
    for origin in settings.allowed_origins:
        if not is_valid_origin(origin):
            return f"--allowed-origins takes origins such as https://app.example.com, not {origin!r}"
    if settings.public_url and not _is_public_url(settings.public_url):
        return (
            f"--public-url takes an address such as https://mcp.example.com/mcp, not {settings.public_url!r}"
        )
    return ""


def _is_public_url(url: str) -> bool:
    """Tell whether a text is an address that clients may be told: no user, no query, nothing to escape."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_whole = re.fullmatch(r"[!-~]+", url) is not None and not set(url) & set('?#"\\')
    return is_whole and parts.scheme in {"http", "https"} and is_valid_host(parts.netloc)
