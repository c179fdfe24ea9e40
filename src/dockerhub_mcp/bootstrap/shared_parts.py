"""Build what the replicas of a server share through a store; a server without one has nothing of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from dockerhub_mcp.bootstrap.store import announce_shared_state
from dockerhub_mcp.server.http.auth.throttle import FAILURE_WINDOW, MAX_FAILURES
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.state import SharedState
from dockerhub_mcp.tools.context import ToolContext

if TYPE_CHECKING:
    from dockerhub_mcp.hub.auth.replicas.sign_ins import SharedSignIns
    from dockerhub_mcp.server.elicitation import UsedAnswers
    from dockerhub_mcp.server.http.auth.throttle import SharedFailures
    from dockerhub_mcp.tools.cleanup.plans import CleanupPlans


class SharedParts:
    """What the replicas of a server share; close it with `async with`.

    Attributes:
        state: The state in the store; that of this process without one.
        has_store: Whether there is a store; without one, none of the following is set.
        used_answers: The record of used answers, so that each counts once at all replicas.
        failures: The rejected credentials at all replicas.
        sign_ins: What replicas know of one another's sign-ins.
        plans: The plans of clean-ups.

    Args:
        state: The state.
        keys: The keys that the replicas share.
        has_store: Whether the state is in a store.
    """

    used_answers: UsedAnswers | None = None
    failures: SharedFailures | None = None
    sign_ins: SharedSignIns | None = None
    plans: CleanupPlans | None = None

    def __init__(self, state: SharedState, keys: KeyRing, *, has_store: bool) -> None:
        self.state, self.has_store = state, has_store
        if not has_store:
            return
        # Few servers have a store.
        from dockerhub_mcp.shared.confirmations import StoredAnswers  # noqa: PLC0415 - see above
        from dockerhub_mcp.shared.failures import StoredFailures  # noqa: PLC0415 - see above
        from dockerhub_mcp.shared.plans import StoredPlans  # noqa: PLC0415 - see above
        from dockerhub_mcp.shared.sign_ins import StoredSignIns  # noqa: PLC0415 - see above
        from dockerhub_mcp.tools.cleanup.plans import CleanupPlans  # noqa: PLC0415 - see above

        self.used_answers = StoredAnswers(state)
        self.failures = StoredFailures(state, keys, limit=MAX_FAILURES, seconds=FAILURE_WINDOW)
        self.sign_ins = StoredSignIns(state, keys)
        self.plans = CleanupPlans(StoredPlans(state, keys))

    async def __aenter__(self) -> Self:
        if self.has_store:
            await announce_shared_state(self.state)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.state.aclose()

    @asynccontextmanager
    async def share_changes(self, context: ToolContext) -> AsyncIterator[ToolContext]:
        """Let changes at any replica clear the caches of all, for the duration of the block.

        Args:
            context: The context that tools run with.

        Yields:
            The context that publishes changes.
        """
        if not self.has_store:
            yield context
            return
        from dockerhub_mcp.shared.changes import ChangeChannel  # noqa: PLC0415 - few servers have a store

        changes = ChangeChannel(self.state, context.cache)
        async with changes.listening():
            yield replace(context, publish_change=changes.publish)
