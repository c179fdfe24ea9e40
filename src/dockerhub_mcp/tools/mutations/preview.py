"""What is there before a change, and the question that follows from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.hub import CredentialKind, Hub
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.errors import Forbidden, NotFound
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.tools.mutations.confirmation import Confirmation

_MAX_SCANNED_ITEMS = 10_000  # members or groups that are looked through
_VOLATILE_FIELDS = frozenset(
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
class MutationPlan:
    """A change that is ready to be sent.

    Attributes:
        call: The call, with what the caller did not name taken from what is there.
        current: What is there now; None where nothing could be read.
        loss: What will be lost, or an empty string.
    """

    call: Mutation
    current: Any
    loss: str

    def build_confirmation(self, hub: Hub, text: str) -> Confirmation:
        """Return what to ask; the answer counts for this caller, these arguments and what is there now.

        Counters and dates of last use are shown but not part of that: they change all the time.
        """
        steady = self.loss
        if isinstance(self.current, HubModel) and not isinstance(self.current, Page):
            steady = json.dumps(_remove_volatile_fields(self.current.model_dump(mode="json")), sort_keys=True)
        about = [hub.principal.username, str(hub.principal.kind), self.call.model_dump_json(), steady]
        return Confirmation(self.call.tool_name, hub.redact(text), "\n".join(about))


async def plan_mutation(hub: Hub, call: Mutation) -> MutationPlan:
    """Read what is there now and complete the call.

    Raises:
        HubError: It could not be read, and the change cannot be made without.
    """
    present = await _read_current_state(hub, call)
    call = call.merge_current(present)
    unread = present is None and call.current_state_call() is not None
    return MutationPlan(call, present, call.loss_without_current() if unread else call.describe_loss(present))


async def _read_current_state(hub: Hub, call: Mutation) -> Any:
    """Return what is there now; None where nothing can be read, or this caller may change but not read it."""
    reading = call.current_state_call()
    if reading is None:
        return None
    try:
        if issubclass(reading.get_result_type(), Page):
            walked = await hub.paginate(reading, max_items=_MAX_SCANNED_ITEMS)
            if walked.error is not None:
                raise walked.error
            return Page(results=walked.results)
        return await hub.send(reading)
    except Forbidden:
        if call.needs_current_state():
            raise
    except NotFound:
        # To an organization access token that may not read, what is there looks missing.
        if call.needs_current_state() or hub.principal.kind is not CredentialKind.OAT:
            raise
    return None


def _remove_volatile_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _remove_volatile_fields(item) for key, item in value.items() if key not in _VOLATILE_FIELDS
        }
    return [_remove_volatile_fields(item) for item in value] if isinstance(value, list) else value
