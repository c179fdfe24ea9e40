"""An event loop clock that jumps to the next timer whenever the loop is idle.

Deadlines and delays then take no real time and never depend on the speed of the machine. It is for tests within
one process: a socket would be overtaken by the clock. Worker threads of anyio are waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from anyio import to_thread


@contextmanager
def virtual_time() -> Iterator[None]:
    """Let the running event loop skip its waits."""
    loop: Any = asyncio.get_running_loop()
    selector = loop._selector
    real_select = selector.select
    threads = to_thread.current_default_thread_limiter()
    now: float = loop.time()

    def read_time() -> float:
        return now

    def select(timeout: float | None = None) -> Any:
        nonlocal now
        events = real_select(timeout if timeout is None or threads.borrowed_tokens else 0)
        if not events and timeout and not threads.borrowed_tokens:
            now += timeout
        return events

    with (
        mock.patch.object(loop, "time", read_time),
        mock.patch.object(selector, "select", select),
    ):
        yield
