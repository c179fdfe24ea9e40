"""Running the web server: in this process, or in workers that this process looks after."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.server.http.runtime.listener import Listen, check_proxies, listening, tls_of
from dockerhub_mcp.server.http.runtime.uvicorn_server import MakeApp, Stop, run_app

__all__ = ["Listen", "MakeApp", "serve_http"]

FAILED = 1
INTERRUPTED = 130


def serve_http(
    listen: Listen,
    make_app: MakeApp,
    *,
    announce: Callable[[str], None],
    on_worker: Callable[[int], None] = lambda number: None,  # noqa: ARG005
) -> int:
    """Serve over HTTP until a signal comes, and return the exit code.

    That is 0 after SIGTERM, 130 after SIGINT, and 1 when a worker cannot start. Calls under way are answered
    first, for `grace` seconds; a second signal cuts them off, a third kills. `announce` is told the URL once
    all workers listen. Each process that serves tells `on_worker` its number, from 0, before it does. With
    several workers each of them is a fork of this process, which must not have started a thread or an event
    loop.

    Raises:
        SettingsError: The address or a file cannot be used; the message names the option.
    """
    if listen.workers > 1 and not hasattr(os, "fork"):
        msg = "--workers must be 1 on this system, which cannot fork; start several servers instead"
        raise SettingsError(msg)
    check_proxies(listen)
    tls = tls_of(listen)
    with listening(listen) as (listeners, url):
        if listen.workers == 1:
            on_worker(0)
            stop = Stop()
            with _heeding(stop) as received:
                went_well = run_app(
                    listeners[0],
                    listen,
                    tls,
                    make_app=make_app,
                    stop=stop,
                    on_ready=lambda: announce(url),
                )
            if not went_well:
                return FAILED
            return INTERRUPTED if received[:1] == [signal.SIGINT] else 0

        # Windows has no part of what it needs.
        from dockerhub_mcp.server.http.runtime.supervisor import run_workers  # noqa: PLC0415

        def work(number: int, make_app: MakeApp, stop: Stop, on_ready: Callable[[], None]) -> bool:
            on_worker(number)
            return run_app(listeners[number], listen, tls, make_app=make_app, stop=stop, on_ready=on_ready)

        return run_workers(listeners, work, make_app, grace=listen.grace, on_ready=lambda: announce(url))


@contextmanager
def _heeding(stop: Stop) -> Iterator[list[int]]:
    """Have signals stop the server: the first gently, the second at once, the third whatever happens."""
    received: list[int] = []

    def heed(number: int, _: FrameType | None) -> None:
        received.append(number)
        if len(received) == 1:
            stop.begin()
        elif len(received) == 2:  # noqa: PLR2004
            stop.at_once()
        else:
            os._exit(FAILED)

    before = {number: signal.signal(number, heed) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
