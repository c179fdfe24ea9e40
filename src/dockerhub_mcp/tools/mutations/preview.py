"""Planning a mutation: the current state, the completed call, and the confirmation that it needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.hub import CredentialKind, Hub
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.errors import Forbidden, IncompleteList, NotFound
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.tools.mutations.confirmation import Confirmation

_MAX_SCANNED_ITEMS = 10_000  # members or groups read to find one
_UNREAD = "unread"  # the `next` of a list that may hold more than was read
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
    """A mutation that is ready to be sent.

    Attributes:
        call: The call, with arguments that the caller left out taken from the current state.
        current: The current state; None where it could not be read.
        loss: What would be lost, or an empty string.
    """

    call: Mutation
    current: Any
    loss: str

    def build_confirmation(self, hub: Hub, text: str) -> Confirmation:
        """Return the confirmation, bound to the account, the arguments and the current state.

        Counters and dates of last use are not part of the binding, because they change all the time.
        """
        state = self.loss
        if isinstance(self.current, HubModel) and not isinstance(self.current, Page):
            state = json.dumps(_remove_volatile_fields(self.current.model_dump(mode="json")), sort_keys=True)
        binding = [hub.principal.username, str(hub.principal.kind), self.call.model_dump_json(), state]
        return Confirmation(self.call.tool_name, hub.redact(text), "\n".join(binding))


async def plan_mutation(hub: Hub, call: Mutation) -> MutationPlan:
    """Read the current state and complete the call.

    Raises:
        SignInError: The mutation has no account; what an anonymous caller sees would be no current state.
        HubError: The current state could not be read, and the mutation needs it.
    """
    await hub.check_account(call)
    current = await _read_current_state(hub, call)
    call = call.merge_current(current)
    is_unread = current is None and call.current_state_call() is not None
    loss = call.loss_without_current() if is_unread else call.describe_loss(current)
    return MutationPlan(call, current, loss)


async def _read_current_state(hub: Hub, call: Mutation) -> Any:
    """Return the current state; None where there is nothing to read, or the account may not read it."""
    read_call = call.current_state_call()
    if read_call is None:
        return None
    try:
        if issubclass(read_call.get_result_type(), Page):
            page_result = await hub.paginate(read_call, max_items=_MAX_SCANNED_ITEMS)
            if page_result.error is not None and not isinstance(page_result.error, IncompleteList):
                raise page_result.error
            return Page(results=page_result.results, next=None if page_result.is_complete else _UNREAD)
        return await hub.send(read_call)
    except Forbidden:
        if call.needs_current_state():
            raise
    except NotFound:
        # The Hub reports objects that an organization access token may not read as missing.
        if call.needs_current_state() or hub.principal.kind is not CredentialKind.OAT:
            raise
    return None


def _remove_volatile_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _remove_volatile_fields(item) for key, item in value.items() if key not in _VOLATILE_FIELDS
        }
    return [_remove_volatile_fields(item) for item in value] if isinstance(value, list) else value
