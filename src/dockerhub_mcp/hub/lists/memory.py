"""Return freed memory to the operating system.

The bodies of large pages leave gaps of many megabytes, which glibc would not return by itself.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

_MIN_BYTES = 4 * 1024 * 1024  # of bodies, of which fewer leave gaps not worth the time
_DELAY = 2.0  # seconds, in which a burst of pages has mostly ended; also the shortest time between releases


class MemoryReleaser:
    """Releases free memory some time after many large bodies, on asyncio's event loop.

    Args:
        delay: The time in seconds.
    """

    def __init__(self, delay: float = _DELAY) -> None:
        self._delay = delay
        self._unreleased_bytes = 0
        self._loop: asyncio.AbstractEventLoop | None = None  # that has a timer

    def record_body(self, size: int) -> None:
        """Record the bytes of a large body that has been read and is no longer needed."""
        self._unreleased_bytes += size
        if self._unreleased_bytes < _MIN_BYTES:
            return
        with suppress(RuntimeError):  # another event loop
            loop = asyncio.get_running_loop()
            if self._loop is not loop:
                self._loop = loop
                loop.call_later(self._delay, self._release)

    def _release(self) -> None:
        self._unreleased_bytes, self._loop = 0, None
        release_free_memory()


releaser = MemoryReleaser()
"""The releaser of this process."""


def release_free_memory() -> None:
    """Return the memory that the C library keeps for later allocations; do nothing where it cannot."""
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 - takes milliseconds to load, and few calls need it

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl does not
    if trim is not None:
        trim(0)
