"""Pauses, lifetimes and turns of sign-ins that replicas share, by a clock that tests move."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub.auth.replicas.attempts import SharedAttempts
from dockerhub_mcp.hub.auth.sign_in_guard import FAILURE_WINDOW, MAX_FAILURES, SignInGuard
from dockerhub_mcp.hub.errors import SignInLocked, SignInRefused, SignInUnavailable
from dockerhub_mcp.hub.methods import GetOrgSettings, GetRepository
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.shared.local import LocalState
from tests.support.fixture_types import Clock, MakeHub
from tests.support.sharing_replicas import NEW_KEY, OLD_KEY, Replica, WatchedState, share
from tests.support.virtual_time import virtual_time

PUBLIC = GetRepository(repository="redis")
PRIVATE = GetRepository(namespace="acme", repository="storefront")
SETTINGS = GetOrgSettings(name="acme")


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a sandbox that does not limit the requests of anonymous callers."""
    return Sandbox(anonymous_limit=None)


@pytest.fixture
def replicas(make_hub: MakeHub, clock: Clock) -> list[Replica]:
    state = LocalState(clock)
    return [Replica(make_hub, state, clock=clock) for _ in range(3)]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 401, "body": '{"detail": "no"}'}, [0]),
        ({"status": 400, "body": '{"detail": "no"}'}, [0]),
        ({"status": 429}, [0, 60, 180, 600, 1080]),
        ({"status": 429, "headers": {"Retry-After": "400"}}, [0, 400, 800]),
        ({"status": 500}, [0, 5, 15, 600, 640]),
        ({"status": 200, "body": "{}"}, [0, 60, 180, 600, 1080]),
    ],
)
async def test_the_replicas_pause_together_as_one_process_does(
    sandbox: Sandbox, replicas: list[Replica], clock: Clock, fault: dict[str, Any], expected: list[float]
) -> None:
    """Each try is made by another replica, and the pauses grow all the same."""
    sandbox.faults.add(match="/v2/auth/token", **fault)
    hubs = [replica.as_identity("owner") for replica in replicas]
    times, start, turn = [], clock.time, 0
    while clock.time - start <= 1100:
        before = sandbox.login_count
        for _ in hubs:
            await hubs[turn % 3].send(PUBLIC)
            if sandbox.login_count > before:
                times.append(clock.time - start)
                turn += 1
                break
            turn += 1
        clock.time += 5
    assert times[: len(expected)] == expected


async def test_a_success_at_one_replica_ends_the_growth_of_pauses(
    sandbox: Sandbox, replicas: list[Replica], clock: Clock
) -> None:
    """A replica that has not signed in starts with the shortest pause, as the last sign-in succeeded."""
    failing, succeeding, other = (replica.as_identity("owner") for replica in replicas)
    sandbox.faults.add(match="/v2/auth/token", status=429, times=1)
    with pytest.raises(SignInUnavailable):
        await failing.send(SETTINGS)
    clock.time += 60
    await succeeding.send(SETTINGS)
    clock.time += FAILURE_WINDOW
    sandbox.faults.add(match="/v2/auth/token", status=429, times=1)
    with pytest.raises(SignInUnavailable) as caught:
        await other.send(SETTINGS)
    assert caught.value.retry_after == 60


async def test_a_shared_bearer_is_renewed_when_its_first_replica_would_renew_it(
    make_hub: MakeHub, clock: Clock
) -> None:
    sandbox, state = Sandbox(token_lifetime=600), LocalState(clock)
    transport = httpx.ASGITransport(app=sandbox.app)
    hubs = [
        Replica(make_hub, state, clock=clock, httpx_transport=transport).as_identity("owner")
        for _ in range(2)
    ]
    await hubs[0].send(PRIVATE)
    clock.time += 500
    await hubs[1].send(PRIVATE)
    clock.time += 39
    await hubs[1].send(PRIVATE)
    assert sandbox.login_count == 1
    clock.time += 1  # a minute before it expires
    await hubs[1].send(PRIVATE)
    assert sandbox.login_count == 2
    await hubs[0].send(PRIVATE)
    assert sandbox.login_count == 2


@pytest.mark.parametrize("lifetime", [20, 60, 70])
async def test_a_bearer_of_a_short_life_is_shared_until_one_process_would_renew_it(
    make_hub: MakeHub, clock: Clock, lifetime: int
) -> None:
    sandbox, state = Sandbox(token_lifetime=lifetime), LocalState(clock)
    transport = httpx.ASGITransport(app=sandbox.app)
    hubs = [
        Replica(make_hub, state, clock=clock, httpx_transport=transport).as_identity("owner")
        for _ in range(3)
    ]
    for elapsed, expected in ((0, 1), (lifetime * 3 / 4 - 1, 1), (1, 2)):
        clock.time += elapsed
        for hub in hubs:
            await hub.send(PRIVATE)
        assert sandbox.login_count == expected


