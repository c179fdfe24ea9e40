"""Random campaigns: replicas carry out the same and other plans, while calls, locks and the store fail."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.cleanup.model import CleanupPlan
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Decision
from tests.support.cleanup_plans import CONTROLLER, add_plan, list_deletions, list_names, move_tag, thin_out
from tests.support.fixture_types import MakeHub
from tests.support.shared_plans import FaultyState, SharedPlace, share_plans
from tests.support.tool_calls import call, make_context

ROUNDS = 6
SEEDS = range(4)


class Campaign:
    """Three replicas, three plans, and what happens to them.

    Args:
        seed: The seed of all choices.
        place: The state that the replicas share.
        sandbox: The Hub.
        make_hub: Makes a client of it.
    """

    def __init__(self, seed: int, place: SharedPlace, sandbox: Sandbox, make_hub: MakeHub) -> None:
        self.choice = random.Random(seed)  # noqa: S311 - choices of a test
        self.place, self.sandbox = place, sandbox
        self.observer = place.connect()
        self.asked: list[str] = []
        self.states = [FaultyState(place.connect()) for _ in range(3)]
        self.replicas = [
            make_context(make_hub("owner"), plans=share_plans(state), confirmer=self._answer)
            for state in self.states
        ]
        self.plans: list[CleanupPlan] = []
        self.moved: set[str] = set()
        self.interruptions = 0

    async def _answer(self, confirmation: Confirmation) -> Decision:
        plan_id = confirmation.binding.rpartition("\n")[2]
        entries = await self.observer.read_list(f"plan-progress:{plan_id}:0")
        assert entries == [], "a plan that was started is not asked about again"
        self.asked.append(plan_id)
        return Decision.ACCEPTED

    async def make_plans(self) -> None:
        names = [name for name in list_names(self.sandbox, CONTROLLER) if name.startswith("pr-")]
        for number in range(3):
            chosen = names[number * 12 : number * 12 + 12]
            self.plans.append(await add_plan(self.replicas[number], CONTROLLER, chosen))

    async def run_round(self) -> None:
        """Let some calls run at once, and disturb them; repair everything at the end."""
        calls = []
        for _ in range(self.choice.randint(1, 4)):
            replica, plan = self.choice.choice(self.replicas), self.choice.choice(self.plans)
            calls.append(asyncio.create_task(self._apply(replica, plan)))
        for _ in range(self.choice.randint(1, 4)):
            target = len(self.sandbox.requests) + self.choice.randint(0, 6)
            while len(self.sandbox.requests) < target and not all(call.done() for call in calls):
                await asyncio.sleep(0)
            await self._disturb(calls)
        await asyncio.gather(*calls, return_exceptions=True)
        for state in self.states:
            state.fails = lambda _: False
        for plan in self.plans:
            await self.place.expire(f"plan-lock:{plan.plan_id}")
        if self.choice.random() < 0.5:
            plan = self.choice.choice(self.plans)
            name = self.choice.choice(plan.tags).name
            if name in list_names(self.sandbox, CONTROLLER):
                move_tag(self.sandbox, CONTROLLER, name)
                self.moved.add(name)

    async def _disturb(self, calls: list[asyncio.Task[None]]) -> None:
        self.interruptions += 1
        kind = self.choice.choice(["cancel", "kill", "outage", "flicker", "lock"])
        state = self.choice.choice(self.states)
        if kind in {"cancel", "kill"}:
            if kind == "kill":
                state.fails = lambda _: True
            self.choice.choice(calls).cancel()
        elif kind == "lock":
            await self.place.expire(f"plan-lock:{self.choice.choice(self.plans).plan_id}")
        else:
            share = 1.0 if kind == "outage" else 0.3
            state.is_carried_out = self.choice.random() < 0.5
            state.fails = lambda _: self.choice.random() < share

    async def _apply(self, replica: ToolContext, plan: CleanupPlan) -> None:
        await call(replica, "apply_tag_cleanup", plan_id=plan.plan_id)

    async def finish(self) -> list[dict[str, Any]]:
        """Carry out each plan to its end, at any replica, and return the results."""
        results = []
        for plan in self.plans:
            replica = self.choice.choice(self.replicas)
            result = await call(replica, "apply_tag_cleanup", plan_id=plan.plan_id)
            assert not result.is_error, result.text
            results.append(result.structured_content or {})
        return results


@pytest.mark.parametrize("seed", SEEDS)
async def test_campaign(seed: int, place: SharedPlace, sandbox: Sandbox, make_hub: MakeHub) -> None:
    """Nothing that stays is deleted, no tag is asked for again without need, and the counts are true."""
    before = list_names(thin_out(sandbox), CONTROLLER)
    campaign = Campaign(seed, place, sandbox, make_hub)
    await campaign.make_plans()
    sandbox.requests.clear()
    for _ in range(ROUNDS):
        await campaign.run_round()
    results = await campaign.finish()
    planned = {tag.name for plan in campaign.plans for tag in plan.tags}
    left = set(list_names(sandbox, CONTROLLER))
    gone = set(before) - left
    assert gone == planned - campaign.moved
    requests = Counter(list_deletions(sandbox))
    assert set(requests) <= planned
    assert max(requests.values(), default=0) <= 2
    assert sum(requests.values()) <= len(planned) + 4 * campaign.interruptions
    for plan, result in zip(campaign.plans, results, strict=True):
        names = {tag.name for tag in plan.tags}
        assert result["status"] == "done", result
        assert result["deleted"] + result["already_gone"] == len(names & gone), result
        assert result.get("moved", 0) == len(names & campaign.moved), result
        assert plan.plan_id in campaign.asked
