"""Tune the garbage collector for a process that loads much and then serves."""

from __future__ import annotations

import gc


def enable_garbage_collector() -> None:
    """Enable collection, if it was disabled while the program was loading, and exempt what was loaded."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def tune_garbage_collector() -> None:
    """Enable collection, exempt what is loaded so far, and collect less often.

    A page of tags creates thousands of objects, none of which is garbage before the response is written.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()