async def test_a_refused_secret_is_sent_again_by_a_new_replica_after_a_day(
    sandbox: Sandbox, make_hub: MakeHub, clock: Clock
) -> None:
    state = LocalState(clock)
    for elapsed, expected in ((0, 1), (86_399, 1), (1, 2)):
        clock.time += elapsed
        with pytest.raises(SignInRefused):
            await Replica(make_hub, state, clock=clock).hub("ada", "wrong").send(SETTINGS)
        assert sandbox.login_count == expected


async def test_the_limit_of_a_name_ends_after_ten_minutes(
    sandbox: Sandbox, replicas: list[Replica], clock: Clock
) -> None:
    for number in range(4):
        with pytest.raises(SignInRefused) as caught:
            await replicas[number % 3].hub("ada", f"wrong-{number}").send(SETTINGS)
        clock.time += 100
    assert sandbox.login_count == 3
    assert isinstance(caught.value, SignInLocked)
    assert caught.value.retry_after == 300
    clock.time += 200
    await replicas[0].as_identity("owner").send(SETTINGS)


@pytest.mark.parametrize("is_cancelled", [True, False])
async def test_a_replica_that_ends_during_its_turn_keeps_others_waiting_for_seconds_only(
    sandbox: Sandbox, make_hub: MakeHub, is_cancelled: bool
) -> None:
    with virtual_time():
        loop = asyncio.get_running_loop()
        state = LocalState(loop.time)
        if is_cancelled:
            sandbox.faults.add(match="/v2/auth/token", latency=8, times=1)
            first = asyncio.create_task(Replica(make_hub, state).as_identity("owner").send(PRIVATE))
            await asyncio.sleep(7)  # longer than a turn that is not extended
            waiting = asyncio.create_task(Replica(make_hub, state).as_identity("owner").send(PRIVATE))
            await asyncio.sleep(0.5)
            assert sandbox.login_count == 1
            first.cancel()
            started, limit = loop.time(), 0.6
            await waiting
        else:
            turn = share(state).take_turn("ada")
            assert await turn.__aenter__()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()  # as if the process had been killed
            started, limit = loop.time(), 5.6
            await Replica(make_hub, state).as_identity("owner").send(PRIVATE)
            assert loop.time() - started >= 4.9
        assert loop.time() - started <= limit
        assert sandbox.login_count == (2 if is_cancelled else 1)


@pytest.mark.parametrize(("fault", "pause"), [({"latency": 3600}, 60), ({"drop": True}, 5)])
async def test_a_sign_in_without_an_answer_pauses_all_as_one_process(
    sandbox: Sandbox, make_hub: MakeHub, fault: dict[str, Any], pause: float
) -> None:
    """Each would otherwise fail as well at once, and all sign-ins that may fail would be used up."""
    with virtual_time():
        clock = asyncio.get_running_loop().time
        state = LocalState(clock)
        broken_sandbox = Sandbox(anonymous_limit=None)
        broken_sandbox.faults.add(match="/v2/auth/token", **fault)
        transport = httpx.ASGITransport(app=broken_sandbox.app)
        broken = Replica(make_hub, state, clock=clock, httpx_transport=transport).as_identity("owner")
        healthy = Replica(make_hub, state, clock=clock).as_identity("owner")
        assert (await broken.send(PUBLIC)).name == "redis"
        assert broken_sandbox.login_count > 0
        with pytest.raises(SignInUnavailable):
            await healthy.send(SETTINGS)
        assert sandbox.login_count == 0
        await asyncio.sleep(pause + 1)
        await healthy.send(SETTINGS)
        assert sandbox.login_count == 1
        assert (await share(state).add_try("ada", "another", limit=broken_sandbox.login_count)) > 0


async def test_a_process_without_its_store_repeats_dropped_sign_ins_within_its_own_limit(
    sandbox: Sandbox, make_hub: MakeHub, clock: Clock
) -> None:
    state = WatchedState(LocalState(clock))
    state.fails = lambda _number: True
    hub = Replica(make_hub, state, clock=clock).as_identity("owner")
    sandbox.faults.add(match="/v2/auth/token", drop=True)
    for _ in range(10):
        await hub.send(PUBLIC)
        clock.time += 30
    assert sandbox.login_count == MAX_FAILURES


async def test_waiting_for_a_turn_ends_with_the_time_of_the_call(sandbox: Sandbox, make_hub: MakeHub) -> None:
    with virtual_time():
        loop = asyncio.get_running_loop()
        state = LocalState(loop.time)
        async with share(state).take_turn("ada") as is_taken:
            assert is_taken
            watched = WatchedState(state)
            hub = Replica(make_hub, watched, timeout=20.0).as_identity("owner")
            started = loop.time()
            with pytest.raises(SignInUnavailable, match="was not finished within 10 s"):
                await hub.send(SETTINGS)
            assert loop.time() - started == pytest.approx(10, abs=0.2)
            assert len(watched.commands) <= 40, "it looks at the turn twice a second"
            assert (await hub.send(PUBLIC)).name == "redis"
        assert sandbox.login_count == 0
        await hub.send(SETTINGS)
        assert sandbox.login_count == 1


