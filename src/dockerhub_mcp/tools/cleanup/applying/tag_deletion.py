"""Delete one tag of a plan: read it again, delete it once, and read it where the answer was lost."""

from __future__ import annotations

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import HubUnavailable, NotFound, RateLimited, Refused
from dockerhub_mcp.tools.cleanup.applying.journal import Journal
from dockerhub_mcp.tools.cleanup.applying.outcomes import ItemOutcome, Settlement, describe_refusal
from dockerhub_mcp.tools.cleanup.applying.pacing import RequestPacer
from dockerhub_mcp.tools.cleanup.applying.stopping import StopRule
from dockerhub_mcp.tools.cleanup.applying.tag_reading import TagReader, has_moved
from dockerhub_mcp.tools.cleanup.model import PlannedTag
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.execute import send_mutation

_DELETED = Settlement(ItemOutcome.DELETED)
_MOVED = Settlement(ItemOutcome.MOVED, "pushed after the plan was made")
_MAY_HAPPEN = "The Hub may still delete it; it is not asked again under this plan."


class TagDeletion:
    """Deletes the tags of a plan, each at most once.

    Args:
        context: The context of the tool call.
        reader: Reads tags.
        journal: The journal of the plan.
        pacer: Holds requests back where the rate limit asks for it.
        stop: Counts refusals.
        is_confirmed: Whether the user confirmed the plan.
    """

    def __init__(
        self,
        context: ToolContext,
        reader: TagReader,
        journal: Journal,
        pacer: RequestPacer,
        stop: StopRule,
        *,
        is_confirmed: bool,
    ) -> None:
        self._context = context
        self._reader = reader
        self._journal = journal
        self._pacer = pacer
        self._stop = stop
        self._is_confirmed = is_confirmed

    async def delete(self, tag: PlannedTag) -> None:
        """Delete a tag, and record what became of it.

        Raises:
            RateLimited: The request was refused for the moment; nothing was recorded.
            HubError: The tag could not be read, or no request could be sent; it stays to be deleted.
        """
        known = self._journal.settlements.get(tag.name)
        was_sent = tag.name in self._journal.unanswered
        current = await self._reader.read(tag.name)
        if known is not None and known.outcome is ItemOutcome.UNKNOWN:
            if current is None:
                await self._journal.record_outcome(tag.name, _DELETED)
            return  # it was asked for once
        if current is None:
            gone = _DELETED if was_sent else Settlement(ItemOutcome.ALREADY_GONE)
            await self._journal.record_outcome(tag.name, gone)
        elif has_moved(tag, current):
            await self._journal.record_outcome(tag.name, _MOVED)
        else:
            await self._send(tag)

    async def check_unknown(self, name: str) -> None:
        """Read a tag again after its deletion got no clear answer."""
        if await self._reader.read(name) is None:
            await self._journal.record_outcome(name, _DELETED)

    async def _send(self, tag: PlannedTag) -> None:
        name = tag.name
        async with self._pacer.request():
            await self._journal.record_intent(name)
            try:
                call = self._reader.deletion_of(name)
                await send_mutation(self._context, call, confirmed=self._is_confirmed)
            except HubError as caught:
                error = caught
            else:
                await self._journal.record_outcome(name, _DELETED)
                return
        await self._record_error(name, error)

    async def _record_error(self, name: str, error: HubError) -> None:
        """Record the outcome of a deletion that failed.

        Raises:
            HubError: It was not carried out, for a reason that says nothing about the tag.
        """
        if error.may_be_done:
            await self._journal.record_outcome(name, await self._check(name, error))
            return
        if isinstance(error, NotFound):
            try:
                is_gone = await self._reader.read(name) is None
            except HubError:
                await self._journal.record_unsent(name)
                raise
            if is_gone:
                await self._journal.record_outcome(name, Settlement(ItemOutcome.ALREADY_GONE))
                return
        elif isinstance(error, RateLimited | HubUnavailable) or not isinstance(error, Refused):
            await self._journal.record_unsent(name)
            raise error
        reason = describe_refusal(error, name)
        await self._journal.record_outcome(name, Settlement(ItemOutcome.REFUSED, reason))
        self._stop.count_refusal(reason, error)

    async def _check(self, name: str, error: HubError) -> Settlement:
        """Read a tag after its deletion got no clear answer."""
        self._stop.count_error(error)
        try:
            current = await self._reader.read(name)
        except HubError:
            what = f"No clear answer: {error.what} The tag could not be read afterwards. {_MAY_HAPPEN}"
            return Settlement(ItemOutcome.UNKNOWN, what.replace(name, "..."))
        if current is None:
            return _DELETED
        what = f"No clear answer: {error.what} The tag was still there afterwards. {_MAY_HAPPEN}"
        return Settlement(ItemOutcome.UNKNOWN, what.replace(name, "..."))
