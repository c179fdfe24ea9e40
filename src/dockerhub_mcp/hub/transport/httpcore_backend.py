"""Send requests over httpcore, the lower half of httpx, without httpx.

A client of httpx parses each URL and merges headers, cookies and hooks, none of which this project uses.
Without it, a request takes half of the CPU time, and httpx, which is slow to load, is not loaded.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterable, Iterable
from functools import lru_cache
from typing import cast

from dockerhub_mcp.hub.transport import httpcore_parts as httpcore
from dockerhub_mcp.hub.transport.backends import ConnectionLimits, Request, Response, TranslatingSender
from dockerhub_mcp.hub.transport.bodies.decompression import ACCEPTED_ENCODINGS
from dockerhub_mcp.hub.transport.bodies.reading import read_body
from dockerhub_mcp.hub.transport.network_errors import (
    RemoteProtocolError,
    UnsupportedProtocol,
)
from dockerhub_mcp.hub.transport.network_streams import NetworkBackend, NetworkStream

_PLAIN_URL = re.compile(
    r"(https?)://([a-z][a-z0-9.-]*|127\.0\.0\.1)(?::([1-9][0-9]{0,4}))?"
    r"(/(?!.*/\.)(?:[\w~!$&'()*+,;=:@/?.-]|%[0-9A-Fa-f]{2})*)",
    re.ASCII,
)
"""A URL that is sent as it is: without user info, fragment, dot segments or characters to encode."""
_MAX_URL_LENGTH = 65_536  # the limit of httpx
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_BODY_VERBS = frozenset({"POST", "PUT", "PATCH"})
_FIXED_HEADERS = [(b"accept-encoding", ACCEPTED_ENCODINGS.encode()), (b"connection", b"keep-alive")]


class HttpcoreSender(TranslatingSender):
    """Sends requests directly, without a proxy.

    Args:
        limits: The limits of the connections and of the steps of a request.
        tls_context: The TLS settings.
    """

    def __init__(self, limits: ConnectionLimits, tls_context: ssl.SSLContext) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls_context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=NetworkBackend(),
        )
        self._timeouts = {
            "connect": limits.connect_timeout,
            "read": limits.timeout,
            "write": limits.timeout,
            "pool": limits.timeout,
        }

    async def _send(self, request: Request) -> Response:
        url, host = _parse_url(request.url)
        headers = [(b"host", host), *_FIXED_HEADERS]
        headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in request.headers.items()]
        if request.content is not None or request.verb in _BODY_VERBS:
            headers.append((b"content-length", b"%d" % len(request.content or b"")))
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.verb,
                url,
                headers=headers,
                content=request.content,
                extensions={"timeout": self._timeouts},
            )
        )
        try:
            _check_order(response)
            response_headers = _read_headers(response.headers)
            chunks = cast("AsyncIterable[bytes]", response.stream)
            content = await read_body(chunks, response_headers.get("content-encoding", ""), request)
        finally:
            await response.aclose()
        return Response(response.status, response_headers, content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


def _check_order(response: httpcore.Response) -> None:
    """Refuse a response that arrived before its request was sent, right behind the one before.

    Raises:
        RemoteProtocolError: It belongs to another request, or to none.
    """
    stream = response.extensions.get("network_stream")
    if isinstance(stream, NetworkStream) and not stream.has_read_since_write:
        msg = "the server sent a response without a request"
        raise RemoteProtocolError(msg)


def _read_headers(raw_headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by their lower-case names, and the values of one that was sent repeatedly as a list."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name = raw_name.decode("ascii").lower()
        try:
            value = raw_value.decode()
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _parse_url(url: str) -> tuple[httpcore.URL, bytes]:
    """Return the parts of a URL, and the value of the Host header.

    Raises:
        httpx.InvalidURL: The URL cannot be sent.
    """
    match = _PLAIN_URL.fullmatch(url) if len(url) <= _MAX_URL_LENGTH else None
    if match is None:
        return _parse_unusual_url(url)
    scheme, host, port, target = match.groups()
    return _create_url(*_encode_origin(scheme, host, port), target.encode("ascii"))


def _create_url(
    scheme: bytes, host: bytes, port: int | None, netloc: bytes, target: bytes
) -> tuple[httpcore.URL, bytes]:
    return httpcore.URL(scheme=scheme, host=host, port=port, target=target), netloc


@lru_cache(maxsize=32)
def _encode_origin(scheme: str, host: str, port: str | None) -> tuple[bytes, bytes, int | None, bytes]:
    if port is None or port == _DEFAULT_PORTS[scheme]:
        return scheme.encode(), host.encode(), None, host.encode()
    return scheme.encode(), host.encode(), int(port), f"{host}:{port}".encode()


def _parse_unusual_url(url: str) -> tuple[httpcore.URL, bytes]:
    """Return the parts of a URL that httpx first checks, and encodes where needed, such as a redirect's.

    Raises:
        httpx.InvalidURL: The URL cannot be sent.
        UnsupportedProtocol: It has no host.
    """
    import httpx2 as httpx  # noqa: PLC0415 - rarely needed, and slow to load

    parsed = httpx.URL(url)
    if not parsed.host:
        msg = "Request URL is missing an 'http://' or 'https://' protocol."
        raise UnsupportedProtocol(msg)
    return _create_url(parsed.raw_scheme, parsed.raw_host, parsed.port, parsed.netloc, parsed.raw_path)
