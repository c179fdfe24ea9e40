"""The connections to the Hub. They know no account, so that several clients may share them."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2 as httpx

_CONNECT = 10.0  # seconds to reach the Hub, where a whole request may take longer
_KEPT_ALIVE = 32
_KEPT_FOR = 20.0  # seconds, well below what servers and balancers allow


class Connections:
    """A pool of connections, opened when it is first needed: its TLS context costs tens of milliseconds.

    Args:
        timeout: Seconds that one request may take.
        most: Connections at once; further requests wait.
        transport: Where requests go instead of the network, such as a sandbox in this process.
    """

    def __init__(
        self, *, timeout: float, most: int = 100, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._timeout = httpx.Timeout(timeout, connect=min(_CONNECT, timeout))
        self._limits = httpx.Limits(
            max_connections=most,
            max_keepalive_connections=min(most, _KEPT_ALIVE),
            keepalive_expiry=_KEPT_FOR,
        )
        self._transport = transport
        self._clients: dict[bool, httpx.AsyncClient] = {}

    def to(self, base_url: str) -> httpx.AsyncClient:
        """Return the client for an address.

        Only https goes through a proxy that the environment names: it would read what plain http carries.
        """
        through_proxy = base_url.startswith("https:")
        if through_proxy not in self._clients:
            self._clients[through_proxy] = httpx.AsyncClient(
                transport=self._transport,
                timeout=self._timeout,
                limits=self._limits,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # the bearer alone says who asks
                trust_env=through_proxy,
            )
        return self._clients[through_proxy]

    async def aclose(self) -> None:
        """Close them; the next use opens new ones."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()
