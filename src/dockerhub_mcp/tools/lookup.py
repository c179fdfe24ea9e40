"""Reading through the tools for what is no tool call: resources, completions.

The same road as a call of an agent: gates, the account, what is kept of reads, redaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.tools.cache import Reads
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.results.results import ROOM, Outcome


@dataclass(frozen=True, slots=True)
class Lookup:
    """Reads for one request.

    Attributes:
        hub: Where it goes, as whom.
        registry: Which tools there are; one that is off reads nothing here either.
        reads: What was answered a moment ago.
        room: Bytes of text that a result may have.
    """

    hub: Hub
    registry: Registry
    reads: Reads | None = None
    room: int = ROOM

    async def read(
        self, tool: str, arguments: Mapping[str, Any], *, room: int | None = None, with_data: bool = False
    ) -> Outcome:
        """Return what a tool that reads answers; trouble is an outcome with `is_error`.

        Args:
            tool: One that reads a single thing or a single page.
            arguments: What it is called with.
            room: Bytes of text, where it is not the usual.
            with_data: Whether the result is wanted as data, too.
        """
        return await call_tool(
            self.hub,
            self.registry,
            tool,
            arguments,
            walk_timeout=0,  # nothing here reads over pages
            room=self.room if room is None else room,
            reads=self.reads,
            with_data=with_data,
        )

    @property
    def is_short_of_requests(self) -> bool:
        """Whether few requests to the Hub are left, and none should be spent on a convenience."""
        limit = self.hub.rate_limit
        return limit is not None and limit.spare <= 0
