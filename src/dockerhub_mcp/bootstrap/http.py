"""Serving over HTTP: settings are checked against one another, then put together."""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from dockerhub_mcp.bootstrap.counting import metrics_of
from dockerhub_mcp.bootstrap.http_settings import check
from dockerhub_mcp.bootstrap.hubs import Hubs, registry_of, writing_of
from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.hub.auth.credentials import expanded
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.logs import set_up_logs
from dockerhub_mcp.server.elicitation import Asking
from dockerhub_mcp.server.factory import build, results_of
from dockerhub_mcp.server.http.asgi import METADATA, App, Web, service_of, web_app
from dockerhub_mcp.server.http.auth.account_pool import Identities
from dockerhub_mcp.server.http.auth.gatekeeper import Entrance
from dockerhub_mcp.server.http.auth.oauth import OAuth
from dockerhub_mcp.server.http.auth.static_tokens import StaticTokens
from dockerhub_mcp.server.http.auth.throttle import Throttle
from dockerhub_mcp.server.http.auth.tool_filter import Narrowing
from dockerhub_mcp.server.http.auth.verifier import Caller, Verifier
from dockerhub_mcp.server.http.middleware.host_check import Front
from dockerhub_mcp.server.http.readiness import Readiness
from dockerhub_mcp.server.http.runtime import run
from dockerhub_mcp.server.http.runtime.shutdown import Drain
from dockerhub_mcp.server.instructions import instructions
from dockerhub_mcp.server.telemetry.instrumentation import Observers
from dockerhub_mcp.server.telemetry.otel_config import exporters_of, usable, watching
from dockerhub_mcp.tools.cache import Changes
from dockerhub_mcp.tools.gates import Access

logger = logging.getLogger(__name__)

AUTH_TOKEN, AUTH_TOKENS = "DOCKERHUB_MCP_AUTH_TOKEN", "DOCKERHUB_MCP_AUTH_TOKENS"
_SHORTEST_KEY = 32  # bytes
_TO_BE_ASKED = (
    "Over HTTP, clients of protocol 2025-11-25 and before can be asked only once its owner starts it with "
    "--sessions."
)
_IDLE = 900.0  # seconds after which the account of a request is forgotten


def serve_http(settings: Settings, environment: Mapping[str, str]) -> int:
    """Serve many clients over HTTP until a signal comes, and return the exit code.

    Raises:
        SettingsError: Settings that cannot be used, or not together; the message names them.
    """
    check(settings)
    set_up_logs(settings.log_level, as_json=settings.log_format == "json", redact=Redactor())
    server = WebServer(settings, environment)
    listen = run.Listen(
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        grace=settings.grace,
        tls_cert=_path(settings.tls_cert),
        tls_key=_path(settings.tls_key),
        forwarded_allow_ips=settings.forwarded_allow_ips,
    )
    return run.serve_http(listen, server.application, announce=server.announce, on_worker=server.number)


