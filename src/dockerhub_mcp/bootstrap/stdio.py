"""Serve over stdio. Until the SDK is loaded, prebuilt responses answer what hosts ask first."""

from __future__ import annotations

import gc
import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TextIO

from dockerhub_mcp.bootstrap.variables import check_variables
from dockerhub_mcp.config import Settings
from dockerhub_mcp.server.stdio.fast_start import StartupInput, load_prebuilt_responses, respond_while_loading
from dockerhub_mcp.server.telemetry.otel_config import (
    attach_telemetry,
    read_exporters,
    select_installed_exporters,
)
from dockerhub_mcp.server.telemetry.otel_exporters import Exporters

logger = logging.getLogger(__name__)


def serve_stdio(settings: Settings, environment: Mapping[str, str], *, log_stream: TextIO) -> int:
    """Serve one client over standard input and output, and return the exit code.

    Args:
        settings: Settings without a fatal problem.
        environment: The variables to find credentials and exporters in.
        log_stream: Where log lines are written.
    """
    exporters = read_exporters(environment)
    startup_input = _respond_while_loading(settings, exporters)

    # Imported here because they take ten times as long as the prebuilt responses, which hosts wait for.
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
    from dockerhub_mcp.server.stdio.run import serve_stdio as serve_client  # noqa: PLC0415
    from dockerhub_mcp.server.stop_guard import StopGuard  # noqa: PLC0415
    from dockerhub_mcp.server.telemetry.instrumentation import Observers  # noqa: PLC0415

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
            return await serve_client(
                RequestContext(
                    registry, build_tool_context(settings, hub, mutation_policy, hubs.registry_for)
                ),
                in_sandbox=settings.sandbox,
                names=settings.names,
                startup_input=startup_input,
                observers=observers,
                stop_guard=stop_guard,
            )

    try:
        with attach_telemetry(select_installed_exporters(exporters), observers):
            return anyio.run(run_server)
    finally:
        mutation_policy.close()
        stop_guard.disarm()


def _respond_while_loading(settings: Settings, exporters: Exporters) -> StartupInput | None:
    """Load the server, answering from prebuilt responses meanwhile; return what was read, if anything was.

    The responses are freed on return: the SDK holds the same texts by then.
    """
    responses = load_prebuilt_responses(settings)
    if responses is None:
        return None
    return respond_while_loading(responses, partial(_load_server, with_telemetry=bool(exporters)))


def _load_server(*, with_telemetry: bool) -> None:
    """Import what serving needs, with garbage collection off: nothing that an import creates is garbage."""
    gc.collect()  # frees the argument parser before memory is taken for the rest
    gc.disable()
    import dockerhub_mcp.bootstrap.hubs  # noqa: PLC0415
    import dockerhub_mcp.server.stdio.run  # noqa: PLC0415
    from dockerhub_mcp.bootstrap.garbage_collector import tune_garbage_collector  # noqa: PLC0415

    if with_telemetry:
        with suppress(ImportError):
            import dockerhub_mcp.server.telemetry.otel  # noqa: F401, PLC0415

    tune_garbage_collector()
    gc.enable()
