"""Serving over stdio until the input ends or a signal arrives."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
from anyio.abc import TaskStatus

from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.plain.dispatcher import Origin, PlainDispatcher
from dockerhub_mcp.server.protocol import INITIALIZED
from dockerhub_mcp.server.stdio.connection import StdioConnection
from dockerhub_mcp.server.stdio.lines import LineReader, take_standard_streams
from dockerhub_mcp.server.stdio.startup import Startup
from dockerhub_mcp.server.stop_guard import HANG_TIMEOUT, StopGuard
from dockerhub_mcp.server.stop_signals import list_stop_signals
from dockerhub_mcp.tools.request_context import RequestState

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

logger = logging.getLogger(__name__)

_WARM_UP_DELAY = 0.2  # seconds in which a host requests the tools; after that the server is idle


async def serve_stdio(
    context: RequestContext,
    dispatcher: PlainDispatcher,
    build_server: Callable[[], Server[Any]],
    startup: Startup,
    *,
    stop_guard: StopGuard | None = None,
) -> int:
    """Serve one client over standard input and output, and return the exit code.

    The exit code is 0 at the end of the input, on SIGTERM and on SIGHUP, and 130 on SIGINT. A signal cancels
    calls in progress; at the end of the input they are answered first.

    Args:
        context: The tools, and the context that they run with.
        dispatcher: Answers plain requests.
        build_server: Loads the SDK and builds the server for all other messages; called at most once.
        startup: What was read and answered while the program was loading.
        stop_guard: Ends the process where stopping takes too long, and at a second signal.
    """
    exit_code = 0
    async with anyio.create_task_group() as tasks:

        async def watch(*, task_status: TaskStatus[None]) -> None:
            nonlocal exit_code
            with anyio.open_signal_receiver(*list_stop_signals()) as signals:
                task_status.started()
                async for received in signals:
                    logger.info("stopping", extra={"signal": signal.Signals(received).name})
                    exit_code = 130 if received == signal.SIGINT else 0
                    break
            if stop_guard is not None:  # after the receiver, which restores the handlers before it
                stop_guard.end_at_next_signal(exit_code)
            tasks.cancel_scope.cancel()

        async def warm() -> None:
            await anyio.sleep(_WARM_UP_DELAY)
            context.tool_context.hub.warm_up()

        if sys.platform != "win32":
            await tasks.start(watch)  # before the first message is served
        tasks.start_soon(warm)
        try:
            await _serve_client(context, dispatcher, build_server, startup)
        finally:
            if stop_guard is not None:
                stop_guard.set_limit(exit_code, HANG_TIMEOUT)
        tasks.cancel_scope.cancel()
    return exit_code


async def _serve_client(
    context: RequestContext,
    dispatcher: PlainDispatcher,
    build_server: Callable[[], Server[Any]],
    startup: Startup,
) -> None:
    if sys.platform == "win32":  # pragma: no cover - its event loop cannot wait for descriptors
        from mcp.server.stdio import stdio_server  # noqa: PLC0415 - see above

        server = build_server()
        async with stdio_server() as (inbound, outbound):
            await server.run(inbound, outbound, server.create_initialization_options())
        return
    for request in startup.answered:
        dispatcher.observe_answered(request, Origin(context, RequestState()))
    if startup.has_notification:
        version = startup.session.spoken_version
        dispatcher.observe_notification(INITIALIZED, {}, RequestState(), version)
    startup.answered.clear()
    with take_standard_streams() as (in_fd, out_fd):
        connection = StdioConnection(
            context,
            dispatcher,
            startup.session,
            build_server,
            reader=LineReader(in_fd, startup.remainder),
            out_fd=out_fd,
        )
        await connection.serve()
