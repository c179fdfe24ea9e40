"""Check and read the settings of the HTTP server, for `validate` and for the builder in `http`."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from dockerhub_mcp.bootstrap.message_redaction import quote_address
from dockerhub_mcp.config import Problem, Settings, SettingsError
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.files import describe_read_error, read_file
from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.http.auth import static_tokens
from dockerhub_mcp.server.http.auth.oauth import validate_oauth_config
from dockerhub_mcp.server.http.auth.static_tokens import StaticTokenVerifier
from dockerhub_mcp.server.http.middleware.host_check import is_valid_host, is_valid_origin
from dockerhub_mcp.server.http.middleware.metrics import METRICS_TOKEN_ENV
from dockerhub_mcp.server.http.runtime.listener import ListenConfig, validate_trusted_proxies
from dockerhub_mcp.server.http.runtime.tls import create_ssl_context
from dockerhub_mcp.tools.access import Access

AUTH_TOKEN_ENV, AUTH_TOKENS_ENV = "DOCKERHUB_MCP_AUTH_TOKEN", "DOCKERHUB_MCP_AUTH_TOKENS"
MIN_KEY_BYTES = 32
_MIN_TOKEN_LENGTH = 24  # characters, as for the tokens of callers
_PATH_PATTERN = re.compile(r"(?!/\.well-known(/|$))(/[A-Za-z0-9._~-]+)+/?")
_RESERVED_PATHS = frozenset({"/", "/sse", "/messages/", "/healthz", "/readyz", "/metrics"})


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
    if not settings.oauth_issuer and (settings.oauth_audience or settings.oauth_jwks_url):
        yield Problem(
            "--oauth-issuer", "--oauth-audience and --oauth-jwks-url have no effect without --oauth-issuer"
        )


def check_addresses(settings: Settings) -> Iterator[Problem]:
    """Report paths, host names, origins and URLs that no client could use."""
    if not _PATH_PATTERN.fullmatch(settings.path) or settings.path in _RESERVED_PATHS:
        yield Problem(
            "--path",
            f"--path must begin with a slash and differ from the server's other paths, not {settings.path!r}",
        )
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
            "--public-url takes an address such as https://mcp.example.com/mcp"
            f"{quote_address(settings.public_url)}",
        )


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
        ("--state-key-file", lambda: load_state_key(settings)),
        ("--forwarded-allow-ips", lambda: validate_trusted_proxies(listen_config)),
    ]
    if tls_cert and tls_key:  # one without the other is reported already
        readers.append(("--tls-cert", lambda: create_ssl_context(tls_cert, tls_key)))
    for setting, read in readers:
        try:
            with _silenced(static_tokens.logger):  # the server logs its warnings when it loads the tokens
                read()
        except SettingsError as error:
            yield Problem(setting, str(error))


@contextmanager
def _silenced(logger: logging.Logger) -> Iterator[None]:
    """Discard what a logger is given in the block."""
    was_disabled, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was_disabled


def _check_authentication(
    settings: Settings, environment: Mapping[str, str], *, has_credentials: bool
) -> Iterator[Problem]:
    """Report a server that other machines reach and that lets anyone call it."""
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
            f"set --auth-tokens-file, {AUTH_TOKEN_ENV}, --oauth-issuer or --identity request, or use "
            "127.0.0.1",
        )


def _requires_authentication(settings: Settings, environment: Mapping[str, str]) -> bool:
    variables = (environment.get(name, "").strip() for name in (AUTH_TOKEN_ENV, AUTH_TOKENS_ENV))
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


def load_static_tokens(settings: Settings, environment: Mapping[str, str]) -> StaticTokenVerifier | None:
    """Load the callers' tokens that the operator configured; None without any.

    Raises:
        SettingsError: A file or variable cannot be used, or two of them contradict each other.
    """
    found = []
    if settings.auth_tokens_file:
        found.append(StaticTokenVerifier.from_file(expand_home(settings.auth_tokens_file)))
    if text := environment.get(AUTH_TOKENS_ENV, "").strip():
        found.append(StaticTokenVerifier.from_toml(text, AUTH_TOKENS_ENV))
    if token := environment.get(AUTH_TOKEN_ENV, "").strip():
        found.append(StaticTokenVerifier.from_token(token, Access.ADMIN, AUTH_TOKEN_ENV))
    if not found:
        return None
    tokens, *others = found
    for other in others:
        tokens = tokens.merge_with(other)
    return tokens


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
        validate_oauth_config(
            settings.oauth_issuer,
            settings.oauth_audience or settings.public_url,
            jwks_url=settings.oauth_jwks_url,
            scopes=parse_oauth_scopes(settings),
        )


def load_state_key(settings: Settings) -> bytes:
    """Return the key that replicas share to seal confirmations, or a new one for this process alone.

    Raises:
        SettingsError: The file cannot be read or holds too few bytes.
    """
    if not settings.state_key_file:
        return secrets.token_bytes(MIN_KEY_BYTES)
    try:
        key = read_file(expand_home(settings.state_key_file)).strip()
    except OSError as error:
        msg = f"--state-key-file names {settings.state_key_file}, which cannot be read: {error.strerror}"
        raise SettingsError(msg) from None
    if len(key) < MIN_KEY_BYTES:
        msg = (
            f"--state-key-file must hold {MIN_KEY_BYTES} bytes or more: openssl rand -hex 32 > "
            f"{settings.state_key_file}"
        )
        raise SettingsError(msg)
    return key


def read_metrics_token(settings: Settings, environment: Mapping[str, str]) -> str:
    """Return the bearer token that `/metrics` requires; empty if it requires none, or without `--metrics`.

    Raises:
        SettingsError: The file cannot be read or is empty, or the token is set twice.
    """
    if not settings.metrics:
        return ""
    token = environment.get(METRICS_TOKEN_ENV, "").strip()
    path = settings.metrics_token_file
    if not path:
        return token
    if token:
        msg = f"--metrics-token-file and {METRICS_TOKEN_ENV} are both set; keep one"
        raise SettingsError(msg)
    try:
        token = read_file(expand_home(path)).decode().strip()
    except (OSError, ValueError) as error:
        msg = f"--metrics-token-file names {path}, which cannot be read: {describe_read_error(error)}"
        raise SettingsError(msg) from None
    if not token:
        msg = f"--metrics-token-file names {path}, which is empty"
        raise SettingsError(msg)
    return token


def expand_optional_path(text: str) -> Path | None:
    """Return a path with the home directory expanded, or None for an empty text."""
    return expand_home(text) if text else None
