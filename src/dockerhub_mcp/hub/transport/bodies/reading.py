"""Read response bodies up to a maximum size, as they are sent and decompressed."""

from __future__ import annotations

from collections.abc import AsyncIterable

from dockerhub_mcp.hub.transport.backends import Request, too_large_error
from dockerhub_mcp.hub.transport.bodies.decompression import create_decompressors

_MAX_OVERHEAD_SHARE, _MAX_OVERHEAD_BYTES = 64, 1024  # of compression, for data that cannot be compressed


async def read_body(chunks: AsyncIterable[bytes], content_encoding: str, request: Request) -> bytes:
    """Return the body of a response, decompressed.

    Args:
        chunks: The body as it is sent.
        content_encoding: The value of the header.
        request: The request, with the maximum size.

    Raises:
        UnexpectedAnswer: The body is larger.
        DecodingError: It cannot be decompressed, or is cut off.
    """
    max_bytes = request.max_bytes
    max_received = max_bytes + max_bytes // _MAX_OVERHEAD_SHARE + _MAX_OVERHEAD_BYTES
    decompressors = create_decompressors(content_encoding, max_bytes) if content_encoding else ()
    pieces, size, received = [], 0, 0
    async for piece in chunks:
        received += len(piece)
        for decompressor in decompressors:
            piece = decompressor.decompress(piece)  # noqa: PLW2901 - each gets what the one before returned
        size += len(piece)
        if size > max_bytes or received > max_received:
            raise too_large_error(request)
        pieces.append(piece)
    for decompressor in decompressors:
        decompressor.finish()
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
