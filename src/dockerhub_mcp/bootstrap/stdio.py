"""Serve over stdio. While the program is loading, prebuilt responses answer what hosts ask first."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TextIO

from dockerhub_mcp.bootstrap.variables import check_variables
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub.deferred_modules import defer_initialization
from dockerhub_mcp.server.plain.prebuilt import PrebuiltResults, list_enabled_tools, load_prebuilt_results
from dockerhub_mcp.server.stdio.session import StdioSession
from dockerhub_mcp.server.stdio.startup import Startup, respond_while_loading
from dockerhub_mcp.server.stop_signals import exit_on_stop_signals
from dockerhub_mcp.server.telemetry.otel_config import (
    attach_telemetry,
    read_exporters,
    select_installed_exporters,
)

if TYPE_CHECKING:
    from dockerhub_mcp.server.context import RequestContext
    from dockerhub_mcp.server.sdk import SDKServer
    from dockerhub_mcp.server.telemetry.observers import Observers

logger = logging.getLogger(__name__)


def serve_stdio(settings: Settings, environment: Mapping[str, str], *, log_stream: TextIO) -> int:
    """Serve one client over standard input and output, and return the exit code.

    Args:
        settings: Settings without a fatal problem.
        environment: The variables to find credentials and exporters in.
        log_stream: Where log lines are written.
    """
    with exit_on_stop_signals():  # until the event loop receives them
        return _serve(settings, environment, log_stream=log_stream)


def _serve(settings: Settings, environment: Mapping[str, str], *, log_stream: TextIO) -> int:
    exporters = read_exporters(environment)
    tools = list_enabled_tools(settings)
    prebuilt = load_prebuilt_results(settings, tools)
    startup = _start(prebuilt, tools, with_telemetry=bool(exporters))

    # Imported here because they take much longer than the prebuilt responses, which hosts wait for.
    import anyio  # noqa: PLC0415

    from dockerhub_mcp.bootstrap.hubs import (  # noqa: PLC0415
        HubFactory,
        build_mutation_policy,
        build_registry,
        build_tool_context,
    )
    from dockerhub_mcp.bootstrap.logs_directory import resolve_logs_dir  # noqa: PLC0415
    from dockerhub_mcp.logs import configure_logging  # noqa: PLC0415
    from dockerhub_mcp.server.context import RequestContext  # noqa: PLC0415
    from dockerhub_mcp.server.plain.dispatcher import PlainDispatcher  # noqa: PLC0415
    from dockerhub_mcp.server.stdio.run import serve_stdio as serve_client  # noqa: PLC0415
    from dockerhub_mcp.server.stop_guard import StopGuard  # noqa: PLC0415
    from dockerhub_mcp.server.telemetry.observers import Observers  # noqa: PLC0415

    registry, mutation_policy = build_registry(settings), build_mutation_policy(settings)
    observers = Observers()
    hubs = HubFactory(settings, environment, on_attempt=observers.on_attempt if exporters else None)
    configure_logging(
        settings.log_level,
        as_json=settings.log_format == "json",
        redact=hubs.redactor.redact_log,
        stream=log_stream,
        directory=resolve_logs_dir(settings),
    )
    for problem in check_variables(environment):
        logger.warning(str(problem))
    hub = hubs.create_hub()

    stop_guard = StopGuard()

    async def run_server() -> int:
        async with hubs:
            context = RequestContext(
                registry, build_tool_context(settings, hub, mutation_policy, hubs.registry_for)
            )
            logger.info(
                "serving", extra={"hub": "sandbox" if settings.sandbox else hub.host, "tools": len(tools)}
            )
            return await serve_client(
                context,
                PlainDispatcher(prebuilt, observers, frozenset(registry.all_tool_names)),
                partial(_build_sdk_server, settings, context, observers),
                startup,
                stop_guard=stop_guard,
            )

    try:
        with attach_telemetry(select_installed_exporters(exporters), observers):
            return anyio.run(run_server)
    finally:
        mutation_policy.close()
        stop_guard.disarm()


def _build_sdk_server(settings: Settings, context: RequestContext, observers: Observers) -> SDKServer:
    """Load the SDK, which takes half a second, and build the server for what is no plain request."""
    from dockerhub_mcp.server.factory import build_server  # noqa: PLC0415
    from dockerhub_mcp.server.instructions import build_instructions  # noqa: PLC0415

    return build_server(
        context,
        instructions=build_instructions(
            in_sandbox=settings.sandbox, names=settings.names, tools=context.registry.tool_names
        ),
        in_sandbox=settings.sandbox,
        observers=observers,
        names=settings.names,
    )


def _start(prebuilt: PrebuiltResults, tools: list[str], *, with_telemetry: bool) -> Startup:
    """Load the program, answering from prebuilt responses meanwhile."""
    load = partial(load_program, with_telemetry=with_telemetry)
    if sys.platform == "win32":  # its `select` cannot wait for standard input
        load()
        return Startup(StdioSession(prebuilt.versions))
    return respond_while_loading(prebuilt, tools, load)


def load_program(*, with_telemetry: bool) -> None:
    """Import what serving needs, with garbage collection off: nothing that an import creates is garbage.

    Args:
        with_telemetry: Whether signals are exported.
    """
    if "argparse" in sys.modules:
        gc.collect()  # frees the parser before memory is taken for the rest; else little is garbage
    gc.disable()
    # Slow to load; pydantic imports a function of it, and does not call that: see `skip_pydantic_plugins`.
    defer_initialization("importlib.metadata", "entry_points")
    import dockerhub_mcp.bootstrap.hubs  # noqa: PLC0415
    import dockerhub_mcp.server.stdio.run  # noqa: PLC0415
    from dockerhub_mcp.bootstrap.garbage_collector import tune_garbage_collector  # noqa: PLC0415

    if with_telemetry:
        with suppress(ImportError):
            import dockerhub_mcp.server.telemetry.otel  # noqa: F401, PLC0415

    tune_garbage_collector()