class WebServer:
    """What is made once, before any process is split off; what holds connections is made in each."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self._settings, self._environment = settings, environment
        self._registry = registry_of(settings)
        to_be_asked = "" if settings.sessions or settings.transport == "sse" else _TO_BE_ASKED
        self._writing = replace(writing_of(settings), to_be_asked=to_be_asked)
        self._oauth = _oauth(settings)
        self._verifiers: list[Verifier] = [*_tokens(settings, environment), *filter(None, [self._oauth])]
        self._key = _state_key(settings)
        self._changes = Changes()
        self._check_callers(Hubs(settings, environment))
        self._exporters = usable(exporters_of(environment))
        self._metrics = metrics_of(settings, environment, callers_are_known=bool(self._verifiers))

    def number(self, worker: int) -> None:
        """Tell a process which of the workers it is."""
        if self._metrics is not None:
            self._metrics.take(worker)

    def announce(self, url: str) -> None:
        """Tell where the server listens, and what a person should know about it."""
        settings = self._settings
        paths = [settings.path] if settings.transport == "http" else []
        paths += ["/sse"] if self._serves_sse() else []
        where = " and ".join(url + path for path in paths)
        in_json = settings.log_format == "json"
        if not in_json:
            sys.stderr.write(f"dockerhub-mcp listens at {where}\n")
        logger.info(
            "serving",
            extra={
                "url": url,
                "tools": len(self._registry.tools),
                "identity": settings.identity,
                "workers": settings.workers,
                **({"listens_at": where} if in_json else {}),
            },
        )
        if not is_loopback(settings.host) and not settings.tls_cert and not settings.forwarded_allow_ips:
            logger.warning(
                "tokens travel unencrypted: set --tls-cert and --tls-key, or put a proxy with TLS in front "
                "and name it with --forwarded-allow-ips"
            )

    def application(self, drain: Drain) -> AbstractAsyncContextManager[App]:
        """Make the application of one process."""
        return self._application(drain)

    @asynccontextmanager
    async def _application(self, drain: Drain) -> AsyncIterator[App]:
        settings = self._settings
        async with AsyncExitStack() as stack:
            observers = self._watching(stack)
            observe = observers.attempted if observers.all else None
            hubs = await stack.enter_async_context(Hubs(settings, self._environment, observe=observe))
            if self._oauth is not None:
                stack.push_async_callback(self._oauth.aclose)
            server = build(
                service_of,
                results=results_of(settings),
                instructions=instructions(in_sandbox=settings.sandbox),
                asking=Asking(self._key),
                lists_are_shared=False,
                changes=self._changes,
                in_sandbox=settings.sandbox,
                observers=observers,
            )
            own = settings.identity == "server"
            hub = hubs.configured(fixed=True) if own else hubs.of(None)
            hub.warm()
            entrance = Entrance(
                verifiers=self._verifiers,
                everybody=Caller("", Access(settings.access)),
                challenge=self._challenge(),
                hub=hub,
                identities=None if own else self._identities(hubs),
                narrowing=Narrowing(self._registry),
                writing=self._writing,
                throttle=Throttle(),
            )
            app = web_app(
                server,
                self._web(),
                front=self._front(),
                entrance=entrance,
                readiness=Readiness(hub.reach),
                drain=drain,
                metrics=self._metrics,
            )
            yield await stack.enter_async_context(app)

    def _watching(self, stack: AsyncExitStack) -> Observers:
        """Start what watches, in this process: nothing of it would survive being split off."""
        observers = Observers()
        if self._metrics is not None:
            observers.all.append(self._metrics)
        stack.enter_context(watching(self._exporters, observers))
        return observers

    def _identities(self, hubs: Hubs) -> Identities:
        return Identities(hubs.of, key=self._key, most=self._settings.max_identities, idle=_IDLE)

    def _web(self) -> Web:
        settings = self._settings
        return Web(
            path=settings.path if settings.transport == "http" else "",
            sse=self._serves_sse(),
            sessions=settings.sessions,
            origins=[origin.lower() for origin in settings.allowed_origins],
            metadata=self._oauth.metadata(settings.public_url) if self._oauth else None,
            max_calls=settings.max_calls,
            max_calls_per_caller=settings.max_calls_per_caller,
            max_sessions=settings.max_sessions,
            session_timeout=settings.session_timeout,
        )

    def _serves_sse(self) -> bool:
        """Tell whether the older SSE is served: its messages must reach the process that holds the stream."""
        return self._settings.workers == 1

    def _front(self) -> Front:
        settings = self._settings
        hosts = list(settings.allowed_hosts)
        if settings.host not in {"0.0.0.0", "::", ""}:  # noqa: S104 - it is compared, not bound
            hosts.append(settings.host)
        if settings.public_url:
            hosts.append(urlsplit(settings.public_url).hostname or "")  # clients leave a usual port out
        hosts = [f"[{host}]" if host.count(":") > 1 and host[0] != "[" else host for host in hosts]
        return Front(hosts, settings.allowed_origins, local=is_loopback(settings.host))

    def _challenge(self) -> str:
        """Return how to get a token: where the metadata is, for clients that can sign in by themselves."""
        if self._oauth is None:
            return 'realm="dockerhub-mcp"'
        parts = urlsplit(self._settings.public_url)
        return f'resource_metadata="{parts.scheme}://{parts.netloc}{METADATA}{parts.path.rstrip("/")}"'

    def _check_callers(self, hubs: Hubs) -> None:
        settings = self._settings
        if settings.identity == "request" and hubs.credentials is not None and not settings.sandbox:
            msg = (
                "--identity request takes the account of each request, and the server's own would never be "
                "used: unset DOCKERHUB_USERNAME and DOCKERHUB_TOKEN"
            )
            raise SettingsError(msg)
        if self._verifiers or is_loopback(settings.host) or settings.identity == "request":
            return
        msg = (
            f"--host {settings.host} lets other machines in, so callers must be known: set "
            f"--auth-tokens-file, {AUTH_TOKEN}, --oauth-issuer or --identity request, or use 127.0.0.1"
        )
        raise SettingsError(msg)


def _tokens(settings: Settings, environment: Mapping[str, str]) -> list[Verifier]:
    found = []
    if settings.auth_tokens_file:
        found.append(StaticTokens.of_file(expanded(settings.auth_tokens_file)))
    if text := environment.get(AUTH_TOKENS, "").strip():
        found.append(StaticTokens.of_text(text, AUTH_TOKENS))
    if token := environment.get(AUTH_TOKEN, "").strip():
        found.append(StaticTokens.single(token, Access(settings.access), AUTH_TOKEN))
    if not found:
        return []
    tokens = found[0]
    for other in found[1:]:
        tokens = tokens.joined(other)
    return [tokens]


def _oauth(settings: Settings) -> OAuth | None:
    if not settings.oauth_issuer:
        return None
    scopes = {}
    for pair in settings.oauth_scopes:
        access, equals, scope = pair.partition("=")
        if access not in list(Access) or not equals or not scope:
            msg = f"--oauth-scopes must hold pairs such as read=dockerhub:read, not {pair!r}"
            raise SettingsError(msg)
        scopes[Access(access)] = scope
    return OAuth(
        settings.oauth_issuer,
        settings.oauth_audience or settings.public_url,
        jwks_url=settings.oauth_jwks_url,
        scopes=scopes,
    )


def _state_key(settings: Settings) -> bytes:
    """Return the key that processes share; made here for those of one machine, which are split off later."""
    if not settings.state_key_file:
        return secrets.token_bytes(_SHORTEST_KEY)
    try:
        key = expanded(settings.state_key_file).read_bytes().strip()
    except OSError as error:
        msg = f"--state-key-file names {settings.state_key_file}, which cannot be read: {error.strerror}"
        raise SettingsError(msg) from None
    if len(key) < _SHORTEST_KEY:
        msg = (
            f"--state-key-file must hold {_SHORTEST_KEY} bytes or more: openssl rand -hex 32 > "
            f"{settings.state_key_file}"
        )
        raise SettingsError(msg)
    return key


def _path(text: str) -> Path | None:
    return expanded(text) if text else None
