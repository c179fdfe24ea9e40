"""Requests, responses and senders; the httpx backend."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import httpx2 as httpx

from dockerhub_mcp.hub.errors import HubError, UnexpectedAnswer
from dockerhub_mcp.hub.transport.service_names import HUB_NAMES

MAX_BODY_BYTES = 32 * 1024**2
"""The default limit of response bodies; the largest pages of the Hub have about one MiB."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is sent.

    Attributes:
        verb: The HTTP method.
        url: The absolute URL with its query.
        headers: The headers that the client sets itself.
        content: The body, if any.
        max_bytes: The most bytes of a response body, decompressed.
        service: The name of the service, for messages.
    """

    verb: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)
    max_bytes: int = MAX_BODY_BYTES
    service: str = HUB_NAMES.service

    @property
    def path(self) -> str:
        """The path of the URL, without the query."""
        return urlsplit(self.url).path


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it was received.

    Attributes:
        status: The HTTP status.
        headers: The headers, with lookup by lower-case name.
        content: The whole body, decompressed.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class Sender(Protocol):
    """Sends requests over one HTTP client."""

    async def send(self, request: Request) -> Response:
        """Send a request once and return the response, regardless of its status and without redirects.

        Raises:
            httpx.TransportError: No complete response was received.
            httpx.DecodingError: The body cannot be decompressed.
            httpx.InvalidURL: The URL cannot be sent.
            UnexpectedAnswer: The body is too large.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class HttpxSender:
    """Sends requests with an httpx client.

    Args:
        client: The client, closed together with the sender.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, request: Request) -> Response:
        """Send a request; see `Sender.send`."""
        httpx_request = self._client.build_request(
            request.verb, request.url, headers=request.headers, content=request.content
        )
        response = await self._client.send(httpx_request, stream=True)
        try:
            content = await read_capped(response.aiter_bytes(), request)
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
        except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL, HubError, OSError):
            raise
        except Exception as error:
            msg = "the reply is not one of SOCKS"
            raise httpx.ProxyError(msg) from error


async def read_capped(chunks: AsyncIterable[bytes], request: Request) -> bytes:
    """Return a response body up to a maximum size.

    Raises:
        UnexpectedAnswer: The body is larger than the request allows.
    """
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > request.max_bytes:
            what = f"{urlsplit(request.url).netloc} answered {request.verb} {request.path} with more than "
            what += f"{format_size(request.max_bytes)}."
            raise UnexpectedAnswer(
                what, remedy=f"Request less at once, or check {request.service}'s address."
            )
    return bytes(content)


def format_size(size: int) -> str:
    """Return a limit in bytes as MiB or KiB, where it is a multiple of them."""
    for unit, name in ((1024**2, "MiB"), (1024, "KiB")):
        if size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size:,} bytes"
