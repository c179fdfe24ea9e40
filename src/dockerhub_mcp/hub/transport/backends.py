"""One request and its answer, over httpx."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import httpx2 as httpx

from dockerhub_mcp.hub.errors import UnexpectedAnswer

_MAX_BODY_BYTES = 32 * 1024**2  # bytes of an answer; the largest pages of the Hub have about one MiB


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: the whole address, as it is sent, and the headers that are ours."""

    verb: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)

    @property
    def path(self) -> str:
        """The path, without the query."""
        return urlsplit(self.url).path


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: status, headers whose names are found in lower case, and the whole body, unpacked."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class Sender(Protocol):
    """Sends requests to one place."""

    async def send(self, request: Request) -> Response:
        """Send a request once, follow nothing, and return the answer, whatever its status.

        Raises:
            httpx.TransportError: There was no answer, or not all of it.
            httpx.DecodingError: The body cannot be unpacked.
            httpx.InvalidURL: The address cannot be sent.
            UnexpectedAnswer: There is no end to the body.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class HttpxSender:
    """Sends requests with an httpx client.

    Args:
        client: The client; closed with this.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, request: Request) -> Response:
        """Send a request."""
        asked = self._client.build_request(
            request.verb, request.url, headers=request.headers, content=request.content
        )
        response = await self._client.send(asked, stream=True)
        try:
            content = await read_capped(response.aiter_bytes(), request)
        finally:
            await response.aclose()
        return Response(response.status_code, response.headers, content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def read_capped(chunks: AsyncIterable[bytes], request: Request) -> bytes:
    """Return a body, unless there is no end to it.

    Raises:
        UnexpectedAnswer: It is larger than any answer of the Hub.
    """
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > _MAX_BODY_BYTES:
            what = f"{urlsplit(request.url).netloc} answered {request.verb} {request.path} with more than "
            what += f"{_MAX_BODY_BYTES // 1024**2} MiB."
            raise UnexpectedAnswer(what, remedy="Ask for less at once, or check the Hub's address.")
    return bytes(content)
