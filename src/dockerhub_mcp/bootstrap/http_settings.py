"""Check and read the settings of the HTTP server, for `validate` and for the builder in `http`."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from dockerhub_mcp.bootstrap.http_secrets import (
    AUTH_TOKEN_ENV,
    AUTH_TOKENS_ENV,
    PEER_AUTH_TOKEN_ENV,
    load_state_keys,
    load_static_tokens,
    read_metrics_token,
)
from dockerhub_mcp.bootstrap.message_redaction import quote_address
from dockerhub_mcp.bootstrap.store_settings import check_store
from dockerhub_mcp.config import Problem, Settings, SettingsError
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.http.auth import static_tokens
from dockerhub_mcp.server.http.middleware.host_check import is_valid_host, is_valid_origin
from dockerhub_mcp.server.http.middleware.metrics import METRICS_TOKEN_ENV
from dockerhub_mcp.server.http.runtime.listener import ListenConfig, validate_trusted_proxies
from dockerhub_mcp.server.http.runtime.tls import create_ssl_context
from dockerhub_mcp.tools.access import Access

_MIN_TOKEN_LENGTH = 24  # characters, as for the tokens of callers
_PATH_PATTERN = re.compile(r"(/[A-Za-z0-9._~-]+)+/?")
_RESERVED_PATHS = ("", "/sse", "/messages", "/healthz", "/readyz", "/metrics")
"""The paths of the server itself, without a slash at the end."""


def check_http(
    settings: Settings, environment: Mapping[str, str], *, has_credentials: bool
) -> Iterator[Problem]:
    """Check everything that only an HTTP server needs.

    Args:
        settings: The settings.
        environment: The environment variables.
        has_credentials: Whether an account is configured for the server itself.
    """
    yield from check_combinations(settings)
    yield from check_addresses(settings)
    yield from _check_readable(settings, environment)
    yield from _check_authentication(settings, environment, has_credentials=has_credentials)
    yield from _check_metrics(settings, environment)
    yield from check_store(settings, environment)
    yield from check_encryption(settings)


def check_combinations(settings: Settings) -> Iterator[Problem]:
    """Report settings that exclude or need one another."""
    if bool(settings.tls_cert) != bool(settings.tls_key):
        yield Problem(
            "--tls-cert", "--tls-cert and --tls-key belong together: the certificate chain and its key"
        )
    if settings.identity == "request" and settings.secrets_dir:
        yield Problem(
            "--secrets-dir",
            "--secrets-dir is on the server, where callers with an account of their own (--identity request) "
            "cannot read the files",
            "leave it out",
        )
    if settings.oauth_issuer and not settings.public_url:
        yield Problem(
            "--oauth-issuer",
            "--oauth-issuer needs --public-url, the address of the MCP endpoint as clients know it, such as "
            "https://mcp.example.com/mcp",
        )
    if settings.metrics_token_file and not settings.metrics:
        yield Problem("--metrics-token-file", "--metrics-token-file has no effect without --metrics")
    has_scopes = settings.oauth_scopes != Settings().oauth_scopes
    if not settings.oauth_issuer and (settings.oauth_audience or settings.oauth_jwks_url or has_scopes):
        yield Problem(
            "--oauth-issuer",
            "--oauth-audience, --oauth-jwks-url and --oauth-scopes have no effect without --oauth-issuer",
        )


def check_addresses(settings: Settings) -> Iterator[Problem]:
    """Report paths, host names, origins and URLs that no client could use."""
    if reason := _find_path_problem(settings.path):
        yield Problem("--path", f"--path {reason}, not {settings.path!r}")
    for host in settings.allowed_hosts:
        if not is_valid_host(host):
            yield Problem(
                "--allowed-hosts",
                f"--allowed-hosts takes names such as mcp.example.com or mcp.example.com:8443"
                f"{quote_address(host)}",
            )
    for origin in settings.allowed_origins:
        if not is_valid_origin(origin):
            yield Problem(
                "--allowed-origins",
                f"--allowed-origins takes origins such as https://app.example.com{quote_address(origin)}",
            )
    if settings.public_url and not _is_public_url(settings.public_url):
        yield Problem(
            "--public-url",
            "--public-url takes an address such as https://mcp.example.com/mcp, without user name, query and "
            f"fragment{quote_address(settings.public_url)}",
        )


def _find_path_problem(path: str) -> str:
    """Return what a path must be instead; empty for one that can be used."""
    if not path.startswith("/"):
        return "must begin with a slash"
    if path.rstrip("/") in _RESERVED_PATHS or f"{path}/".startswith("/.well-known/"):
        return f"must differ from the server's other paths ({', '.join(_RESERVED_PATHS[1:])}, /.well-known/)"
    if not _PATH_PATTERN.fullmatch(path):
        return "must consist of names of letters, digits and . _ ~ -, such as /team/mcp"
    return ""


def _is_public_url(url: str) -> bool:
    """Tell whether clients can be given a URL: no user name, no query, nothing that needs escaping."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_plain = re.fullmatch(r"[!-~]+", url) is not None and not set(url) & set('?#"\\')
    return is_plain and parts.scheme in {"http", "https"} and is_valid_host(parts.netloc)


