"""Planning a mutation: the current state, the completed call, its impact, and the confirmation it needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from dockerhub_mcp.hub import CredentialKind, Hub, HubError
from dockerhub_mcp.hub.api.impact import Impact
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.errors import Forbidden, IncompleteList, InvalidRequest, NotFound
from dockerhub_mcp.hub.forbidden_advice import known_refusal
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.tools.mutations.audit_recorder import AuditedCall
from dockerhub_mcp.tools.mutations.confirmation import Confirmation
from dockerhub_mcp.tools.results.annotations import mark_expired_tokens

R = TypeVar("R")

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
        impact: What the call does.
        facts: What else was read for the impact.
    """

    call: Mutation
    current: Any
    impact: Impact
    facts: Any = None

    def build_confirmation(self, hub: Hub, text: str) -> Confirmation:
        """Return the confirmation, bound to the account, the arguments and the current state.

        Counters and dates of last use are not part of the binding, because they change all the time.
        """
        state = self.impact.text
        if isinstance(self.current, HubModel) and not isinstance(self.current, Page):
            state = json.dumps(_remove_volatile_fields(self.current.model_dump(mode="json")), sort_keys=True)
        facts = json.dumps(self.facts, sort_keys=True)
        binding = [hub.principal.username, str(hub.principal.kind), self.call.model_dump_json(), state, facts]
        return Confirmation(
            self.call.tool_name,
            hub.redact(text),
            "\n".join(binding),
            takes=self.impact.takes,
            audited_call=AuditedCall.from_method(self.call),
        )


class HubStateReader:
    """Reads from the Hub what the prediction of an impact needs."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @property
    def principal(self) -> Principal:
        """The account that the mutation is sent as."""
        return self._hub.principal

    async def __call__(self, call: Method[R]) -> R | None:
        """Return the result, which is the whole list for a call of a page; None where it cannot be read."""
        answer = await self.try_read(call)
        return None if isinstance(answer, HubError) else answer

    async def try_read(self, call: Method[R]) -> R | HubError:
        """Return the result, or the error."""
        try:
            return cast("R", await _read_whole(self._hub, call))
        except HubError as error:
            return error


async def plan_mutation(hub: Hub, call: Mutation, now: datetime) -> MutationPlan:
    """Read the current state, complete the call and predict its impact.

    Args:
        hub: The Hub client.
        call: The call as the caller sent it.
        now: The current time, by which tokens have expired.

    Raises:
        SignInError: The mutation has no account; what an anonymous caller sees would be no current state.
        HubError: The current state could not be read, and the mutation needs it; or it shows that the Hub
            would refuse the call.
    """
    await hub.check_account(call)
    check_token(call, hub.principal)
    current = await _read_current_state(hub, call)
    mark_expired_tokens([current], now)
    call = call.merge_current(current)
    facts = await call.examine(HubStateReader(hub), current)
    return MutationPlan(call, current, call.predict_impact(current, facts), facts)


def check_token(call: Mutation, principal: Principal) -> None:
    """Refuse a call that the Hub accepts from no such token, before the user is asked about it.

    Raises:
        InvalidRequest: The token is known not to allow it.
    """
    if advice := known_refusal(call, principal):
        why, remedy = advice
        request_line = f"{call.http.verb} {call.build_path()}"
        what = f"The Hub does not let {principal} do this ({request_line}); nothing was sent."
        raise InvalidRequest(what, why=why, remedy=remedy)


async def _read_current_state(hub: Hub, call: Mutation) -> Any:
    """Return the current state; None where there is nothing to read, or the token may not read it.

    Only organization access tokens have scopes for changing what they may not read.
    """
    read_call = call.current_state_call()
    if read_call is None:
        return None
    try:
        return await _read_whole(hub, read_call)
    except Forbidden:
        if call.needs_current_state() or hub.principal.kind is not CredentialKind.OAT:
            raise
    except NotFound:
        # The Hub reports objects that an organization access token may not read as missing.
        if call.needs_current_state() or hub.principal.kind is not CredentialKind.OAT:
            raise
    return None


async def _read_whole(hub: Hub, call: Method[Any]) -> Any:
    """Return the result of a call, and all pages of a list as one."""
    result_type = type(call).get_result_type()
    if not issubclass(result_type, Page) or "page" not in type(call).model_fields:
        return await hub.send(call)
    page_result = await hub.paginate(call, max_items=_MAX_SCANNED_ITEMS)
    if page_result.error is not None and not isinstance(page_result.error, IncompleteList):
        raise page_result.error
    return Page(results=page_result.results, next=None if page_result.is_complete else _UNREAD)


def _remove_volatile_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _remove_volatile_fields(item) for key, item in value.items() if key not in _VOLATILE_FIELDS
        }
    return [_remove_volatile_fields(item) for item in value] if isinstance(value, list) else value