class FailedSignIns(httpx.AsyncBaseTransport):
    """Passes requests to a sandbox, and records when sign-ins failed.

    Attributes:
        times: The time of each failed sign-in.
    """

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        self._sandbox = httpx.ASGITransport(app=sandbox.app)
        self._clock = clock
        self.times: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/v2/auth/token":
            return await self._sandbox.handle_async_request(request)
        self.times.append(self._clock.time)
        response = await self._sandbox.handle_async_request(request)
        if b"access_token" in await response.aread():
            self.times.pop()
        return response


@pytest.mark.parametrize("seed", range(4))
async def test_a_campaign_of_faults_never_exceeds_the_limit(
    sandbox: Sandbox, make_hub: MakeHub, clock: Clock, seed: int
) -> None:
    """Fail sign-ins of one name at random for hours, at three replicas with many secrets and two keys."""
    source = random.Random(seed)  # noqa: S311 - not for cryptography
    state, failed = LocalState(clock), FailedSignIns(sandbox, clock)
    replicas = [
        Replica(make_hub, state, *keys, clock=clock, httpx_transport=failed)
        for keys in ((NEW_KEY, OLD_KEY), (OLD_KEY, NEW_KEY), (OLD_KEY, NEW_KEY))
    ]
    accounts = [replica.as_identity("owner") for replica in replicas]
    faults: list[dict[str, Any]] = [
        *({"status": status} for status in (400, 401, 403, 429, 500, 503)),
        *({"drop": True}, {"drop": True, "times": 1}, {"status": 200, "body": "{}"}),
        *({"status": 429, "headers": {"Retry-After": text}} for text in ("1", "30")),
        {"status": 401, "body": '{"detail": "locked for 5 minutes"}'},
    ]
    with virtual_time():
        for _ in range(300):
            sandbox.faults.clear()
            if source.random() < 0.5:
                sandbox.faults.add(match="/v2/auth/token", **source.choice(faults))
            others = [replica.hub("ada", f"wrong-{source.randrange(50)}") for replica in replicas]
            calls = source.sample([*accounts, *others], source.choice((1, 1, 2, 4)))
            results = await asyncio.gather(*(hub.send(PUBLIC) for hub in calls))
            assert {result.name for result in results} == {"redis"}
            if source.random() < 0.2:
                sandbox.revoke_bearer_tokens()
            clock.time += source.choice((0, 1, 5, 30, 120))
    for first, fourth in zip(failed.times, failed.times[MAX_FAILURES:], strict=False):
        assert fourth - first >= FAILURE_WINDOW
    assert len(failed.times) > 20


async def test_pauses_grow_for_all_while_keys_are_rotated(
    sandbox: Sandbox, make_hub: MakeHub, clock: Clock
) -> None:
    """An older record under a key that a replica uses must not hide a newer one under another key."""
    sandbox.faults.add(match="/v2/auth/token", status=200, body="{}")
    state = LocalState(clock)
    hubs = [
        Replica(make_hub, state, *keys, clock=clock).as_identity("owner")
        for keys in ((NEW_KEY, OLD_KEY), (OLD_KEY, NEW_KEY), (NEW_KEY, OLD_KEY))
    ]
    for number, elapsed in enumerate((0, 60, 119)):
        clock.time += elapsed
        await hubs[number].send(PUBLIC)
    assert sandbox.login_count == 2
    clock.time += 1
    await hubs[2].send(PUBLIC)
    assert sandbox.login_count == 3


async def test_a_success_elsewhere_ends_the_growth_of_a_pause(
    sandbox: Sandbox, replicas: list[Replica], clock: Clock
) -> None:
    """Although the replica that failed before did not use the bearer token of the other one."""
    failing, succeeding = (replica.as_identity("owner") for replica in replicas[:2])
    sandbox.faults.add(match="/v2/auth/token", status=429, times=1)
    for expected in (60, 60):
        with pytest.raises(SignInUnavailable) as caught:
            await failing.send(SETTINGS)
        assert caught.value.retry_after == expected
        clock.time += 60
        await succeeding.send(SETTINGS)
        clock.time += FAILURE_WINDOW
        sandbox.faults.clear()
        sandbox.faults.add(match="/v2/auth/token", status=429, times=1)


async def test_a_replica_with_many_sign_ins_does_not_keep_another_from_its_turn() -> None:
    """As with a cleanup of many repositories, each of which needs a token of its own."""
    with virtual_time():
        clock = asyncio.get_running_loop().time
        state, ended = LocalState(clock), []

        async def find() -> None:
            return None

        async def send() -> bool:
            await asyncio.sleep(0.1)
            ended.append(clock())
            return True

        busy, idle = SignInGuard(clock=clock), SignInGuard(clock=clock)

        async def run_busy() -> None:
            async with busy.lock_for("ada"):
                await SharedAttempts(busy, share(state)).send_in_turn("ada", "secret", find, send)

        many = [asyncio.create_task(run_busy()) for _ in range(100)]
        await asyncio.sleep(0.25)
        started = clock()
        await SharedAttempts(idle, share(state)).send_in_turn("ada", "secret", find, send)
        assert clock() - started < 2
        assert sum(task.done() for task in many) < 15
        await asyncio.gather(*many)
        assert len(ended) == 101
        assert await share(state).add_try("ada", "another", limit=1) == 0
