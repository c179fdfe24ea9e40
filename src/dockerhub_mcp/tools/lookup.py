"""Reading through the tools for what is no tool call: resources, completions.

The same road as a call of an agent: gates, the account, what is kept of reads, redaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.tools.cache import ResultCache
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.results.results import DEFAULT_MAX_BYTES, ToolResult


@dataclass(frozen=True, slots=True)
class Lookup:
    """Reads for one request.

    Attributes:
        hub: Where it goes, as whom.
        registry: Which tools there are; one that is off reads nothing here either.
        cache: What was answered a moment ago.
        max_bytes: Bytes of text that a result may have.
    """

    hub: Hub
    registry: Registry
    cache: ResultCache | None = None
    max_bytes: int = DEFAULT_MAX_BYTES

    async def call_read_tool(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        max_bytes: int | None = None,
        include_structured: bool = False,
    ) -> ToolResult:
        """Return what a tool that reads answers; trouble is an outcome with `is_error`.

        Args:
            tool: One that reads a single thing or a single page.
            arguments: What it is called with.
            max_bytes: Bytes of text, where it is not the usual.
            include_structured: Whether the result is wanted as data, too.
        """
        return await call_tool(
            self.hub,
            self.registry,
            tool,
            arguments,
            pagination_timeout=0,  # nothing here reads over pages
            max_bytes=self.max_bytes if max_bytes is None else max_bytes,
            cache=self.cache,
            include_structured=include_structured,
        )

    @property
    def is_rate_limit_low(self) -> bool:
        """Whether few requests to the Hub are left, and none should be spent on a convenience."""
        limit = self.hub.rate_limit
        return limit is not None and limit.headroom <= 0
