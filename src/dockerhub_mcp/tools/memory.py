"""Return freed memory to the operating system."""

from __future__ import annotations

import ctypes
import sys


def release_free_memory() -> None:
    """Return the memory that the C library keeps for later allocations; do nothing where it cannot.

    The bodies of a long list's pages leave gaps of many megabytes, which glibc would not return by itself.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl does not
    if trim is not None:
        trim(0)
