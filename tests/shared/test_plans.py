"""Clean-up plans in the store: what is readable there, how long it stays, and the lock of a plan."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.shared import plans as shared_plans
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.plans import EXTENSION_INTERVAL, KEEP_SECONDS, LOCK_SECONDS, MAX_PLANS_PER_ACCOUNT
from dockerhub_mcp.shared.redis_state import RedisState
from dockerhub_mcp.tools.cleanup.applying.journal import open_journal
from dockerhub_mcp.tools.cleanup.applying.outcomes import ItemOutcome, Settlement
from dockerhub_mcp.tools.cleanup.model import RESUME_WITHIN, START_WITHIN, CleanupPlan, PlannedTag
from dockerhub_mcp.tools.cleanup.plans import UnusablePlanError
from tests.support.cleanup_tags import NOW, make_digest
from tests.support.fixture_types import Clock
from tests.support.redis_servers import RedisServer
from tests.support.shared_plans import KEYS, FaultyState, share_plans
from tests.support.virtual_time import virtual_time

ACCOUNT = "hub.docker.com ada"
OTHER_KEY = b"the second key of some tests, long enough"
DELETED = Settlement(ItemOutcome.DELETED)


def make_plan(repository: str = "secret-repository") -> CleanupPlan:
    return CleanupPlan(
        "",
        ACCOUNT,
        "secret-namespace",
        repository,
        {"delete_matching": ["secret-glob*"]},
        NOW,
        (PlannedTag("secret-tag", make_digest(1), NOW, 100),),
    )


async def test_nothing_in_the_store_is_readable(shared_redis: RedisServer) -> None:
    shared_redis.execute("FLUSHALL")
    state = RedisState(shared_redis.url, timeout=30)
    store = share_plans(state)
    plan = await store.add(make_plan())
    async with open_journal(store, plan.plan_id) as journal:
        await journal.record_start(NOW, is_confirmed=True)
        await journal.record_intent("secret-tag")
        await journal.record_outcome("secret-tag", Settlement(ItemOutcome.REFUSED, "a secret-reason"))
        values = [
            shared_redis.execute("LRANGE", key, 0, -1)
            if shared_redis.execute("TYPE", key) == b"list"
            else shared_redis.execute("GET", key)
            for key in shared_redis.execute("KEYS", "*")
        ]
        dump = shared_redis.dump() + repr(values).encode()
    await state.aclose()
    assert b"plan-lock:" in dump, "all of it is in the dump"
    for each in (b"secret-", b"ada", b"hub.docker.com", make_digest(1).encode(), b'"event"', b"tags"):
        assert each not in dump


def test_a_plan_outlives_the_time_in_which_it_can_be_resumed() -> None:
    assert timedelta(seconds=KEEP_SECONDS) > START_WITHIN + RESUME_WITHIN


async def test_a_plan_and_its_progress_expire(clock: Clock) -> None:
    store = share_plans(LocalState(clock))
    plan = await store.add(make_plan())
    started = clock.time = clock.time + START_WITHIN.total_seconds()
    async with open_journal(store, plan.plan_id) as journal:
        await journal.record_start(NOW, is_confirmed=True)
    clock.time = started + RESUME_WITHIN.total_seconds()
    assert (await store.find(plan.plan_id, ACCOUNT)).image == plan.image
    async with open_journal(store, plan.plan_id) as journal:
        assert journal.started_at == NOW
    clock.time = started + KEEP_SECONDS + 1
    with pytest.raises(UnusablePlanError, match="has no plan"):
        await store.find(plan.plan_id, ACCOUNT)


async def test_keys_are_rotated_without_a_loss() -> None:
    state = LocalState()
    old = share_plans(state)
    plan = await old.add(make_plan())
    async with open_journal(old, plan.plan_id) as journal:
        await journal.record_start(NOW, is_confirmed=True)
    new = share_plans(state, KeyRing([OTHER_KEY, *KEYS.keys]))
    assert await new.find(plan.plan_id, ACCOUNT) == plan
    async with open_journal(new, plan.plan_id) as journal:
        assert journal.started_at == NOW
    without = share_plans(state, KeyRing([OTHER_KEY]))
    with pytest.raises(UnusablePlanError, match="sealed with another key"):
        await without.find(plan.plan_id, ACCOUNT)
    with pytest.raises(HubError, match="sealed with another key"):
        async with open_journal(without, plan.plan_id):
            pass


async def test_an_account_keeps_its_latest_plans_and_those_that_were_started() -> None:
    state = LocalState()
    store = share_plans(state)
    other = await store.add(replace(make_plan(), account="hub.docker.com bob"))
    started = await store.add(make_plan())
    async with open_journal(store, started.plan_id) as journal:
        await journal.record_start(NOW, is_confirmed=True)
    plans = [await share_plans(state).add(make_plan(f"app-{each}")) for each in range(12)]
    for plan in (started, *plans[-MAX_PLANS_PER_ACCOUNT:]):
        assert await store.find(plan.plan_id, ACCOUNT) == plan
    assert await store.find(other.plan_id, other.account) == other
    for plan in plans[:-MAX_PLANS_PER_ACCOUNT]:
        with pytest.raises(UnusablePlanError, match="has no plan"):
            await store.find(plan.plan_id, ACCOUNT)


async def test_long_progress_is_kept_in_several_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_plans, "MAX_ENTRIES", 3)
    state = LocalState()
    written: list[bytes] = []
    for size in (1, 2, 3, 4, 7, 1):
        async with share_plans(state).open_progress("p") as log:
            assert await log.read() == written
            for _ in range(size):
                written.append(b"line %d" % len(written))
                await log.append(written[-1] + b"\n")
    assert [len(await state.read_list(f"plan-progress:p:{number}")) for number in range(7)] == [
        *(3, 3, 3, 3, 3, 3, 0)
    ]


async def test_the_lock_is_extended_while_nothing_happens() -> None:
    with virtual_time():
        state = LocalState(asyncio.get_running_loop().time)
        async with share_plans(state).open_progress("p") as log:
            await asyncio.sleep(10 * LOCK_SECONDS)
            with pytest.raises(UnusablePlanError, match="Another server"):
                async with share_plans(state).open_progress("p"):
                    pass
            await log.append(b"line\n")
        async with share_plans(state).open_progress("p"):
            pass


async def test_the_lock_outlives_a_short_failure_and_not_a_long_one() -> None:
    with virtual_time():
        local = LocalState(asyncio.get_running_loop().time)
        state = FaultyState(local)
        async with share_plans(state).open_progress("p") as log:
            state.fails = lambda _: True
            await asyncio.sleep(LOCK_SECONDS - 1)
            state.fails = lambda _: False
            await log.append(b"one\n")
            state.fails = lambda _: True
            await asyncio.sleep(LOCK_SECONDS + 1)
            state.fails = lambda _: False
            async with share_plans(local).open_progress("p") as other:
                assert await other.read() == [b"one"]
                with pytest.raises(HubError, match="another replica may carry out the plan"):
                    await log.append(b"two\n")
                await other.append(b"three\n")
            with pytest.raises(HubError, match="another replica may carry out the plan"):
                await log.append(b"four\n")


async def test_a_line_that_may_wait_is_kept_before_long() -> None:
    with virtual_time():
        state = FaultyState(LocalState(asyncio.get_running_loop().time))
        async with share_plans(state).open_progress("p") as log:
            await log.append(b"line\n", may_wait=True)
            assert ("append", "plan-progress:p:0") not in state.commands
            await asyncio.sleep(EXTENSION_INTERVAL + 1)
            assert ("append", "plan-progress:p:0") in state.commands


async def test_lines_of_calls_at_once_are_kept_together_or_not_at_all() -> None:
    state = FaultyState(LocalState())
    errors: list[HubError] = []

    async def append(number: int) -> None:
        try:
            await log.append(b"line %d\n" % number)
        except HubError as error:
            errors.append(error)

    async with share_plans(state).open_progress("p") as log:
        await asyncio.gather(*map(append, range(4)))
        assert [name for name, *_ in state.commands].count("append") < 4
        assert errors == []
        count = len(state.commands)
        state.fails = lambda number: number == count + 1
        await asyncio.gather(*map(append, range(4)))
        assert len(errors) == 4, "also those that were written together with the one that failed"
        await append(9)
        assert len(errors) == 5, "nothing is sent after a failure, even if the store is back"
