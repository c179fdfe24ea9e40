"""The context of one MCP request: the tools that it may use, and what they run with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.results.tool_result import ToolResult


class RequestContext(NamedTuple):
    """The tools of a request, and the context that they run with."""

    registry: Registry
    tool_context: ToolContext

    async def read(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        max_bytes: int | None = None,
        include_structured: bool = False,
    ) -> ToolResult:
        """Call a tool that reads a single object or page, for resources and completions.

        The call works as an agent's would: access levels, the account, the cache and redaction apply.
        Problems become results with `is_error`.

        Args:
            tool: The name of the tool.
            arguments: Its arguments.
            max_bytes: Limit on the text, where it differs from the request's.
            include_structured: Whether to return the result as data as well.
        """
        options = replace(
            self.tool_context.result_options,
            include_structured=include_structured,
            **({} if max_bytes is None else {"max_bytes": max_bytes}),
        )
        return await call_tool(
            self.registry, replace(self.tool_context, result_options=options), tool, arguments
        )

    @property
    def is_rate_limit_low(self) -> bool:
        """Whether few requests to the Hub are left, too few to spend on completions."""
        limit = self.tool_context.hub.rate_limit
        return limit is not None and limit.headroom <= 0


RequestContextResolver = Callable[[Any], RequestContext]
"""Returns the context of a request, given the SDK's context."""
