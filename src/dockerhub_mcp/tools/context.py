"""The context that a tool runs with."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans
from dockerhub_mcp.tools.mutations.confirmation import (
    Confirmation,
    Confirmer,
    Decision,
    DecisionPending,
    NotConfirmedError,
    build_refusal_message,
    no_confirmer,
)
from dockerhub_mcp.tools.mutations.policy import MutationPolicy
from dockerhub_mcp.tools.results.tool_result import ResultOptions
from dockerhub_mcp.tools.tool_states import ToolCatalog

if TYPE_CHECKING:
    from dockerhub_mcp.hub.lists.pagination import OnProgress
    from dockerhub_mcp.registry import RegistryClient
    from dockerhub_mcp.tools.mutations.audit_recorder import AuditRecorder


_REFUSALS = {
    Decision.UNSUPPORTED: "the client cannot ask the user",
    Decision.ALREADY_USED: "the user's answer was used before",
    Decision.NOT_RECORDED: "the shared store does not respond, so no answer could be recorded as used",
    Decision.RECORD_LOST: "the shared store lost the record of used answers after the user was asked",
}
"""Why the server refuses a mutation, for the audit log; other decisions are the user's."""


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


RegistryFor: TypeAlias = "Callable[[Hub], RegistryClient | None]"
"""Returns the registry client with the account of a Hub client; None where no registry may be contacted."""


def no_registry(_hub: Hub) -> RegistryClient | None:
    """Return None: no registry is contacted."""
    return None


async def _publish_nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Everything that the tools of one request run with.

    Attributes:
        hub: The Hub client; it decides which account the request uses.
        mutation_policy: How mutations are carried out.
        result_options: How results are returned.
        cache: The cache of read results; disabled by default.
        publish_change: Lets other replicas clear their caches; does nothing by default. Must not raise.
        confirmer: Asks the user for confirmations.
        on_progress: Called with the items read so far and the total, where known.
        caller: The name of the authenticated caller, where several share the server.
        clock: Returns the current time, in UTC.
        registry_for: Returns the registry client with the account of a Hub client; None where no registry
            may be contacted.
        plans: The plans of clean-ups.
        tools: The tools of the request, enabled and disabled; None outside of a call.
        called_as: The name of the tool that was called, where another one carries out the call.
    """

    hub: Hub
    mutation_policy: MutationPolicy = field(default_factory=MutationPolicy)
    result_options: ResultOptions = field(default_factory=ResultOptions)
    cache: ResultCache = field(default_factory=lambda: ResultCache(0))
    publish_change: Callable[[], Awaitable[None]] = _publish_nothing
    confirmer: Confirmer = no_confirmer
    on_progress: OnProgress | None = None
    caller: str = ""
    clock: Callable[[], datetime] = _now
    registry_for: RegistryFor = no_registry
    plans: CleanupPlans = field(default_factory=CleanupPlans)
    tools: ToolCatalog | None = None
    called_as: str = ""

    @property
    def registry(self) -> RegistryClient | None:
        """The registry client with the account of the request; None where no registry may be contacted."""
        return self.registry_for(self.hub)

    @property
    def audit(self) -> AuditRecorder:
        """The recorder of mutations in the audit log."""
        from dockerhub_mcp.tools.mutations.audit_recorder import AuditRecorder  # noqa: PLC0415 - reads need none

        return AuditRecorder(self.hub, self.mutation_policy.audit_log, self.caller, self.called_as)

    async def require_confirmation(self, confirmation: Confirmation) -> None:
        """Ask the user to confirm a mutation; return at once where the policy asks for no such confirmation.

        Raises:
            NotConfirmedError: The user declined or cannot be asked, or the answer does not count.
        """
        if not self.mutation_policy.confirmation_mode.requires(gives=True, takes=confirmation.takes):
            return
        decision = await self._decide(confirmation)
        if decision is not Decision.ACCEPTED:
            hint = self.mutation_policy.confirmation_hint
            raise NotConfirmedError(build_refusal_message(decision, confirmation, confirmation_hint=hint))

    async def _decide(self, confirmation: Confirmation) -> Decision:
        """Ask for the decision, and record any but an acceptance in the audit log."""
        from dockerhub_mcp.tools.mutations.audit_recorder import AuditedCall, Outcome  # noqa: PLC0415 - as above

        call = confirmation.audited_call or AuditedCall(confirmation.tool)
        try:
            decision = await self.confirmer(confirmation)
        except DecisionPending as pending:
            self.audit.expect_answer(call, seconds=pending.expires_in)
            raise
        except BaseException:  # cancelled, or the client is gone
            await self.audit.record_unsent(call, Outcome.DECLINED, "interrupted before an answer")
            raise
        self.audit.settle_question(call)
        if (reason := _REFUSALS.get(decision)) is not None:
            await self.audit.record_unsent(call, Outcome.REFUSED, reason)
        elif decision is not Decision.ACCEPTED:
            await self.audit.record_unsent(call, Outcome.DECLINED, f"the user's answer: {decision}")
        return decision

    async def report_progress(self, done: int, total: int | None = None) -> None:
        """Report how many steps are done, and how many there are where known."""
        if self.on_progress is not None:
            await self.on_progress(done, total)
