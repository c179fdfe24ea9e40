"""Send reads over aiohttp, which parses HTTP in C and needs a quarter of httpx's CPU time per request.

It is an optional dependency (extra `fast`) because it takes eight MiB of memory. A single user notices no
difference, since the Hub takes a hundred times longer to answer than either client to send; a server that
many agents share handles several times as many calls.

Only reads use it: aiohttp by itself repeats idempotent requests on a closed connection. That is switched off,
because `Transport` retries and counts attempts; should it return, a write must not be repeated silently.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import httpx2 as httpx
from yarl import URL

from dockerhub_mcp.hub.transport.backends import Request, Response, Sender, read_capped

_SAFE_METHODS = frozenset({"GET", "HEAD"})
_SKIPPED_AUTO_HEADERS = ("Accept", "Content-Type", "User-Agent")  # headers that aiohttp adds by default
_READ_BUFFER_BYTES = 1 << 18  # buffered bytes of a response body


class AiohttpSender:
    """Sends reads over aiohttp, and writes with another sender; raises the exceptions of httpx.

    Args:
        fallback: The sender for writes.
        timeout: The timeouts of the steps of a request.
        limits: The maximum number of connections, and how long idle ones are kept.
        tls_context: The TLS settings.
    """

    def __init__(
        self, fallback: Sender, timeout: httpx.Timeout, limits: httpx.Limits, tls_context: ssl.SSLContext
    ) -> None:
        self._fallback = fallback
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=limits.max_connections or 0,
                keepalive_timeout=limits.keepalive_expiry or 15.0,
                ssl=tls_context,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_SKIPPED_AUTO_HEADERS,
            read_bufsize=_READ_BUFFER_BYTES,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=timeout.pool, sock_connect=timeout.connect, sock_read=timeout.read
            ),
        )
        self._session._retry_connection = False  # noqa: SLF001 - there is no public option

    async def send(self, request: Request) -> Response:
        """Send a request; see `Sender.send`."""
        if request.verb not in _SAFE_METHODS:
            return await self._fallback.send(request)
        with _translate_errors():
            url = URL(request.url, encoded=True)
            async with self._session.request(
                request.verb, url, headers=request.headers, allow_redirects=False
            ) as response:
                content = await read_capped(response.content.iter_any(), request)
        return Response(response.status, response.headers, content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()
        await self._fallback.aclose()


@contextmanager
def _translate_errors() -> Iterator[None]:  # noqa: C901 - one clause for each error
    """Raise aiohttp's errors as those of httpx, without quoting the response."""
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as error:  # a ValueError too
        raise httpx.ConnectError(type(error).__name__) from error.certificate_error
    except (ValueError, aiohttp.InvalidURL) as error:
        raise httpx.InvalidURL(_error_text(error)) from None
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout(_error_text(error)) from None
    except (TimeoutError, aiohttp.ServerTimeoutError) as error:
        raise httpx.ReadTimeout(_error_text(error)) from None
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(_error_text(error)) from None
    except aiohttp.ClientPayloadError as error:
        if isinstance(error.__cause__, aiohttp.http_exceptions.ContentEncodingError):
            raise httpx.DecodingError(_error_text(error)) from None
        raise httpx.RemoteProtocolError(_error_text(error)) from None
    except aiohttp.ClientResponseError as error:  # its message quotes the response after the colon
        raise httpx.RemoteProtocolError(error.message.partition(":")[0]) from None
    except aiohttp.ServerDisconnectedError as error:
        raise httpx.RemoteProtocolError(_error_text(error)) from None
    except aiohttp.ClientError as error:
        raise httpx.ReadError(_error_text(error)) from None


def _error_text(error: Exception) -> str:
    message = getattr(error, "message", None)
    return message if isinstance(message, str) and message else str(error) or type(error).__name__
