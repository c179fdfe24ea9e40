"""Connections for httpcore that look up their socket once, and notice responses without a request.

For each request, the pool checks twice whether servers have closed idle connections; the lookup takes longer
than the check. Large bodies are read in few steps: that of a page of 100 tags has half a MiB, and each step
takes a timeout, a turn of the parser, and a copy of what has arrived beyond it.
"""

from __future__ import annotations

import select
import ssl
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dockerhub_mcp.hub.transport import httpcore_parts as httpcore

if TYPE_CHECKING:
    from httpcore2 import SOCKET_OPTION

_READ_BYTES = 256 * 1024  # what the event loop receives at once; httpcore asks for a quarter


class NetworkBackend(httpcore.AsyncNetworkBackend):
    """Opens connections as httpcore does by default."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection."""
        stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return NetworkStream(stream)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._backend.sleep(seconds)


class NetworkStream(httpcore.AsyncNetworkStream):
    """A connection that knows its socket.

    Attributes:
        has_read_since_write: Whether anything was read after the last request was sent. If not, its response
            was read together with the one before.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self.has_read_since_write = False
        self._socket = stream.get_extra_info("socket")

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Read what has arrived."""
        data = await self._stream.read(max(max_bytes, _READ_BYTES), timeout)
        self.has_read_since_write = True
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send data."""
        self.has_read_since_write = False
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """Encrypt the connection."""
        return NetworkStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Return a fact about the connection; see httpcore."""
        if info == "is_readable":
            return self._is_readable()
        return self._stream.get_extra_info(info)

    def _is_readable(self) -> bool:
        """Tell whether the socket is closed or has data, which tells that the server closes an idle one."""
        number = self._socket.fileno()
        if number < 0:
            return True  # the event loop has closed it
        if not hasattr(select, "poll"):  # on Windows
            return bool(select.select([number], [], [], 0)[0])
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))
