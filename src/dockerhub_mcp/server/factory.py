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
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.server import resources
from dockerhub_mcp.server.elicitation import Elicitor, InputRequired
from dockerhub_mcp.server.handlers import Handlers, reject_cursor
from dockerhub_mcp.server.instructions import INSTRUCTIONS
from dockerhub_mcp.server.prompts.catalog import PROMPTS
from dockerhub_mcp.server.sdk import create_sdk_server
from dockerhub_mcp.server.telemetry.instrumentation import Observers
from dockerhub_mcp.tools.cache import CacheEpoch, ResultCache
from dockerhub_mcp.tools.call import OnProgress, call_tool
from dockerhub_mcp.tools.catalog.registry import Registry, UnknownNameError
from dockerhub_mcp.tools.catalog.schema import build_input_schema, build_tool_entry
from dockerhub_mcp.tools.mutations.execute import MutationPolicy
from dockerhub_mcp.tools.results.results import DEFAULT_MAX_BYTES

UNTRUSTED_META_KEY = resources.UNTRUSTED_META_KEY
_METHODS_BY_TOOL = {method.tool_name: method for method in ALL_METHODS}


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What one request is served with.

    Attributes:
        hub: Where its calls go, as whom.
        registry: Which tools there are for it.
        mutation_policy: How its changes are made; whom to ask is added for each call.
    """

    hub: Hub
    registry: Registry
    mutation_policy: MutationPolicy = field(default_factory=MutationPolicy)


@dataclass(frozen=True, slots=True)
class ResultOptions:
    """How results are given.

    Attributes:
        with_data: As data beside the text, with output schemas; most hosts would show their model one of the
            two, some both.
        max_bytes: Bytes of text that a result may have.
        walk_timeout: Seconds after which a walk over pages returns what it has.
        cache_ttl: Seconds that the result of a read is kept; 0 for not at all.
    """

    with_data: bool = False
    max_bytes: int = DEFAULT_MAX_BYTES
    walk_timeout: float = 120.0
    cache_ttl: float = 30.0


def build_result_options(settings: Settings) -> ResultOptions:
    """Return how the settings want results."""
    return ResultOptions(
        with_data=settings.results == "both",
        max_bytes=settings.max_result_bytes,
        walk_timeout=settings.walk_timeout,
        cache_ttl=settings.cache_ttl,
    )


RequestContextResolver = Callable[[Any], RequestContext]
"""Finds the service of a request by its context."""


def build_server(
    resolve_context: RequestContextResolver | RequestContext,
    *,
    result_options: ResultOptions = ResultOptions(),
    instructions: str = INSTRUCTIONS,
    elicitor: Elicitor | None = None,
    lists_are_shared: bool = True,
    cache_epoch: CacheEpoch | None = None,
    in_sandbox: bool = False,
    observers: Observers | None = None,
) -> Server[Any]:
    """Make the server.

    Args:
        resolve_context: What requests are served with; one service where all are served alike.
        result_options: How results are given.
        instructions: What a host tells its model about the server.
        elicitor: How people are asked; by default with a key that lives and dies with this server.
        lists_are_shared: Whether every caller is shown the same tools.
        cache_epoch: Where changes are noted that end what is kept of reads, by other processes too.
        in_sandbox: Whether the Hub is the embedded one.
        observers: Who is told of each message.
    """
    elicitor = elicitor or Elicitor()
    reads = ResultCache(result_options.cache_ttl, epoch=cache_epoch)
    find: RequestContextResolver = (
        (lambda _: resolve_context) if isinstance(resolve_context, RequestContext) else resolve_context
    )

    async def list_tools(ctx: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        reject_cursor(params)
        return types.ListToolsResult(
            tools=[_build_tool(method, result_options.with_data) for method in find(ctx).registry.tools]
        )

    async def handle_call_tool(
        ctx: Any, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        service = find(ctx)
        try:
            outcome = await call_tool(
                service.hub,
                service.registry,
                params.name,
                params.arguments or {},
                pagination_timeout=result_options.walk_timeout,
                on_progress=_create_progress_reporter(ctx),
                policy=replace(service.mutation_policy, confirmer=elicitor.confirmer_for(ctx, params)),
                max_bytes=result_options.max_bytes,
                cache=reads,
                include_structured=result_options.with_data,
            )
        except InputRequired as waiting:
            return waiting.result
        except UnknownNameError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=outcome.text)],
            structured_content=outcome.structured_content if result_options.with_data else None,
            is_error=outcome.is_error,
            _meta={UNTRUSTED_META_KEY: list(outcome.untrusted_fields)} if outcome.untrusted_fields else None,
        )

    beside = Handlers(find, reads, result_options.max_bytes, result_options.cache_ttl, in_sandbox)
    return create_sdk_server(
        elicitor,
        instructions=instructions,
        find_input_schema=_find_input_schema,
        lists_are_shared=lists_are_shared,
        observers=observers,
        known_targets={
            "tools/call": _METHODS_BY_TOOL.keys(),
            "prompts/get": {prompt.name for prompt in PROMPTS},
        },
        on_list_tools=list_tools,
        on_call_tool=handle_call_tool,
        **beside.as_sdk_handlers(),
    )


@cache
def _build_tool(method: type[Method[Any]], with_data: bool) -> types.Tool:
    published = dict(build_tool_entry(method))
    if not with_data:
        del published["outputSchema"]  # it promises data
    return types.Tool.model_validate(published)


@cache
def _find_input_schema(tool_name: str) -> dict[str, Any] | None:
    method = _METHODS_BY_TOOL.get(tool_name)
    return None if method is None else build_input_schema(method)


def _create_progress_reporter(ctx: Any) -> OnProgress:
    async def report_progress(done: int, total: int | None) -> None:
        message = f"{done} of {total} items read" if total else f"{done} items read"
        await ctx.session.report_progress(float(done), None if total is None else float(total), message)

    return report_progress
