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
        self._is_first, self._has_data = True, False
        self._bytes_left = max_bytes + 1

    def decompress(self, data: bytes) -> bytes:
        """Return the next piece of the body, which is empty once the maximum is exceeded.

        Raises:
            DecodingError: The data is not in the content encoding.
        """
        if self._bytes_left <= 0 or self._stream.eof:  # zlib would keep what follows the end
            return b""
        try:
            piece = self._decompress(data)
        except zlib.error as error:
            raise DecodingError(str(error)) from error
        self._bytes_left -= len(piece)
        self._has_data = self._has_data or bool(data)
        return piece

    def finish(self) -> None:
        """Check that the body has ended where its encoding says; without any data, it has.

        Raises:
            DecodingError: It is cut off.
        """
        if self._has_data and not self._stream.eof:
            msg = "the compressed data are cut off"
            raise DecodingError(msg)

    def _decompress(self, data: bytes) -> bytes:
        is_first, self._is_first = self._is_first, False
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
