"""Build what the replicas of a server do together; a server without a store has no part in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from dockerhub_mcp.server.http.auth.throttle import FAILURE_WINDOW, MAX_FAILURES
from dockerhub_mcp.shared.changes import ChangeNews
from dockerhub_mcp.shared.confirmations import AnsweredConfirmations
from dockerhub_mcp.shared.failures import FailureWindows
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.state import SharedState
from dockerhub_mcp.tools.context import ToolContext

if TYPE_CHECKING:
    from dockerhub_mcp.server.elicitation import UsedAnswers


class Replicas:
    """The replicas of a server, as far as they share a store.

    Attributes:
        used_answers: The record of used answers, so that each counts once at all replicas; None without a
            store.
        failures: The rejected credentials at all replicas; None without a store.

    Args:
        state: The state that the replicas share.
        keys: The keys that they share.
        is_shared: Whether there is a store.
    """

    def __init__(self, state: SharedState, keys: KeyRing, *, is_shared: bool) -> None:
        self._state, self._is_shared = state, is_shared
        self.used_answers: UsedAnswers | None = None
        self.failures: FailureWindows | None = None
        if is_shared:
            self.used_answers = AnsweredConfirmations(state)
            self.failures = FailureWindows(state, keys, limit=MAX_FAILURES, seconds=FAILURE_WINDOW)

    @asynccontextmanager
    async def share_changes(self, context: ToolContext) -> AsyncIterator[ToolContext]:
        """Let changes at any replica clear the caches of all, for the duration of the block.

        Args:
            context: The context that tools run with.

        Yields:
            The context that publishes changes.
        """
        if not self._is_shared:
            yield context
            return
        news = ChangeNews(self._state, context.cache)
        async with news.listening():
            yield replace(context, publish_change=news.publish)
