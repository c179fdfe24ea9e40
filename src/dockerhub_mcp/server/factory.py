"""The MCP server: tools, prompts, resources and completions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from dockerhub_mcp.server.context import RequestContext, RequestContextResolver
from dockerhub_mcp.server.deferred_handlers import defer_handlers
from dockerhub_mcp.server.elicitation import Elicitor, InputRequired
from dockerhub_mcp.server.instructions import INSTRUCTIONS
from dockerhub_mcp.server.progress import create_progress_reporter
from dockerhub_mcp.server.prompts.catalog import PROMPTS
from dockerhub_mcp.server.sdk import SDKServer, create_sdk_server, reject_cursor
from dockerhub_mcp.server.telemetry.observers import Observers
from dockerhub_mcp.tools.access import resolve_tool_name
from dockerhub_mcp.tools.call import call_tool, record_unsent_call
from dockerhub_mcp.tools.catalog.registry import UnknownNameError
from dockerhub_mcp.tools.catalog.tool_lists import list_tool_infos, load_tool
from dockerhub_mcp.tools.meta_keys import UNTRUSTED_META_KEY
from dockerhub_mcp.tools.mutations.audit_recorder import Outcome
from dockerhub_mcp.tools.tool import Tool


def build_server(
    resolve_context: RequestContextResolver | RequestContext,
    *,
    instructions: str = INSTRUCTIONS,
    elicitor: Elicitor | None = None,
    lists_are_shared: bool = True,
    in_sandbox: bool = False,
    observers: Observers | None = None,
    names: str = "",
) -> SDKServer:
    """Build the MCP server.

    Args:
        resolve_context: Returns the context of a request, or the context of all requests.
        instructions: The server's instructions for the model.
        elicitor: Asks users for confirmations; by default with a key that exists in this process only.
        lists_are_shared: Whether every caller sees the same tools, so that shared caches may keep the lists.
        in_sandbox: Whether the Hub is the embedded sandbox.
        observers: Observers of each message, for logs, metrics and traces.
        names: The value of `--names`, which decides under which names tools are known.
    """
    elicitor = elicitor or Elicitor()
    resolve: RequestContextResolver = (
        (lambda _: resolve_context) if isinstance(resolve_context, RequestContext) else resolve_context
    )

    known_names = frozenset(info.name for info in list_tool_infos(names))

    def find_tool(name: str) -> Tool | None:
        name = resolve_tool_name(name)
        return load_tool(name) if name in known_names else None

    async def list_tools(ctx: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        reject_cursor(params)
        request = resolve(ctx)
        with_schema = request.tool_context.result_options.include_structured
        return types.ListToolsResult(
            tools=[_build_tool(tool, with_schema) for tool in request.registry.tools]
        )

    async def handle_call_tool(
        ctx: Any, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        request = resolve(ctx)
        context = replace(
            request.tool_context,
            confirmer=elicitor.confirmer_for(ctx, params),
            on_progress=create_progress_reporter(ctx.session.report_progress),
        )
        try:
            result = await call_tool(request.registry, context, params.name, params.arguments or {})
        except InputRequired as pending:
            return pending.result
        except UnknownNameError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        include_structured = context.result_options.include_structured
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=result.text)],
            structured_content=result.structured_content if include_structured else None,
            is_error=result.is_error,
            _meta={UNTRUSTED_META_KEY: list(result.untrusted_fields)} if result.untrusted_fields else None,
        )

    async def record_rejected_answer(ctx: Any) -> None:
        request, params = resolve(ctx), ctx.params or {}
        tool = find_tool(str(params.get("name")))
        arguments = params.get("arguments")
        if tool is not None:
            await record_unsent_call(
                request.tool_context,
                tool,
                arguments if isinstance(arguments, dict) else {},
                Outcome.DECLINED,
                "the answer came too late, or was for another call",
            )

    def find_input_schema(name: str) -> dict[str, Any] | None:
        tool = find_tool(name)
        return None if tool is None else tool.input_schema

    deferred = defer_handlers(resolve, in_sandbox=in_sandbox, lists_are_shared=lists_are_shared)
    return create_sdk_server(
        elicitor,
        instructions=instructions,
        find_input_schema=find_input_schema,
        lists_are_shared=lists_are_shared,
        observers=observers,
        known_targets={
            "tools/call": known_names,
            "prompts/get": {prompt.name for prompt in PROMPTS},
        },
        on_list_tools=list_tools,
        on_call_tool=handle_call_tool,
        on_rejected_state=record_rejected_answer,
        skill_handlers=deferred.of_skills,
        **deferred.of_sdk,
    )


@cache
def _build_tool(tool: Tool, with_output_schema: bool) -> types.Tool:
    """Return the tool for `tools/list`; an output schema promises structured content."""
    listing = dict(tool.listing)
    if not with_output_schema:
        del listing["outputSchema"]
    return types.Tool.model_validate(listing)
