"""Carrying out a mutation that takes several requests, after one confirmation for all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.errors import BadRequest, Conflict, NotFound
from dockerhub_mcp.hub.models import Acknowledgement, HubModel, Shown
from dockerhub_mcp.tools.results.object_results import build_object_result
from dockerhub_mcp.tools.results.prose import mark_prose
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.results.tool_result import ToolResult

_OWN_ERRORS = (BadRequest, Conflict, NotFound)
"""Errors that say nothing about the other requests, which are sent as well."""


class FailedRequest(HubModel):
    """A request that failed."""

    summary_fields: ClassVar[tuple[str, ...]] = ("name", "outcome", "reason")

    name: str
    outcome: str = Field(description="refused, or unknown where it may have been carried out.")
    reason: str

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show the reason as a sentence of this server."""
        mark_prose(values, shown, "reason")


class BulkOutcome(Acknowledgement):
    """The outcome of several requests."""

    summary_fields: ClassVar[tuple[str, ...]] = ("done", "changed", "failed", "not_sent")

    changed: list[str] = Field(default_factory=list)
    failed: list[FailedRequest] = Field(default_factory=list)
    not_sent: list[str] = Field(default_factory=list)


async def send_each(
    calls: Sequence[Mutation], send: Callable[[Mutation], Awaitable[Any]], notes: Sequence[str]
) -> ToolResult:
    """Send the calls one after the other, and return the outcome of each.

    An error that concerns one call alone does not stop the others; every other error does, since they would
    fail as well. No call is sent twice.

    Args:
        calls: The calls, which differ in the last part of their targets.
        send: Sends a call between its lines in the audit log.
        notes: Notes for the agent.
    """
    outcome = BulkOutcome(done=False)
    for position, call in enumerate(calls):
        name = call.target.rpartition("/")[2]
        try:
            await send(call)
            outcome.changed.append(name)
        except HubError as error:
            state = "unknown" if error.may_be_done else "refused"
            outcome.failed.append(FailedRequest(name=name, outcome=state, reason=error_text(error)))
            if not isinstance(error, _OWN_ERRORS):
                outcome.not_sent = [each.target.rpartition("/")[2] for each in calls[position + 1 :]]
                break
    outcome.done = not outcome.failed
    result = build_object_result(outcome, notes)
    return result if outcome.done else ToolResult(result.text, result.structured_content, is_error=True)
