"""The connection pool, which carries no credentials, so that several clients can share it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from dockerhub_mcp.hub.errors import ConnectionFailed
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.hub.transport.backends import ConnectionLimits, Sender
from dockerhub_mcp.hub.transport.proxies import Proxy, find_proxy, select_proxy_variables

if TYPE_CHECKING:
    import httpx2 as httpx

_CONNECT_TIMEOUT = 10.0  # seconds; a whole request may take longer
_MAX_KEEPALIVE_CONNECTIONS = 32
_KEEPALIVE_EXPIRY = 20.0  # seconds, well below the idle timeouts of servers and load balancers


class ConnectionPool:
    """A pool of connections, opened on first use: its TLS context takes tens of milliseconds to create.

    Args:
        timeout: Seconds that one request may take.
        max_connections: Maximum number of open connections; further requests wait.
        httpx_transport: Handles requests instead of the network, such as a sandbox in this process.
        environment: The variables that name proxies; None for those of this process.
    """

    def __init__(
        self,
        *,
        timeout: float,
        max_connections: int = 100,
        httpx_transport: httpx.AsyncBaseTransport | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._limits = ConnectionLimits(
            timeout=timeout,
            connect_timeout=min(_CONNECT_TIMEOUT, timeout),
            max_connections=max_connections,
            max_keepalive_connections=min(max_connections, _MAX_KEEPALIVE_CONNECTIONS),
            keepalive_expiry=_KEEPALIVE_EXPIRY,
        )
        self._httpx_transport = httpx_transport
        self._environment = environment
        self._proxies: dict[str, Proxy | None] = {}
        self._senders: dict[tuple[bool, Proxy | None], Sender] = {}
        self._tls_context: ssl.SSLContext | None = None

    def find_proxy(self, base_url: str) -> Proxy | None:
        """Return the proxy for requests to a URL; None where they are sent directly.

        Raises:
            ConnectionFailed: The variable that names it cannot be used.
        """
        if self._httpx_transport is not None or not base_url.startswith("https:"):
            return None
        if base_url not in self._proxies:
            self._proxies[base_url] = find_proxy(base_url, select_proxy_variables(self._environment))
        return self._proxies[base_url]

    def sender_for(self, base_url: str) -> Sender:
        """Return the sender for a URL, creating it on first use.

        Raises:
            ConnectionFailed: A variable names a proxy, or certificates, that cannot be used.
        """
        is_https, proxy = base_url.startswith("https:"), self.find_proxy(base_url)
        if (is_https, proxy) not in self._senders:
            self._senders[is_https, proxy] = self._create_sender(is_https, proxy)
        return self._senders[is_https, proxy]

    def _get_tls_context(self) -> ssl.SSLContext:
        if self._tls_context is None:
            self._tls_context = create_tls_context()
        return self._tls_context

    def _create_sender(self, is_https: bool, proxy: Proxy | None) -> Sender:
        """Create a sender, over aiohttp where it is installed and no proxy is used.

        Each backend is imported here, because loading one takes tens of milliseconds.
        """
        # Without TLS, skip loading the certificates, which takes two MiB: this context trusts none.
        uses_tls = is_https and self._httpx_transport is None
        tls = self._get_tls_context() if uses_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._httpx_transport is not None or proxy is not None:
            from dockerhub_mcp.hub.transport.httpx_backend import create_httpx_sender  # noqa: PLC0415

            return create_httpx_sender(self._limits, tls, proxy=proxy, transport=self._httpx_transport)
        if find_spec("aiohttp") is None or not _is_running_on_asyncio():
            return _create_httpcore_sender(self._limits, tls)
        from dockerhub_mcp.hub.transport.aiohttp_backend import AiohttpSender  # noqa: PLC0415

        return AiohttpSender(lambda: _create_httpcore_sender(self._limits, tls), self._limits, tls)

    async def aclose(self) -> None:
        """Close all connections; the next request opens new ones."""
        while self._senders:
            _, sender = self._senders.popitem()
            await sender.aclose()


def create_tls_context() -> ssl.SSLContext:
    """Return the context that verifies certificates with the system's, or with those the environment names.

    Raises:
        ConnectionFailed: The certificates cannot be loaded.
    """
    from dockerhub_mcp.hub.transport.httpcore_parts import default_ssl_context  # noqa: PLC0415 - slow to load

    try:
        return default_ssl_context()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
        what = f"The certificates to verify servers with cannot be loaded: {to_single_line(reason, 120)}."
        remedy = "Check SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE, or unset them: `dockerhub-mcp doctor`."
        raise ConnectionFailed.before_sending(what, remedy=remedy) from None


def _create_httpcore_sender(limits: ConnectionLimits, tls_context: ssl.SSLContext) -> Sender:
    from dockerhub_mcp.hub.transport.httpcore_backend import HttpcoreSender  # noqa: PLC0415

    return HttpcoreSender(limits, tls_context)


def _is_running_on_asyncio() -> bool:
    """Tell whether the event loop is asyncio's; anyio supports others too."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
