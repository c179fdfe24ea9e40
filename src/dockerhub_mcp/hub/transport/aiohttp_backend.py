"""Send reads over aiohttp, which parses HTTP in C and needs a quarter of httpx's CPU time per request.

It is an optional dependency (extra `fast`) because it takes eight MiB of memory. A single user notices no
difference, since the Hub takes a hundred times longer to answer than either client to send; a server that
many agents share handles several times as many calls.

Only reads use it: aiohttp by itself repeats idempotent requests on a closed connection. That is switched off,
because `Transport` retries and counts attempts; should it return, a write must not be repeated silently.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable

import aiohttp
from yarl import URL

from dockerhub_mcp.hub.transport.backends import (
    ConnectionLimits,
    Request,
    Response,
    Sender,
)
from dockerhub_mcp.hub.transport.bodies.decompression import ACCEPTED_ENCODINGS
from dockerhub_mcp.hub.transport.bodies.reading import read_body
from dockerhub_mcp.hub.transport.network_errors import (
    ConnectError,
    ConnectTimeout,
    InvalidURL,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
)

_SAFE_METHODS = frozenset({"GET", "HEAD"})
_SKIPPED_AUTO_HEADERS = ("Accept", "Content-Type", "User-Agent")  # headers that aiohttp adds by default
_READ_BUFFER_BYTES = 1 << 18  # buffered bytes of a response body
_CertificateError = aiohttp.ClientConnectorCertificateError


class AiohttpSender:
    """Sends reads over aiohttp, and writes with another sender; raises the exceptions of senders.

    Args:
        create_fallback: Creates the sender for writes, when the first is sent.
        limits: The limits of the connections and of the steps of a request.
        tls_context: The TLS settings.
    """

    def __init__(
        self, create_fallback: Callable[[], Sender], limits: ConnectionLimits, tls_context: ssl.SSLContext
    ) -> None:
        self._create_fallback = create_fallback
        self._fallback: Sender | None = None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=limits.max_connections,
                keepalive_timeout=limits.keepalive_expiry,
                ssl=tls_context,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": ACCEPTED_ENCODINGS},
            auto_decompress=False,
            skip_auto_headers=_SKIPPED_AUTO_HEADERS,
            read_bufsize=_READ_BUFFER_BYTES,
            timeout=aiohttp.ClientTimeout(
                total=None,
                connect=limits.timeout,
                sock_connect=limits.connect_timeout,
                sock_read=limits.timeout,
            ),
        )
        self._session._retry_connection = False  # noqa: SLF001 - there is no public option

    async def send(self, request: Request) -> Response:
        """Send a request; see `Sender.send`."""
        if request.verb not in _SAFE_METHODS:
            if self._fallback is None:
                self._fallback = self._create_fallback()
            return await self._fallback.send(request)
        try:
            async with self._session.request(
                request.verb, URL(request.url, encoded=True), headers=request.headers, allow_redirects=False
            ) as response:
                encoding = response.headers.get("Content-Encoding", "")
                content = await read_body(_iterate_body(response.content), encoding, request)
                return Response(response.status, response.headers, content)
        except (ValueError, TimeoutError, aiohttp.ClientError) as error:
            cause = error.certificate_error if isinstance(error, _CertificateError) else None
            raise _translate_error(error) from cause

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()
        if self._fallback is not None:
            await self._fallback.aclose()


async def _iterate_body(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    while piece := await stream.readany():
        yield piece


def _translate_error(error: Exception) -> Exception:
    """Return an error of aiohttp as the one of a sender, without quoting the response."""
    if isinstance(error, _CertificateError):  # a ValueError too
        return ConnectError(type(error).__name__)
    if isinstance(error, ValueError | aiohttp.InvalidURL):
        return InvalidURL(_error_text(error))
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ConnectTimeout(_error_text(error))
    if isinstance(error, TimeoutError | aiohttp.ServerTimeoutError):
        return ReadTimeout(_error_text(error))
    if isinstance(error, aiohttp.ClientConnectorError):
        return ConnectError(_error_text(error))
    if isinstance(error, aiohttp.ClientPayloadError):
        return RemoteProtocolError(_error_text(error))
    if isinstance(error, aiohttp.ClientResponseError):  # its message quotes the response after the colon
        return RemoteProtocolError(error.message.partition(":")[0])
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return RemoteProtocolError(_error_text(error))
    return ReadError(_error_text(error))


def _error_text(error: Exception) -> str:
    message = getattr(error, "message", None)
    return message if isinstance(message, str) and message else str(error) or type(error).__name__
