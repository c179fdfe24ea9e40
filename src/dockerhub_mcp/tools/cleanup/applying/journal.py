"""The journal of a clean-up: when it was started, and what became of each tag and manifest.

Each request to delete is written down before it is sent, and its outcome after it. An intent without an
outcome means that the server was stopped in between: the next call reads whether the tag is still there.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.tools.cleanup.applying.outcomes import GONE_OUTCOMES, ItemOutcome, Settlement
from dockerhub_mcp.tools.cleanup.plan_backend import ProgressLog
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans

_OUTCOMES = {str(each): each for each in ItemOutcome}


class Journal:
    """The journal of one plan.

    Attributes:
        plan_id: The identifier of the plan.
        started_at: When the clean-up was started; None before.
        is_confirmed: Whether the user confirmed it.
        settlements: The outcomes, by the name of the tag or the digest of the manifest.
        unanswered: The tags and manifests with an intent, and without an outcome.

    Args:
        plan_id: The identifier of the plan.
        log: Keeps the lines; those of earlier calls are read with `replay`.
    """

    def __init__(self, plan_id: str, log: ProgressLog) -> None:
        self.plan_id = plan_id
        self._log = log
        self.started_at: datetime | None = None
        self.is_confirmed = False
        self.settlements: dict[str, Settlement] = {}
        self.unanswered: set[str] = set()

    async def record_start(self, now: datetime, *, is_confirmed: bool) -> None:
        """Record that the clean-up starts.

        Raises:
            HubError: It could not be written.
        """
        time = now.astimezone(UTC).isoformat(timespec="seconds")
        await self._record(
            {"event": "start", "plan_id": self.plan_id, "time": time, "confirmed": is_confirmed}
        )

    async def record_intent(self, name: str) -> None:
        """Record that a request to delete a tag or manifest is about to be sent.

        Raises:
            HubError: It could not be written; the request must not be sent.
        """
        await self._record({"event": "intent", "item": name})

    async def record_unsent(self, name: str) -> None:
        """Record that the request was not sent, or refused for the moment.

        Raises:
            HubError: It could not be written.
        """
        await self._record({"event": "unsent", "item": name})

    async def record_outcome(self, name: str, settlement: Settlement) -> None:
        """Record what became of a tag or manifest; it is among the settlements even where that fails.

        That something is gone may be kept later: where it is lost, the next call reads that it is gone.

        Raises:
            HubError: It could not be written.
        """
        event = {"event": "outcome", "item": name, "outcome": settlement.outcome, "reason": settlement.reason}
        self._apply(event)
        await self._log.append(_encode(event), may_wait=settlement.outcome in GONE_OUTCOMES)

    def replay(self, lines: Iterable[bytes]) -> None:
        """Read the lines of an earlier call.

        Lines that cannot be read are skipped: without its outcome, a tag is read again before anything is
        sent, and an intent that did not reach the disk was not sent.
        """
        for line in lines:
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                self._apply(event)

    async def _record(self, event: dict[str, Any]) -> None:
        await self._log.append(_encode(event))
        self._apply(event)

    def _apply(self, event: dict[str, Any]) -> None:
        kind, name = event.get("event"), event.get("item")
        if kind == "start":
            self._apply_start(event)
        elif not isinstance(name, str):
            return
        elif kind == "intent":
            self.unanswered.add(name)
            self.settlements.pop(name, None)
        elif kind == "unsent":
            self.unanswered.discard(name)
        elif kind == "outcome" and (outcome := _OUTCOMES.get(str(event.get("outcome")))) is not None:
            self.unanswered.discard(name)
            self.settlements[name] = Settlement(outcome, str(event.get("reason") or ""))

    def _apply_start(self, event: dict[str, Any]) -> None:
        if event.get("plan_id") != self.plan_id:
            return
        try:
            time = datetime.fromisoformat(str(event.get("time")))
        except ValueError:
            return
        if time.tzinfo is not None:
            self.started_at = self.started_at or time
            self.is_confirmed = self.is_confirmed or event.get("confirmed") is True


@asynccontextmanager
async def open_journal(plans: CleanupPlans, plan_id: str) -> AsyncIterator[Journal]:
    """Open the journal of a plan for one call.

    Args:
        plans: The plans.
        plan_id: The identifier of the plan.

    Raises:
        UnusablePlanError: Another call or server carries the plan out.
        HubError: The journal cannot be used.
    """
    async with plans.open_progress(plan_id) as log:
        journal = Journal(plan_id, log)
        journal.replay(await log.read())
        yield journal


def _encode(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode("ascii") + b"\n"
