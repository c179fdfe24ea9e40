"""What is there before a change, and the question that follows from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.hub import Hub, Kind
from dockerhub_mcp.hub.api.mutation import Write
from dockerhub_mcp.hub.errors import Forbidden, NotFound
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.tools.mutations.confirmation import Question

_MOST = 10_000  # members or groups that are looked through
_VOLATILE = frozenset(
    {
        "pull_count",
        "star_count",
        "storage_size",
        "last_pulled",
        "tag_last_pulled",
        "last_used",
        "last_used_at",
        "last_seen_at",
        "last_logged_in_at",
    }
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change that is ready to be sent.

    Attributes:
        call: The call, with what the caller did not name taken from what is there.
        present: What is there now; None where nothing could be read.
        loss: What will be lost, or an empty string.
    """

    call: Write
    present: Any
    loss: str

    def question(self, hub: Hub, text: str) -> Question:
        """Return what to ask; the answer counts for this caller, these arguments and what is there now.

        Counters and dates of last use are shown but not part of that: they change all the time.
        """
        steady = self.loss
        if isinstance(self.present, HubModel) and not isinstance(self.present, Page):
            steady = json.dumps(_steady(self.present.model_dump(mode="json")), sort_keys=True)
        about = [hub.caller.username, str(hub.caller.kind), self.call.model_dump_json(), steady]
        return Question(self.call.tool, hub.redact(text), "\n".join(about))


async def prepare(hub: Hub, call: Write) -> Prepared:
    """Read what is there now and complete the call.

    Raises:
        HubError: It could not be read, and the change cannot be made without.
    """
    present = await _read(hub, call)
    call = call.completed(present)
    unread = present is None and call.before() is not None
    return Prepared(call, present, call.unread_loss() if unread else call.loss(present))


async def _read(hub: Hub, call: Write) -> Any:
    """Return what is there now; None where nothing can be read, or this caller may change but not read it."""
    reading = call.before()
    if reading is None:
        return None
    try:
        if issubclass(reading.result_type(), Page):
            walked = await hub.walk(reading, max_items=_MOST)
            if walked.stopped_by is not None:
                raise walked.stopped_by
            return Page(results=walked.results)
        return await hub.send(reading)
    except Forbidden:
        if call.needs_present():
            raise
    except NotFound:
        # To an organization access token that may not read, what is there looks missing.
        if call.needs_present() or hub.caller.kind is not Kind.OAT:
            raise
    return None


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _steady(item) for key, item in value.items() if key not in _VOLATILE}
    return [_steady(item) for item in value] if isinstance(value, list) else value
