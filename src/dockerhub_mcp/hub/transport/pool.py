"""The connection pool, which carries no credentials, so that several clients can share it."""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec

import httpx2 as httpx

from dockerhub_mcp.hub.transport.backends import HttpxSender, Sender

_CONNECT_TIMEOUT = 10.0  # seconds; a whole request may take longer
_MAX_KEEPALIVE_CONNECTIONS = 32
_KEEPALIVE_EXPIRY = 20.0  # seconds, well below the idle timeouts of servers and load balancers


class ConnectionPool:
    """A pool of connections, opened on first use: its TLS context takes tens of milliseconds to create.

    Args:
        timeout: Seconds that one request may take.
        max_connections: Maximum number of open connections; further requests wait.
        httpx_transport: Handles requests instead of the network, such as a sandbox in this process.
    """

    def __init__(
        self,
        *,
        timeout: float,
        max_connections: int = 100,
        httpx_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._timeout = httpx.Timeout(timeout, connect=min(_CONNECT_TIMEOUT, timeout))
        self._limits = httpx.Limits(
            max_connections=max_connections,
            max_keepalive_connections=min(max_connections, _MAX_KEEPALIVE_CONNECTIONS),
            keepalive_expiry=_KEEPALIVE_EXPIRY,
        )
        self._httpx_transport = httpx_transport
        self._senders: dict[bool, Sender] = {}
        self._tls_context: ssl.SSLContext | None = None

    def sender_for(self, base_url: str) -> Sender:
        """Return the sender for the URL's scheme, creating it on first use.

        Only https honours the environment's proxy, which could read plain http.
        """
        is_https = base_url.startswith("https:")
        if is_https not in self._senders:
            self._senders[is_https] = self._create_sender(is_https)
        return self._senders[is_https]

    def _get_tls_context(self) -> ssl.SSLContext:
        if self._tls_context is None:
            self._tls_context = httpx.create_ssl_context()
        return self._tls_context

    def _create_sender(self, is_https: bool) -> Sender:
        """Create a sender, over aiohttp where it is installed and no proxy is used."""
        # Without TLS, skip loading the certificates, which takes two MiB: this context trusts none.
        uses_tls = is_https and self._httpx_transport is None
        tls = self._get_tls_context() if uses_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client = httpx.AsyncClient(
            transport=self._httpx_transport,
            verify=tls,
            timeout=self._timeout,
            limits=self._limits,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # only the bearer token authenticates
            trust_env=is_https,
        )
        uses_proxy = is_https and urllib.request.getproxies().keys() & {"https", "all"}
        if (
            self._httpx_transport is not None
            or uses_proxy
            or find_spec("aiohttp") is None
            or not _is_running_on_asyncio()
        ):
            return HttpxSender(client)
        from dockerhub_mcp.hub.transport.aiohttp_backend import AiohttpSender  # noqa: PLC0415 - an optional dependency

        return AiohttpSender(HttpxSender(client), self._timeout, self._limits, tls)

    async def aclose(self) -> None:
        """Close all connections; the next request opens new ones."""
        while self._senders:
            _, sender = self._senders.popitem()
            await sender.aclose()


def _is_running_on_asyncio() -> bool:
    """Tell whether the event loop is asyncio's; anyio supports others too."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