def _check_readable(settings: Settings, environment: Mapping[str, str]) -> Iterator[Problem]:
    """Report files and variables with content that cannot be used."""
    tls_cert, tls_key = (expand_optional_path(path) for path in (settings.tls_cert, settings.tls_key))
    listen_config = ListenConfig(forwarded_allow_ips=settings.forwarded_allow_ips)
    readers: list[tuple[str, Callable[[], object]]] = [
        ("--auth-tokens-file", lambda: load_static_tokens(settings, environment)),
        ("--oauth-issuer", lambda: _validate_oauth(settings)),
        ("--state-key-file", lambda: load_state_keys(settings)),
        ("--forwarded-allow-ips", lambda: validate_trusted_proxies(listen_config)),
    ]
    if tls_cert and tls_key:  # one without the other is reported already
        readers.append(("--tls-cert", lambda: create_ssl_context(tls_cert, tls_key)))
    for setting, read in readers:
        try:
            # The server logs these warnings itself when it loads the tokens.
            with _collect_warnings(static_tokens.logger) as warnings:
                read()
        except SettingsError as error:
            yield Problem(setting, str(error))
        else:
            for warning in warnings:
                yield Problem(setting, warning, is_fatal=False)


@contextmanager
def _collect_warnings(logger: logging.Logger) -> Iterator[list[str]]:
    """Collect the messages that a logger is given in the block, instead of logging them."""
    messages: list[str] = []

    def collect(record: logging.LogRecord) -> bool:
        messages.append(record.getMessage())
        return False

    logger.addFilter(collect)
    try:
        yield messages
    finally:
        logger.removeFilter(collect)


def _check_authentication(
    settings: Settings, environment: Mapping[str, str], *, has_credentials: bool
) -> Iterator[Problem]:
    """Report a server that other machines reach and that lets anyone call it, or that ignores a token."""
    if environment.get(f"{AUTH_TOKEN_ENV}_FILE", "").strip():
        yield Problem(
            f"{AUTH_TOKEN_ENV}_FILE",
            f"{AUTH_TOKEN_ENV}_FILE is not read",
            "name the file as the token_file of a caller in the TOML file of --auth-tokens-file, or set "
            f"{AUTH_TOKEN_ENV}",
        )
    if settings.identity == "request":
        if has_credentials:
            yield Problem(
                "--identity",
                "--identity request takes the account of each request, and the server's own would never be "
                "used",
                "unset DOCKERHUB_USERNAME and DOCKERHUB_TOKEN",
            )
        return
    if not is_loopback(settings.host) and not _requires_authentication(settings, environment):
        yield Problem(
            "--host",
            f"--host {settings.host} lets other machines in, so callers must authenticate",
            f"set --auth-tokens-file, {AUTH_TOKEN_ENV} (or {PEER_AUTH_TOKEN_ENV}), --oauth-issuer or "
            "--identity request, or use 127.0.0.1",
        )


