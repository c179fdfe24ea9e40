"""The connections to the Hub. They know no account, so that several clients may share them."""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec

import httpx2 as httpx

from dockerhub_mcp.hub.transport.backends import HttpxSender, Sender

_CONNECT_TIMEOUT = 10.0  # seconds to reach the Hub, where a whole request may take longer
_MAX_KEEPALIVE_CONNECTIONS = 32
_KEEPALIVE_EXPIRY = 20.0  # seconds, well below what servers and balancers allow


class ConnectionPool:
    """A pool of connections, opened when it is first needed: its TLS context costs tens of milliseconds.

    Args:
        timeout: Seconds that one request may take.
        max_connections: Connections at once; further requests wait.
        httpx_transport: Where requests go instead of the network, such as a sandbox in this process.
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
        """Return what sends requests to an address.

        Only https goes through a proxy that the environment names: it would read what plain http carries.
        """
        secure = base_url.startswith("https:")
        if secure not in self._senders:
            self._senders[secure] = self._create_sender(secure)
        return self._senders[secure]

    def _get_tls_context(self) -> ssl.SSLContext:
        if self._tls_context is None:
            self._tls_context = httpx.create_ssl_context()
        return self._tls_context

    def _create_sender(self, secure: bool) -> Sender:
        """Make a sender, a quicker one where its extra is installed and no proxy is in the way."""
        # Where no TLS is spoken, no certificates are loaded, which takes two MiB; this context trusts none.
        uses_tls = secure and self._httpx_transport is None
        tls = self._get_tls_context() if uses_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client = httpx.AsyncClient(
            transport=self._httpx_transport,
            verify=tls,
            timeout=self._timeout,
            limits=self._limits,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # the bearer alone says who asks
            trust_env=secure,
        )
        by_proxy = secure and urllib.request.getproxies().keys() & {"https", "all"}
        if (
            self._httpx_transport is not None
            or by_proxy
            or find_spec("aiohttp") is None
            or not _is_running_on_asyncio()
        ):
            return HttpxSender(client)
        from dockerhub_mcp.hub.transport.aiohttp_backend import AiohttpSender  # noqa: PLC0415 - an extra

        return AiohttpSender(HttpxSender(client), self._timeout, self._limits, tls)

    async def aclose(self) -> None:
        """Close them; the next use opens new ones."""
        while self._senders:
            _, sender = self._senders.popitem()
            await sender.aclose()


def _is_running_on_asyncio() -> bool:
    """Tell whether this runs on asyncio; anyio serves others, too."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
