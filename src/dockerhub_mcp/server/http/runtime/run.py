"""Running the web server: in this process, or in workers that this process looks after."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.server.http.runtime.listener import (
    ListenConfig,
    create_ssl_context,
    open_listeners,
    validate_trusted_proxies,
)
from dockerhub_mcp.server.http.runtime.uvicorn_server import AppFactory, ShutdownController, run_app

__all__ = ["AppFactory", "ListenConfig", "run_http_server"]

EXIT_FAILURE = 1
EXIT_INTERRUPTED = 130


def run_http_server(
    listen_config: ListenConfig,
    create_app: AppFactory,
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
    if listen_config.workers > 1 and not hasattr(os, "fork"):
        msg = "--workers must be 1 on this system, which cannot fork; start several servers instead"
        raise SettingsError(msg)
    validate_trusted_proxies(listen_config)
    tls = create_ssl_context(listen_config)
    with open_listeners(listen_config) as (listeners, url):
        if listen_config.workers == 1:
            on_worker(0)
            stop = ShutdownController()
            with _handle_signals(stop) as received:
                went_well = run_app(
                    listeners[0],
                    listen_config,
                    tls,
                    create_app=create_app,
                    shutdown=stop,
                    on_ready=lambda: announce(url),
                )
            if not went_well:
                return EXIT_FAILURE
            return EXIT_INTERRUPTED if received[:1] == [signal.SIGINT] else 0

        # Windows has no part of what it needs.
        from dockerhub_mcp.server.http.runtime.supervisor import run_workers  # noqa: PLC0415

        def work(
            number: int, make_app: AppFactory, stop: ShutdownController, on_ready: Callable[[], None]
        ) -> bool:
            on_worker(number)
            return run_app(
                listeners[number], listen_config, tls, create_app=make_app, shutdown=stop, on_ready=on_ready
            )

        return run_workers(
            listeners, work, create_app, grace=listen_config.grace_period, on_ready=lambda: announce(url)
        )


@contextmanager
def _handle_signals(shutdown: ShutdownController) -> Iterator[list[int]]:
    """Have signals stop the server: the first gently, the second at once, the third whatever happens."""
    received: list[int] = []

    def handle_signal(number: int, _: FrameType | None) -> None:
        received.append(number)
        if len(received) == 1:
            shutdown.request_shutdown()
        elif len(received) == 2:  # noqa: PLR2004
            shutdown.force_shutdown()
        else:
            os._exit(EXIT_FAILURE)

    before = {number: signal.signal(number, handle_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
