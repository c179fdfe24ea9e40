"""Serving over stdio until the input ends or a signal arrives."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

import anyio
from mcp.server.lowlevel import Server

from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.server.instructions import build_instructions
from dockerhub_mcp.server.stdio.fast_start import StartupInput
from dockerhub_mcp.server.stdio.transport import open_stdio_streams
from dockerhub_mcp.server.stop_guard import HANG_TIMEOUT, StopGuard
from dockerhub_mcp.server.stop_signals import list_stop_signals
from dockerhub_mcp.server.telemetry.instrumentation import Observers

logger = logging.getLogger(__name__)

_WARM_UP_DELAY = 0.2  # seconds in which a host requests the tools; after that the server is idle


async def serve_stdio(
    context: RequestContext,
    *,
    in_sandbox: bool = False,
    names: str = "",
    startup_input: StartupInput | None = None,
    observers: Observers | None = None,
    stop_guard: StopGuard | None = None,
) -> int:
    """Serve one client over standard input and output, and return the exit code.

    The exit code is 0 at the end of the input, on SIGTERM and on SIGHUP, and 130 on SIGINT. A signal cancels
    calls in progress; at the end of the input they are answered first.

    Args:
        context: The tools, and the context that they run with.
        in_sandbox: Whether the Hub is the embedded sandbox.
        names: The value of `--names`, which the instructions depend on.
        startup_input: Input that the fast start read and partly answered.
        observers: Observers of each message, for logs, metrics and traces.
        stop_guard: Ends the process where stopping takes too long, and at a second signal.
    """
    server = build_server(
        context,
        instructions=build_instructions(
            in_sandbox=in_sandbox, names=names, tools=context.registry.tool_names
        ),
        in_sandbox=in_sandbox,
        observers=observers,
        all_tools=context.registry.all_tools,
    )
    hub, tools = context.tool_context.hub, len(context.registry.tool_names)
    logger.info("serving", extra={"hub": "sandbox" if in_sandbox else hub.host, "tools": tools})
    exit_code = 0
    async with anyio.create_task_group() as tasks:

        async def watch() -> None:
            nonlocal exit_code
            with anyio.open_signal_receiver(*list_stop_signals()) as signals:
                async for received in signals:
                    logger.info("stopping", extra={"signal": signal.Signals(received).name})
                    exit_code = 130 if received == signal.SIGINT else 0
                    break
            if stop_guard is not None:  # after the receiver, which restores the handlers before it
                stop_guard.end_at_next_signal(exit_code)
            tasks.cancel_scope.cancel()

        async def warm() -> None:
            await anyio.sleep(_WARM_UP_DELAY)
            hub.warm_up()

        if sys.platform != "win32":
            tasks.start_soon(watch)
        tasks.start_soon(warm)
        try:
            await _run_server(server, startup_input or StartupInput())
        finally:
            if stop_guard is not None:
                stop_guard.set_limit(exit_code, HANG_TIMEOUT)
        tasks.cancel_scope.cancel()
    return exit_code


async def _run_server(server: Server[Any], startup_input: StartupInput) -> None:
    async with open_stdio_streams(startup_input) as (inbound, outbound):
        await server.run(inbound, outbound, server.create_initialization_options())
