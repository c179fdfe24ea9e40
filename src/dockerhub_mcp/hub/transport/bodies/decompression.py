"""Decompress response bodies piece by piece, up to a maximum size. Uses only the standard library."""

from __future__ import annotations

import zlib

from dockerhub_mcp.hub.transport.network_errors import DecodingError

ACCEPTED_ENCODINGS = "gzip, deflate"
_GZIP_BITS = zlib.MAX_WBITS | 16


class Decompressor:
    """Decompresses a body in one content encoding.

    Args:
        encoding: `gzip` or `deflate`.
        max_bytes: The size after which decompression stops, one byte more at most.
    """

    def __init__(self, encoding: str, max_bytes: int) -> None:
        self._is_deflate = encoding == "deflate"
        self._stream = zlib.decompressobj(zlib.MAX_WBITS if self._is_deflate else _GZIP_BITS)
        self._has_data = False
        self._bytes_left = max_bytes + 1

    def decompress(self, data: bytes) -> bytes:
        """Return the next piece of the body, which is empty once the maximum is exceeded.

        Raises:
            DecodingError: The data is not in the content encoding.
        """
        pieces = []
        try:
            while data and self._bytes_left > 0:
                if self._stream.eof and not (data := self._start_member(data)):
                    break
                piece = self._decompress(data)
                self._bytes_left -= len(piece)
                pieces.append(piece)
                data = self._stream.unused_data
        except zlib.error as error:
            raise DecodingError(str(error)) from error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def finish(self) -> None:
        """Check that the body has ended where its encoding says; without any data, it has.

        Raises:
            DecodingError: It is cut off.
        """
        if self._has_data and not self._stream.eof:
            msg = "the compressed data are cut off"
            raise DecodingError(msg)

    def _start_member(self, data: bytes) -> bytes:
        """Return the data of the next member, of which gzip may have several; nothing behind the last one."""
        member = b"" if self._is_deflate else data.lstrip(b"\0")
        if member:
            self._stream = zlib.decompressobj(_GZIP_BITS)
        return member

    def _decompress(self, data: bytes) -> bytes:
        self._has_data, is_first = True, not self._has_data
        try:
            return self._stream.decompress(data, self._bytes_left)
        except zlib.error:
            if not (is_first and self._is_deflate):
                raise
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)  # as some servers send it, without a header
            return self._stream.decompress(data, self._bytes_left)


def create_decompressors(content_encoding: str, max_bytes: int) -> list[Decompressor]:
    """Return what decompresses a body, in the order of use; unknown encodings are left alone.

    Args:
        content_encoding: The value of the header.
        max_bytes: The size after which decompression stops.
    """
    names = [name.strip().lower() for name in content_encoding.split(",")]
    return [Decompressor(name, max_bytes) for name in reversed(names) if name in {"gzip", "deflate"}]
