"""The garbage collector of the tests' process while a program runs in it."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def untouched_garbage_collector() -> Iterator[None]:
    """Keep a program from tuning the garbage collector as for a process that only serves.

    To search the objects of all tests, as a program searches its own when it starts, takes a third of a second;
    and what it exempts from collection would stay in memory after it.
    """
    thresholds = gc.get_threshold()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda _generation=2: 0)
        patch.setattr(gc, "freeze", lambda: None)
        try:
            yield
        finally:
            gc.set_threshold(*thresholds)
