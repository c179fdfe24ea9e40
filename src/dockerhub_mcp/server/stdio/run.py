"""Running the server over stdio until its input ends or a signal comes."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

import anyio
from mcp.server.lowlevel import Server

from dockerhub_mcp.server.factory import Results, Service, build
from dockerhub_mcp.server.instructions import instructions
from dockerhub_mcp.server.stdio.fast_start import Heard
from dockerhub_mcp.server.stdio.transport import stdio
from dockerhub_mcp.server.telemetry.instrumentation import Observers

logger = logging.getLogger(__name__)

_THINKING = 0.2  # seconds in which a host asks for the tools, and behind which it thinks


async def serve_stdio(
    service: Service,
    *,
    results: Results,
    in_sandbox: bool = False,
    heard: Heard | None = None,
    observers: Observers | None = None,
) -> int:
    """Serve one client over standard input and output, and return the exit code.

    What was heard and answered before all this was loaded is taken up where it was left.

    Ends with 0 when the input ends or on SIGTERM, with 130 on SIGINT. Calls under way are cancelled by a
    signal; at the end of the input they are answered first.
    """
    server = build(
        service,
        results=results,
        instructions=instructions(in_sandbox=in_sandbox),
        in_sandbox=in_sandbox,
        observers=observers,
    )
    hub, tools = service.hub, len(service.registry.tools)
    logger.info("serving", extra={"hub": "sandbox" if in_sandbox else hub.host, "tools": tools})
    exit_code = 0
    async with anyio.create_task_group() as tasks:

        async def watch() -> None:
            nonlocal exit_code
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for received in signals:
                    logger.info("stopping", extra={"signal": signal.Signals(received).name})
                    exit_code = 130 if received == signal.SIGINT else 0
                    tasks.cancel_scope.cancel()

        async def warm() -> None:
            await anyio.sleep(_THINKING)
            hub.warm()

        if sys.platform != "win32":
            tasks.start_soon(watch)
        tasks.start_soon(warm)
        await _serve(server, heard or Heard())
        tasks.cancel_scope.cancel()
    return exit_code


async def _serve(server: Server[Any], heard: Heard) -> None:
    async with stdio(heard) as (inbound, outbound):
        await server.run(inbound, outbound, server.create_initialization_options())
