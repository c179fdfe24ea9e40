"""Run the HTTP server in this process until a signal stops it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from dockerhub_mcp.server.http.runtime.listener import (
    ListenConfig,
    open_listeners,
    validate_trusted_proxies,
)
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownController
from dockerhub_mcp.server.http.runtime.tls import create_ssl_context
from dockerhub_mcp.server.http.runtime.uvicorn_server import AppFactory, run_app
from dockerhub_mcp.server.stop_guard import HANG_TIMEOUT, StopGuard
from dockerhub_mcp.server.stop_signals import list_stop_signals

__all__ = ["AppFactory", "ListenConfig", "run_http_server"]

EXIT_FAILURE = 1
EXIT_INTERRUPTED = 130


def run_http_server(
    listen_config: ListenConfig, create_app: AppFactory, *, announce: Callable[[str], None]
) -> int:
    """Serve over HTTP until a signal stops the server.

    The first SIGTERM, SIGHUP or SIGINT begins a graceful shutdown: the server keeps serving for `drain_delay`
    seconds while it reports that it is not ready, then closes its listener and finishes the calls under way
    within `grace_period` seconds. A second signal cuts them off. Where a thread hangs, the process ends
    without it a few seconds later, or at a third signal.

    Args:
        listen_config: Address, TLS files, timeouts and limits.
        create_app: Creates the application.
        announce: Called with the base URL once the server accepts connections.

    Returns:
        The exit code: 0 after SIGTERM or SIGHUP, 130 after SIGINT, 1 if the server failed.

    Raises:
        SettingsError: The address or a file cannot be used; the message names the option.
    """
    validate_trusted_proxies(listen_config)
    ssl_context = create_ssl_context(listen_config.tls_cert, listen_config.tls_key)
    with open_listeners(listen_config) as (listeners, url):
        shutdown = ShutdownController()
        time_to_stop = listen_config.drain_delay + listen_config.grace_period + HANG_TIMEOUT
        with _handle_signals(shutdown, time_to_stop) as received:
            succeeded = run_app(
                listeners,
                listen_config,
                ssl_context,
                create_app=create_app,
                shutdown=shutdown,
                on_ready=lambda: announce(url),
            )
    if not succeeded:
        return EXIT_FAILURE
    return EXIT_INTERRUPTED if received[:1] == [signal.SIGINT] else 0


@contextmanager
def _handle_signals(shutdown: ShutdownController, time_to_stop: float) -> Iterator[list[int]]:
    """Stop gracefully at the first signal, at once at the second, and end the process at the third.

    Args:
        shutdown: Stops the server.
        time_to_stop: Seconds after the first signal until the process ends in any case.

    Yields:
        The numbers of the signals received so far.
    """
    received: list[int] = []
    guard = StopGuard()

    def handle_signal(number: int, _: FrameType | None) -> None:
        received.append(number)
        exit_code = EXIT_INTERRUPTED if received[0] == signal.SIGINT else 0
        if len(received) == 1:
            guard.set_limit(exit_code, time_to_stop)
            shutdown.request_shutdown()
        elif len(received) == 2:  # noqa: PLR2004
            guard.set_limit(exit_code, HANG_TIMEOUT)
            shutdown.force_shutdown()
        else:
            os._exit(exit_code)

    before = {number: signal.signal(number, handle_signal) for number in list_stop_signals()}
    try:
        yield received
    finally:
        guard.disarm()
        for number, handler in before.items():
            signal.signal(number, handler)
