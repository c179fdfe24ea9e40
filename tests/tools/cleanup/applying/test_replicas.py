"""Plans that replicas share: made at one, carried out, interrupted and resumed at others; and a store in trouble."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.state import SharedState
from dockerhub_mcp.tools.cleanup.model import CleanupPlan
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Decision
from tests.support.cleanup_plans import CONTROLLER, add_plan, list_deletions, list_names, thin_out
from tests.support.fixture_types import Clock, MakeHub
from tests.support.shared_plans import FaultyState, SharedPlace, share_plans
from tests.support.tool_calls import FakeUser, call, make_context

IMAGE = "milldale/shared-index"
TAGS = 20
MakeReplica = Callable[..., ToolContext]


@pytest.fixture
def user() -> FakeUser:
    return FakeUser()


@pytest.fixture
def state(place: SharedPlace) -> SharedState:
    return place.connect()


@pytest.fixture
def make_replica(make_hub: MakeHub, place: SharedPlace, user: FakeUser) -> MakeReplica:
    """Return a factory of contexts as of servers of their own, which share a state."""

    def make(own_state: FaultyState | None = None, **options: Any) -> ToolContext:
        options = {"confirmer": user} | options
        return make_context(make_hub("owner"), plans=share_plans(own_state or place.connect()), **options)

    return make


def some(sandbox: Sandbox, count: int = TAGS) -> list[str]:
    """Return tags of the large repository, which is left with a few."""
    thin_out(sandbox)
    return [name for name in list_names(sandbox, CONTROLLER) if name.startswith("pr-")][:count]


async def apply(context: ToolContext, plan: CleanupPlan) -> dict[str, Any]:
    result = await call(context, "apply_tag_cleanup", plan_id=plan.plan_id)
    assert not result.is_error, result.text
    return result.structured_content or {}


async def try_to_apply(context: ToolContext, plan: CleanupPlan) -> str:
    result = await call(context, "apply_tag_cleanup", plan_id=plan.plan_id)
    assert result.is_error, result.text
    return result.text


def assert_done(sandbox: Sandbox, before: list[str], plan: CleanupPlan, result: dict[str, Any]) -> None:
    """Check that the tags of a plan are gone, and no others, each with one request and one outcome."""
    planned = [tag.name for tag in plan.tags]
    assert (result["status"], result["deleted"]) == ("done", len(planned))
    assert set(before) - set(list_names(sandbox, CONTROLLER)) == set(planned)
    assert Counter(list_deletions(sandbox)) == Counter(planned), "each is asked for once"


async def test_one_of_two_replicas_carries_a_plan_out(make_replica: MakeReplica, sandbox: Sandbox) -> None:
    before, names = list_names(thin_out(sandbox), CONTROLLER), some(sandbox)
    first, second = make_replica(), make_replica()
    plan = await add_plan(first, CONTROLLER, names)
    results: list[Any] = []

    async def run(context: ToolContext) -> None:
        results.append(await call(context, "apply_tag_cleanup", plan_id=plan.plan_id))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run, first)
        tasks.start_soon(run, second)
    [done] = [each for each in results if not each.is_error]
    [refused] = [each for each in results if each.is_error]
    assert "Another server carries out this plan at the moment; nothing was sent." in refused.text
    assert_done(sandbox, before, plan, done.structured_content)
    assert_done(sandbox, before, plan, await apply(second, plan))


async def test_the_lock_is_held_while_the_user_is_asked(
    make_replica: MakeReplica, state: SharedState, sandbox: Sandbox
) -> None:
    second = make_replica()
    refusals: list[str] = []

    async def answer(_: Confirmation) -> Decision:
        refusals.append(await try_to_apply(second, plan))
        return Decision.ACCEPTED

    first = make_replica(confirmer=answer)
    plan = await add_plan(first, IMAGE)
    await second.hub.sign_in()
    assert (await apply(first, plan))["status"] == "done"
    assert "Another server" in refusals[0]
    assert len(list_deletions(sandbox)) == plan.count
    assert await state.read(f"plan-lock:{plan.plan_id}") is None


async def stop_after(
    sandbox: Sandbox,
    context: ToolContext,
    plan: CleanupPlan,
    count: int,
    stop: Callable[[], None] = lambda: None,
    *,
    by_scope: bool = False,
) -> None:
    """Apply a plan, and cancel the call after some deletions: its task, or the scope that it runs in."""
    scope = anyio.CancelScope()

    async def run() -> None:
        with scope:
            await call(context, "apply_tag_cleanup", plan_id=plan.plan_id)
            pytest.fail("the call has ended")

    task = asyncio.create_task(run())
    while len(list_deletions(sandbox)) < count:
        await asyncio.sleep(0)
    stop()
    scope.cancel() if by_scope else task.cancel()
    await asyncio.wait([task])
    assert by_scope != task.cancelled()


@pytest.mark.parametrize("by_scope", [False, True])
@pytest.mark.parametrize("count", [1, 13])
async def test_a_cancelled_call_is_resumed_by_another_replica(
    make_replica: MakeReplica, sandbox: Sandbox, user: FakeUser, count: int, *, by_scope: bool
) -> None:
    before, names = list_names(thin_out(sandbox), CONTROLLER), some(sandbox)
    first, second = make_replica(), make_replica()
    plan = await add_plan(first, CONTROLLER, names)
    await stop_after(sandbox, first, plan, count, by_scope=by_scope)
    sent = Counter(list_deletions(sandbox))
    result = await apply(second, plan)
    assert (result["status"], result["deleted"] + result["already_gone"]) == ("done", TAGS)
    assert set(before) - set(list_names(sandbox, CONTROLLER)) == set(names)
    assert set(Counter(list_deletions(sandbox)) - Counter(names)) <= set(sent), "only of cancelled requests"
    assert len(user.confirmations) == 1


@pytest.mark.parametrize("count", [1, 13])
async def test_a_killed_replica_is_replaced_when_its_lock_has_expired(
    make_replica: MakeReplica, place: SharedPlace, sandbox: Sandbox, user: FakeUser, count: int
) -> None:
    before, names = list_names(thin_out(sandbox), CONTROLLER), some(sandbox)
    dying, second = FaultyState(place.connect()), make_replica()
    first = make_replica(dying)
    plan = await add_plan(first, CONTROLLER, names)

    def kill() -> None:
        dying.fails = lambda _: True

    await stop_after(sandbox, first, plan, count, kill)
    sent = list_deletions(sandbox)
    assert "Another server" in await try_to_apply(second, plan)
    assert list_deletions(sandbox) == sent
    await place.expire(f"plan-lock:{plan.plan_id}")
    result = await apply(second, plan)
    assert (result["status"], result["deleted"]) == ("done", TAGS)
    assert set(before) - set(list_names(sandbox, CONTROLLER)) == set(names)
    assert set(Counter(list_deletions(sandbox)) - Counter(names)) <= set(sent), "only of cancelled requests"
    assert len(user.confirmations) == 1


async def test_intents_are_in_the_store_before_their_request(
    make_replica: MakeReplica, state: SharedState, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve: Any = sandbox.app
    context = make_replica()
    plan = await add_plan(context, CONTROLLER, some(sandbox))
    recorded: list[bool] = []

    async def check(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "DELETE":
            name = scope["path"].rpartition("/")[2]
            lines = await read_progress(state, plan)
            recorded.append(any(b'"intent"' in line and f'"{name}"'.encode() in line for line in lines))
        await serve(scope, receive, send)

    monkeypatch.setattr(sandbox, "app", check)
    checked = make_replica()
    assert (await apply(checked, plan))["deleted"] == TAGS
    assert recorded == [True] * TAGS


async def read_progress(state: SharedState, plan: CleanupPlan) -> list[bytes]:
    """Return the lines of the progress of a plan, as another replica reads them."""
    copy = LocalState()
    for entry in await state.read_list(f"plan-progress:{plan.plan_id}:0"):
        await copy.append(f"plan-progress:{plan.plan_id}:0", entry, seconds=60)
    async with share_plans(copy).open_progress(plan.plan_id) as log:
        return await log.read()


async def count_commands(context: ToolContext, state: FaultyState, plan: CleanupPlan) -> int:
    before = len(state.commands)
    await apply(context, plan)
    return len(state.commands) - before


async def test_a_deletion_takes_few_commands(
    make_replica: MakeReplica, state: SharedState, sandbox: Sandbox
) -> None:
    counting = FaultyState(state)
    context = make_replica(counting)
    plan = await add_plan(context, CONTROLLER, some(sandbox, 40))
    assert len(plan.tags) == 40
    assert await count_commands(context, counting, plan) <= 2 * len(plan.tags) + 9
    entries = await state.read_list(f"plan-progress:{plan.plan_id}:0")
    assert len(entries) <= len(plan.tags) + 2


@pytest.mark.parametrize("place", ["local"], indirect=True)
@pytest.mark.parametrize("is_carried_out", [False, True])
async def test_each_command_that_fails_stops_the_run_before_its_request(
    make_replica: MakeReplica,
    state: SharedState,
    sandbox: Sandbox,
    user: FakeUser,
    clock: Clock,
    *,
    is_carried_out: bool,
) -> None:
    counting, names, second = FaultyState(state), some(sandbox), make_replica()
    plan = await add_plan(second, CONTROLLER, names[:4])
    needed = await count_commands(make_replica(counting), counting, plan)
    tags = sandbox.state.repositories["milldale", "controller"].tags
    before, all_tags = list_names(sandbox, CONTROLLER), list(tags)
    for number in range(1, needed + 1):
        tags[:] = all_tags
        sandbox.requests.clear()
        user.confirmations.clear()
        faulty = FaultyState(state)
        first = make_replica(faulty)
        plan = await add_plan(second, CONTROLLER, names[5:9], max_bytes=number)
        faulty.fails, faulty.is_carried_out = lambda count: count >= number, is_carried_out  # noqa: B023
        result = await call(first, "apply_tag_cleanup", plan_id=plan.plan_id)
        gone = set(before) - set(list_names(sandbox, CONTROLLER))
        assert gone <= set(names[5:9])
        assert len(gone) == len(list_deletions(sandbox))
        data = result.structured_content or {}
        if result.is_error:
            assert "the shared store of this server is unavailable" in result.text
            assert gone == set()
        elif data["status"] != "done":
            assert data["deleted"] == len(gone), "also those of which the outcome could not be recorded"
            assert data["deleted"] + data["not_reached"] == plan.count
            assert "its progress could not be recorded, because the shared store" in data["partial"]
            assert "Call apply_tag_cleanup with the same plan_id to go on" in data["partial"]
        clock.time += 31
        result = await call(second, "apply_tag_cleanup", plan_id=plan.plan_id)
        assert not result.is_error, result.text
        assert (result.structured_content or {})["deleted"] == plan.count
        assert Counter(list_deletions(sandbox)) == Counter(names[5:9]), f"each once, failure at {number}"
        assert len(user.confirmations) <= 2


async def test_a_lock_that_is_lost_stops_the_run_before_the_next_request(
    make_replica: MakeReplica, state: SharedState, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = some(sandbox)
    serve: Any = sandbox.app
    begun: list[str] = []

    async def lose_lock(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "DELETE":
            begun.append(scope["path"])
            if len(begun) == 5:
                key = f"plan-lock:{plan.plan_id}"
                await state.delete(key)
                assert await state.claim(key, b"of another replica", seconds=30)
                begun.append("lost")
        await serve(scope, receive, send)

    monkeypatch.setattr(sandbox, "app", lose_lock)
    context = make_replica()
    plan = await add_plan(context, CONTROLLER, names)
    result = await apply(context, plan)
    assert result["status"] == "partly"
    assert "another replica may carry out the plan by now" in result["partial"]
    after = begun[begun.index("lost") + 1 :]
    assert len(after) <= 3, "requests whose lock was checked before it was lost"
    assert result["deleted"] == len(list_deletions(sandbox)) == len(begun) - 1
    entry = await state.read(f"plan-lock:{plan.plan_id}")
    assert entry is not None
    assert entry.value == b"of another replica", "the lock of others is left alone"


async def test_a_store_that_does_not_answer_keeps_plans_from_being_made(
    make_replica: MakeReplica, state: SharedState, sandbox: Sandbox
) -> None:
    faulty = FaultyState(state)
    context = make_replica(faulty)
    await context.hub.sign_in()
    sandbox.requests.clear()
    rules = {"repository": IMAGE, "older_than": "5d"}
    faulty.fails = lambda _: True
    result = await call(context, "plan_tag_cleanup", **rules)
    assert result.is_error
    assert "No plan can be kept, because the shared store" in result.text
    assert sandbox.requests == [], "refused before the tags are read"
    for number in range(2, 5):
        faulty.commands.clear()
        faulty.fails = lambda count: count == number  # noqa: B023
        result = await call(context, "plan_tag_cleanup", **rules)
        assert result.is_error
        assert "The plan could not be kept, because the shared store" in result.text
    faulty.fails = lambda _: False
    assert not (await call(context, "plan_tag_cleanup", **rules)).is_error


@pytest.mark.parametrize("kind", ["plan", "plan-progress"])
async def test_content_that_was_changed_in_the_store_is_refused(
    make_replica: MakeReplica, state: SharedState, sandbox: Sandbox, kind: str
) -> None:
    context, names = make_replica(), some(sandbox)
    plan = await add_plan(context, CONTROLLER, names[:4])
    other = await add_plan(context, CONTROLLER, names[4:8])
    await apply(context, other)
    sandbox.requests.clear()
    key = f"plan:{plan.plan_id}" if kind == "plan" else f"plan-progress:{plan.plan_id}:0"

    async def change() -> None:
        if kind == "plan":
            entry = await state.read(f"plan:{other.plan_id}")
            assert entry is not None
            await state.write(key, entry.value, seconds=60)
        else:
            [first, *_] = await state.read_list(f"plan-progress:{other.plan_id}:0")
            await state.append(key, first, seconds=60)

    await change()
    text = await try_to_apply(context, plan)
    assert "was changed" in text
    assert "Nothing was sent" in text
    assert list_deletions(sandbox) == []


async def test_another_account_or_caller_is_refused(
    make_replica: MakeReplica, make_hub: MakeHub, state: SharedState, user: FakeUser
) -> None:
    plan = await add_plan(make_replica(), IMAGE)
    for context in (
        make_replica(caller="ci"),
        make_context(make_hub("member"), plans=share_plans(state), confirmer=user),
    ):
        assert "another account or caller" in await try_to_apply(context, plan)
    assert user.confirmations == []


async def test_unknown_plans_name_the_store(make_replica: MakeReplica) -> None:
    result = await call(make_replica(), "apply_tag_cleanup", plan_id="cleanup-" + "0" * 32)
    assert "it keeps plans in the store that its replicas share" in result.text
