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

from dockerhub_mcp.hub.transport.backends import Answer, Request, Sender, whole

_READS = frozenset({"GET", "HEAD"})
_ITS_OWN = ("Accept", "Content-Type", "User-Agent")  # headers that aiohttp would add by itself
_AT_ONCE = 1 << 18  # bytes of a body that may wait to be taken


class QuickReads:
    """Sends reads over aiohttp, and all else as another sender does; raises what that raises.

    Args:
        other: What sends writes.
        timeout: How long the steps of a request may take.
        limits: How many connections there may be, and how long a quiet one is kept.
        tls: How TLS is spoken.
    """

    def __init__(
        self, other: Sender, timeout: httpx.Timeout, limits: httpx.Limits, tls: ssl.SSLContext
    ) -> None:
        self._other = other
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=limits.max_connections or 0,
                keepalive_timeout=limits.keepalive_expiry or 15.0,
                ssl=tls,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_ITS_OWN,
            read_bufsize=_AT_ONCE,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=timeout.pool, sock_connect=timeout.connect, sock_read=timeout.read
            ),
        )
        self._session._retry_connection = False  # noqa: SLF001 - there is no other way

    async def send(self, request: Request) -> Answer:
        """Send a request."""
        if request.verb not in _READS:
            return await self._other.send(request)
        with _as_httpx_says():
            url = URL(request.url, encoded=True)
            async with self._session.request(
                request.verb, url, headers=request.headers, allow_redirects=False
            ) as answer:
                content = await whole(answer.content.iter_any(), request)
        return Answer(answer.status, answer.headers, content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()
        await self._other.aclose()


@contextmanager
def _as_httpx_says() -> Iterator[None]:
    """Raise aiohttp's errors as those of httpx, with no more of the exchange in them than those have."""
    try:
        yield
    except (ValueError, aiohttp.InvalidURL) as error:
        raise httpx.InvalidURL(_said(error)) from None
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout(_said(error)) from None
    except (TimeoutError, aiohttp.ServerTimeoutError) as error:
        raise httpx.ReadTimeout(_said(error)) from None
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(_said(error)) from None
    except aiohttp.ClientPayloadError as error:
        if isinstance(error.__cause__, aiohttp.http_exceptions.ContentEncodingError):
            raise httpx.DecodingError(_said(error)) from None
        raise httpx.RemoteProtocolError(_said(error)) from None
    except aiohttp.ClientResponseError as error:  # which quotes what came
        raise httpx.RemoteProtocolError(error.message.partition(":")[0]) from None
    except aiohttp.ServerDisconnectedError as error:
        raise httpx.RemoteProtocolError(_said(error)) from None
    except aiohttp.ClientError as error:
        raise httpx.ReadError(_said(error)) from None


def _said(error: Exception) -> str:
    message = getattr(error, "message", None)
    return message if isinstance(message, str) and message else str(error) or type(error).__name__
