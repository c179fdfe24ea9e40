"""The MCP server: what it offers, over the tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import Hub, Method
from dockerhub_mcp.hub.methods import CATALOGUE
from dockerhub_mcp.server import resources
from dockerhub_mcp.server.elicitation import Asking, SuspendedError
from dockerhub_mcp.server.handlers import Beside, no_cursor
from dockerhub_mcp.server.instructions import INSTRUCTIONS
from dockerhub_mcp.server.prompts.catalog import PROMPTS
from dockerhub_mcp.server.sdk import assemble
from dockerhub_mcp.server.telemetry.instrumentation import Observers
from dockerhub_mcp.tools.cache import Changes, Reads
from dockerhub_mcp.tools.call import Report, call_tool
from dockerhub_mcp.tools.catalog.registry import Registry, UnknownNameError
from dockerhub_mcp.tools.catalog.schema import entry, input_schema
from dockerhub_mcp.tools.mutations.execute import Writing
from dockerhub_mcp.tools.results.results import ROOM

UNTRUSTED = resources.UNTRUSTED
_METHODS = {method.tool: method for method in CATALOGUE}


@dataclass(frozen=True, slots=True)
class Service:
    """What one request is served with.

    Attributes:
        hub: Where its calls go, as whom.
        registry: Which tools there are for it.
        writing: How its changes are made; whom to ask is added for each call.
    """

    hub: Hub
    registry: Registry
    writing: Writing = field(default_factory=Writing)


@dataclass(frozen=True, slots=True)
class Results:
    """How results are given.

    Attributes:
        with_data: As data beside the text, with output schemas; most hosts would show their model one of the
            two, some both.
        room: Bytes of text that a result may have.
        walk_timeout: Seconds after which a walk over pages returns what it has.
        cache_ttl: Seconds that the result of a read is kept; 0 for not at all.
    """

    with_data: bool = False
    room: int = ROOM
    walk_timeout: float = 120.0
    cache_ttl: float = 30.0


def results_of(settings: Settings) -> Results:
    """Return how the settings want results."""
    return Results(
        with_data=settings.results == "both",
        room=settings.max_result_bytes,
        walk_timeout=settings.walk_timeout,
        cache_ttl=settings.cache_ttl,
    )


ServiceOf = Callable[[Any], Service]
"""Finds the service of a request by its context."""


def build(
    service_of: ServiceOf | Service,
    *,
    results: Results = Results(),
    instructions: str = INSTRUCTIONS,
    asking: Asking | None = None,
    lists_are_shared: bool = True,
    changes: Changes | None = None,
    in_sandbox: bool = False,
    observers: Observers | None = None,
) -> Server[Any]:
    """Make the server.

    Args:
        service_of: What requests are served with; one service where all are served alike.
        results: How results are given.
        instructions: What a host tells its model about the server.
        asking: How people are asked; by default with a key that lives and dies with this server.
        lists_are_shared: Whether every caller is shown the same tools.
        changes: Where changes are noted that end what is kept of reads, by other processes too.
        in_sandbox: Whether the Hub is the embedded one.
        observers: Who is told of each message.
    """
    asking = asking or Asking()
    reads = Reads(results.cache_ttl, changes=changes)
    find: ServiceOf = (lambda _: service_of) if isinstance(service_of, Service) else service_of

    async def list_tools(ctx: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        no_cursor(params)
        return types.ListToolsResult(
            tools=[_tool(method, results.with_data) for method in find(ctx).registry.tools]
        )

    async def call(
        ctx: Any, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        service = find(ctx)
        try:
            outcome = await call_tool(
                service.hub,
                service.registry,
                params.name,
                params.arguments or {},
                walk_timeout=results.walk_timeout,
                report=_reporter(ctx),
                writing=replace(service.writing, ask=asking.of(ctx, params)),
                room=results.room,
                reads=reads,
                with_data=results.with_data,
            )
        except SuspendedError as waiting:
            return waiting.result
        except UnknownNameError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=outcome.text)],
            structured_content=outcome.data if results.with_data else None,
            is_error=outcome.is_error,
            _meta={UNTRUSTED: list(outcome.untrusted)} if outcome.untrusted else None,
        )

    beside = Beside(find, reads, results.room, results.cache_ttl, in_sandbox)
    return assemble(
        asking,
        instructions=instructions,
        input_schema=_input_schema,
        lists_are_shared=lists_are_shared,
        observers=observers,
        known={*_METHODS, *(prompt.name for prompt in PROMPTS)},
        on_list_tools=list_tools,
        on_call_tool=call,
        **beside.handlers(),
    )


@cache
def _tool(method: type[Method[Any]], with_data: bool) -> types.Tool:
    published = dict(entry(method))
    if not with_data:
        del published["outputSchema"]  # it promises data
    return types.Tool.model_validate(published)


@cache
def _input_schema(name: str) -> dict[str, Any] | None:
    method = _METHODS.get(name)
    return None if method is None else input_schema(method)


def _reporter(ctx: Any) -> Report:
    async def report(done: int, total: int | None) -> None:
        message = f"{done} of {total} items read" if total else f"{done} items read"
        await ctx.session.report_progress(float(done), None if total is None else float(total), message)

    return report
