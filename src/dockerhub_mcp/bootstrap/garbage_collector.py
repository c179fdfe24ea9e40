"""Tune the garbage collector for a process that loads much and then serves."""

from __future__ import annotations

import gc


def tune_garbage_collector() -> None:
    """Exempt what is loaded so far from collection, and collect less often.

    A page of tags creates thousands of objects, none of which is garbage before the response is written.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
