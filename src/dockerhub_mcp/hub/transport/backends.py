"""Requests, responses and the interface of senders."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from dockerhub_mcp.hub.errors import UnexpectedAnswer
from dockerhub_mcp.hub.transport.network_errors import translate_library_error
from dockerhub_mcp.hub.transport.service_names import HUB_NAMES

MAX_BODY_BYTES = 32 * 1024**2
"""The default limit of response bodies; the largest pages of the Hub have about one MiB."""


class Request(NamedTuple):
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
    headers: Mapping[str, str]
    content: bytes | None = None
    max_bytes: int = MAX_BODY_BYTES
    service: str = HUB_NAMES.service

    def __repr__(self) -> str:
        """Return the request without its headers and body, which may hold secrets."""
        return f"Request({self.verb!r}, {self.url!r})"

    @property
    def path(self) -> str:
        """The path of the URL, without the query."""
        return urlsplit(self.url).path


class Response(NamedTuple):
    """A response as it was received.

    Attributes:
        status: The HTTP status.
        headers: The headers, with lookup by lower-case name.
        content: The whole body, decompressed.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes

    def __repr__(self) -> str:
        """Return the status without the headers and the body, which may hold secrets."""
        return f"Response({self.status})"


class ConnectionLimits(NamedTuple):
    """The limits of the connections of a sender, and of the steps of a request.

    Attributes:
        timeout: Seconds that may pass without progress in reading, writing or waiting for a connection.
        connect_timeout: Seconds that opening a connection may take.
        max_connections: Maximum number of open connections; further requests wait.
        max_keepalive_connections: Maximum number of idle connections that are kept open.
        keepalive_expiry: Seconds after which an idle connection is closed.
    """

    timeout: float
    connect_timeout: float
    max_connections: int
    max_keepalive_connections: int
    keepalive_expiry: float


class Sender(Protocol):
    """Sends requests over one HTTP client."""

    async def send(self, request: Request) -> Response:
        """Send a request once and return the response, regardless of its status and without redirects.

        Raises:
            network_errors.TransportError: No complete response was received.
            network_errors.DecodingError: The body cannot be decompressed.
            network_errors.InvalidURL: The URL cannot be sent.
            UnexpectedAnswer: The body is too large.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class TranslatingSender(ABC):
    """A sender over httpcore or httpx, which raises their exceptions as those of `network_errors`."""

    async def send(self, request: Request) -> Response:
        """Send a request; see `Sender.send`."""
        try:
            return await self._send(request)
        except Exception as error:
            translated = translate_library_error(error)
            if translated is error:
                raise
            raise translated from error

    @abstractmethod
    async def _send(self, request: Request) -> Response:
        """Send a request with the library; its exceptions may leave this."""


def too_large_error(request: Request) -> UnexpectedAnswer:
    """Return the error of a response body that is larger than the request allows."""
    what = f"{urlsplit(request.url).netloc} answered {request.verb} {request.path} with more than "
    what += f"{format_size(request.max_bytes)}."
    return UnexpectedAnswer(what, remedy=f"Request less at once, or check {request.service}'s address.")


def format_size(size: int) -> str:
    """Return a limit in bytes as MiB or KiB, where it is a multiple of them."""
    for unit, name in ((1024**2, "MiB"), (1024, "KiB")):
        if size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size:,} bytes"
