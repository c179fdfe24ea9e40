"""Reads over aiohttp, which parses HTTP in C and takes a quarter of the work for the same request.

It is an extra (`fast`): it takes eight MiB more, and beside one person nothing of it is felt, for the Hub
takes a hundred times longer to answer than either takes to ask. Where many agents share a server, a process
answers several times as many.

Only reads go this way: what aiohttp takes for repeatable it would send once more by itself when a connection
turns out to be closed. That is switched off, since `Road` repeats and counts; should it come back, a write
must not be repeated behind the caller's back.
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
_SKIPPED_AUTO_HEADERS = ("Accept", "Content-Type", "User-Agent")  # headers that aiohttp would add by itself
_READ_BUFFER_BYTES = 1 << 18  # bytes of a body that may wait to be taken


class AiohttpSender:
    """Sends reads over aiohttp, and all else as another sender does; raises what that raises.

    Args:
        fallback: What sends writes.
        timeout: How long the steps of a request may take.
        limits: How many connections there may be, and how long a quiet one is kept.
        tls_context: How TLS is spoken.
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
        self._session._retry_connection = False  # noqa: SLF001 - there is no other way

    async def send(self, request: Request) -> Response:
        """Send a request."""
        if request.verb not in _SAFE_METHODS:
            return await self._fallback.send(request)
        with _translate_errors():
            url = URL(request.url, encoded=True)
            async with self._session.request(
                request.verb, url, headers=request.headers, allow_redirects=False
            ) as answer:
                content = await read_capped(answer.content.iter_any(), request)
        return Response(answer.status, answer.headers, content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()
        await self._fallback.aclose()


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise aiohttp's errors as those of httpx, with no more of the exchange in them than those have."""
    try:
        yield
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
    except aiohttp.ClientResponseError as error:  # which quotes what came
        raise httpx.RemoteProtocolError(error.message.partition(":")[0]) from None
    except aiohttp.ServerDisconnectedError as error:
        raise httpx.RemoteProtocolError(_error_text(error)) from None
    except aiohttp.ClientError as error:
        raise httpx.ReadError(_error_text(error)) from None


def _error_text(error: Exception) -> str:
    message = getattr(error, "message", None)
    return message if isinstance(message, str) and message else str(error) or type(error).__name__
