"""Send requests over httpx: through proxies, or to a server in this process."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast

import httpx2 as httpx

from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.hub.transport.backends import ConnectionLimits, Request, Response, TranslatingSender
from dockerhub_mcp.hub.transport.bodies.decompression import ACCEPTED_ENCODINGS
from dockerhub_mcp.hub.transport.bodies.reading import read_body
from dockerhub_mcp.hub.transport.network_errors import (
    DecodingError,
    InvalidURL,
    ProxyError,
    TransportError,
)
from dockerhub_mcp.hub.transport.proxies import Proxy, unusable_error


class HttpxSender(TranslatingSender):
    """Sends requests with an httpx client.

    Args:
        client: The client, closed together with the sender.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def _send(self, request: Request) -> Response:
        httpx_request = self._client.build_request(
            request.verb, request.url, headers=request.headers, content=request.content
        )
        response = await self._client.send(httpx_request, stream=True)
        try:
            chunks = cast("AsyncIterable[bytes]", response.stream)
            content = await read_body(chunks, response.headers.get("content-encoding", ""), request)
        finally:
            await response.aclose()
        return Response(response.status_code, response.headers, content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class SocksSender(HttpxSender):
    """Sends requests through a SOCKS proxy; an invalid reply of it is an error of the proxy."""

    async def send(self, request: Request) -> Response:
        """Send a request; see `Sender.send`."""
        try:
            return await super().send(request)
        except (TransportError, DecodingError, InvalidURL, HubError, OSError):
            raise
        except Exception as error:
            msg = "the reply is not one of SOCKS"
            raise ProxyError(msg) from error


def create_httpx_sender(
    limits: ConnectionLimits,
    tls_context: ssl.SSLContext,
    *,
    proxy: Proxy | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> HttpxSender:
    """Return a sender with a client that neither follows redirects nor keeps cookies.

    Args:
        limits: The limits of the connections and of the steps of a request.
        tls_context: The TLS settings.
        proxy: The proxy to send requests through.
        transport: Handles requests instead of the network.

    Raises:
        ConnectionFailed: httpx cannot use the URL of the proxy.
    """
    client = httpx.AsyncClient(
        headers={"accept-encoding": ACCEPTED_ENCODINGS},
        transport=transport,
        verify=tls_context,
        proxy=None if proxy is None else create_httpx_proxy(proxy, tls_context),
        timeout=httpx.Timeout(limits.timeout, connect=limits.connect_timeout),
        limits=httpx.Limits(
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
        ),
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # only the bearer token authenticates
        trust_env=False,
    )
    return SocksSender(client) if proxy is not None and proxy.is_socks else HttpxSender(client)


def create_httpx_proxy(proxy: Proxy, tls_context: ssl.SSLContext) -> httpx.Proxy:
    """Return a proxy for httpx.

    Args:
        proxy: The proxy.
        tls_context: The TLS settings of the connection to the proxy itself, if it is reached over https.

    Raises:
        ConnectionFailed: httpx cannot use its URL.
    """
    try:
        return httpx.Proxy(proxy.url, ssl_context=tls_context if proxy.url.startswith("https:") else None)
    except (httpx.InvalidURL, ValueError):
        raise unusable_error(proxy.source, "its value is not the URL of a proxy") from None