def _requires_authentication(settings: Settings, environment: Mapping[str, str]) -> bool:
    names = (AUTH_TOKEN_ENV, PEER_AUTH_TOKEN_ENV, AUTH_TOKENS_ENV)
    variables = (environment.get(name, "").strip() for name in names)
    return bool(settings.auth_tokens_file or settings.oauth_issuer or any(variables))


def _check_metrics(settings: Settings, environment: Mapping[str, str]) -> Iterator[Problem]:
    """Report metrics that other machines could read, or a token for them that cannot be used.

    Without a token, only this machine may read them, and only if the server does not authenticate callers:
    one that does may be behind a proxy, which makes all requests local.
    """
    if not settings.metrics:
        return
    if find_spec("prometheus_client") is None:
        yield Problem("--metrics", "--metrics needs prometheus-client: pip install 'dockerhub-mcp[metrics]'")
    try:
        token = read_metrics_token(settings, environment)
    except SettingsError as error:
        yield Problem("--metrics-token-file", str(error))
        return
    is_private = settings.identity == "server" and is_loopback(settings.host)
    if not token and (not is_private or _requires_authentication(settings, environment)):
        yield Problem(
            "--metrics",
            "--metrics needs a token here, because others can reach /metrics",
            f"set {METRICS_TOKEN_ENV} or --metrics-token-file, and give Prometheus the same token "
            "(authorization: credentials)",
        )
    if token and not re.fullmatch(rf"[!-~]{{{_MIN_TOKEN_LENGTH},}}", token):
        yield Problem(
            METRICS_TOKEN_ENV,
            f"the token for --metrics must have {_MIN_TOKEN_LENGTH} characters or more, all of them visible "
            "ASCII: openssl rand -hex 32",
        )
    elif token and _is_callers_token(token, settings, environment):
        yield Problem(
            METRICS_TOKEN_ENV,
            "the token for --metrics is also that of a caller, so it would allow more than to read metrics",
            "give it one of its own: openssl rand -hex 32",
        )


def _is_callers_token(token: str, settings: Settings, environment: Mapping[str, str]) -> bool:
    """Tell whether a caller has this token; not, if the callers' tokens cannot be read, which is reported."""
    try:
        with _collect_warnings(static_tokens.logger):
            callers = load_static_tokens(settings, environment)
    except SettingsError:
        return False
    return callers is not None and callers.has_token(token)


def check_encryption(settings: Settings) -> Iterator[Problem]:
    """Warn of a server that other machines reach over plain HTTP; the server logs it when it starts."""
    if not is_loopback(settings.host) and not settings.tls_cert and not settings.forwarded_allow_ips:
        yield Problem(
            "--tls-cert",
            "tokens travel unencrypted",
            "set --tls-cert and --tls-key, or put a proxy with TLS in front and name it with "
            "--forwarded-allow-ips",
            is_fatal=False,
        )


def parse_oauth_scopes(settings: Settings) -> dict[Access, str]:
    """Return the scope that each level of access needs.

    Raises:
        SettingsError: A pair is not a level of access with a scope.
    """
    scopes = {}
    for pair in settings.oauth_scopes:
        access, equals, scope = pair.partition("=")
        if access not in list(Access) or not equals or not scope:
            msg = f"--oauth-scopes must hold pairs such as read=dockerhub:read, not {pair!r}"
            raise SettingsError(msg)
        scopes[Access(access)] = scope
    return scopes


def _validate_oauth(settings: Settings) -> None:
    if settings.oauth_issuer and settings.public_url:
        from dockerhub_mcp.server.http.auth.oauth import validate_oauth_config  # noqa: PLC0415 - loads cryptography

        validate_oauth_config(
            settings.oauth_issuer,
            settings.oauth_audience or settings.public_url,
            jwks_url=settings.oauth_jwks_url,
            scopes=parse_oauth_scopes(settings),
        )


def expand_optional_path(text: str) -> Path | None:
    """Return a path with the home directory expanded, or None for an empty text."""
    return expand_home(text) if text else None
