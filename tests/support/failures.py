"""Naming the case that failed where one test checks many cases in a loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def failures_named(case: object) -> Iterator[None]:
    """Add the name of a case to any exception raised in the block, as a note in the traceback."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in the case: {case}")
        raise
