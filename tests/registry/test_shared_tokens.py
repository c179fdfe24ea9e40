"""Sign-ins at the token service by replicas: each secret is sent once, and no name is locked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials
from dockerhub_mcp.hub.auth.sign_in_guard import FAILURE_WINDOW, MAX_FAILURES, SignInGuard
from dockerhub_mcp.hub.errors import SignInError, SignInLocked, SignInRefused, SignInUnavailable
from dockerhub_mcp.registry import RegistryClient
from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.fake_registry import AUTH, FakeRegistry
from tests.support.redis_servers import RedisServer, run_redis
from tests.support.sharing_replicas import WatchedState, share

WRONG = "dckr_pat_wrong-secret-of-ada"


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with run_redis() as server:
        yield server


@pytest.fixture(params=["memory", "redis"])
async def state(request: pytest.FixtureRequest, fake: FakeRegistry) -> AsyncIterator[Any]:
    """Return an empty state of each kind, with a record of its commands."""
    if request.param == "memory":
        yield WatchedState(LocalState(fake.clock))
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    server.execute("FLUSHALL")
    real = RedisState(server.url, timeout=10.0)  # the machine may be busy
    yield WatchedState(real)
    await real.aclose()


class Replicas:
    """Three processes with a memory of their own that share sign-ins."""

    def __init__(self, fake: FakeRegistry, state: Any) -> None:
        self._fake = fake
        self.options: list[dict[str, Any]] = [
            {"sign_in_guard": SignInGuard(clock=fake.clock), "shared_sign_ins": share(state)}
            for _ in range(3)
        ]

    def client(self, number: int, secret: str = "") -> RegistryClient:
        """Return a new client of a replica with a secret of ada, the right one unless given."""
        return self._fake.create_client("ada", secret, **self.options[number % 3])


@pytest.fixture
def replicas(fake: FakeRegistry, state: Any) -> Replicas:
    return Replicas(fake, state)


async def head(client: RegistryClient, repository: str = "acme/api", tag: str = "1.0") -> str:
    return (await client.start_session().head_manifest(repository, tag)).digest


def count_sign_ins(fake: FakeRegistry) -> int:
    return len(fake.list_requests(AUTH))


async def test_a_wrong_secret_is_sent_once_by_all_replicas(fake: FakeRegistry, replicas: Replicas) -> None:
    for number in range(6):
        with pytest.raises(SignInRefused, match="which signs in to the registry, refused ada") as caught:
            await head(replicas.client(number, WRONG))
        assert not isinstance(caught.value, SignInLocked)
    assert count_sign_ins(fake) == 1


async def test_calls_at_once_send_a_wrong_secret_once(fake: FakeRegistry, replicas: Replicas) -> None:
    clients = [replicas.client(number, WRONG) for number in range(3)]
    calls = [head(clients[number % 3], f"acme/r{number}") for number in range(12)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(result) for result in results} == {SignInRefused}
    assert count_sign_ins(fake) == 1


async def test_many_wrong_secrets_do_not_lock_the_name(fake: FakeRegistry, replicas: Replicas) -> None:
    calls = [head(replicas.client(number, f"{WRONG}{number}")) for number in range(9)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["SignInLocked"] * 6 + ["SignInRefused"] * 3
    assert count_sign_ins(fake) == MAX_FAILURES


async def test_the_hub_and_the_registry_share_the_limit_of_a_name(
    fake: FakeRegistry, replicas: Replicas
) -> None:
    fake.override("/v2/auth/token", httpx.Response(401, json={"message": "unauthorized"}))
    for number in range(6):
        credentials = Credentials.from_strings("ada", f"{WRONG}{number}")
        hub = fake.create_hub(credentials, **replicas.options[number % 3])
        with pytest.raises(SignInError):
            await hub.sign_in()
        with pytest.raises(SignInError):
            await head(replicas.client(number + 1, f"{WRONG}x{number}"))
    assert count_sign_ins(fake) + len(fake.list_requests("localhost")) == MAX_FAILURES


async def test_a_secret_that_the_hub_refused_another_replica_is_not_sent(
    fake: FakeRegistry, replicas: Replicas
) -> None:
    fake.override("/v2/auth/token", httpx.Response(401, json={"message": "unauthorized"}))
    with pytest.raises(SignInRefused):
        await fake.create_hub(Credentials.from_strings("ada", WRONG), **replicas.options[0]).sign_in()
    with pytest.raises(SignInRefused):
        await head(replicas.client(1, WRONG))
    assert count_sign_ins(fake) == 0


async def test_an_outage_of_the_hub_at_another_replica_says_nothing_about_the_registry(
    fake: FakeRegistry, replicas: Replicas
) -> None:
    fake.override("/v2/auth/token", httpx.Response(503, json={}))
    hub = fake.create_hub(Credentials.from_strings("ada", fake.accounts["ada"]), **replicas.options[0])
    with pytest.raises(SignInUnavailable):
        await hub.sign_in()
    assert await head(replicas.client(1), "ada/secret", "latest")


async def test_a_secret_that_the_registry_refused_is_still_sent_to_the_hub(
    fake: FakeRegistry, replicas: Replicas
) -> None:
    fake.override("/v2/auth/token", httpx.Response(200, json={"access_token": "opaque"}))
    with pytest.raises(SignInRefused):
        await head(replicas.client(0, WRONG))
    credentials = Credentials.from_strings("ada", WRONG)
    assert await fake.create_hub(credentials, **replicas.options[1]).sign_in()


async def test_a_lock_at_the_registry_is_respected_by_all(fake: FakeRegistry, replicas: Replicas) -> None:
    fake.override("/token?", httpx.Response(429, json={"details": "too many failed login attempts"}))
    for number in range(3):
        with pytest.raises(SignInLocked, match="Docker has locked the name"):
            await head(replicas.client(number, f"{WRONG}{number}"))
    assert count_sign_ins(fake) == 1


async def test_an_outage_of_the_token_service_pauses_all(fake: FakeRegistry, replicas: Replicas) -> None:
    fake.override("/token?", httpx.Response(503, json={}))
    for number in range(6):
        with pytest.raises(SignInUnavailable):
            await head(replicas.client(number))
    assert count_sign_ins(fake) == 1


async def test_a_right_secret_is_never_counted(
    fake: FakeRegistry, replicas: Replicas, state: WatchedState
) -> None:
    for number in range(12):
        fake.add_repository(f"acme/r{number}").add_image(tag="1.0")
    clients = [replicas.client(number) for number in range(3)]
    await asyncio.gather(*(head(clients[number % 3], f"acme/r{number}") for number in range(12)))
    assert fake.minted == 12
    assert await share(state).add_try("ada", "another", limit=1) == 0
    commands = len(state.commands)
    await asyncio.gather(*(head(clients[number % 3], f"acme/r{number}") for number in range(12)))
    assert len(state.commands) == commands, "tokens that are known need no command"


async def test_a_token_without_an_account_needs_no_store(fake: FakeRegistry, state: WatchedState) -> None:
    client = fake.create_client(shared_sign_ins=share(state))
    assert await head(client)
    assert state.commands == []


@pytest.mark.parametrize(
    ("failure", "expected"), [(httpx.ConnectError, [3, 3, 3]), (httpx.ReadError, [2, 0, 0])]
)
async def test_connections_that_break_count_only_if_the_secret_may_have_been_sent(
    fake: FakeRegistry, replicas: Replicas, failure: type[httpx.TransportError], expected: list[int]
) -> None:
    seen = fake.break_token_service(failure)
    counts = []
    for number in range(3):
        before = len(seen)
        with pytest.raises(SignInError):
            await head(replicas.client(number))
        counts.append(len(seen) - before)
    assert counts == expected


async def test_cancelled_sign_ins_count_for_all(fake: FakeRegistry, replicas: Replicas) -> None:
    await head(fake.create_client())  # learns where the token service is
    fake.requests.clear()
    fake.is_hanging = True
    for number in range(6):
        before = count_sign_ins(fake)
        call = asyncio.create_task(head(replicas.client(number, f"{WRONG}{number}")))
        while not call.done() and count_sign_ins(fake) == before:
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises((asyncio.CancelledError, SignInLocked)):
            await call
    assert count_sign_ins(fake) == MAX_FAILURES


async def test_a_waiting_call_that_is_cancelled_counts_nothing(
    fake: FakeRegistry, replicas: Replicas, state: WatchedState
) -> None:
    async with share(state).take_turn("ada"):
        call = asyncio.create_task(head(replicas.client(0)))
        await asyncio.sleep(0.3)
        call.cancel()
        await asyncio.wait([call])
    assert count_sign_ins(fake) == 0
    assert await share(state).add_try("ada", "another", limit=1) == 0


@pytest.mark.parametrize("is_carried_out", [True, False])
async def test_a_store_that_fails_at_any_command_changes_nothing(
    fake: FakeRegistry, is_carried_out: bool
) -> None:
    async def use_replica(state: Any) -> list[str]:
        options: dict[str, Any] = {"sign_in_guard": SignInGuard(clock=fake.clock)}
        if state is not None:
            options["shared_sign_ins"] = share(state)
        outcomes = []
        for secret in ("", WRONG, "", WRONG):
            fake.clock.time += FAILURE_WINDOW
            try:
                outcomes.append(await head(fake.create_client("ada", secret, **options)))
            except SignInError as error:
                outcomes.append(str(error))
        return outcomes

    expected = await use_replica(None)
    alone, failing_at, is_reached = count_sign_ins(fake), 0, True
    while is_reached:
        state = WatchedState(LocalState(fake.clock))
        state.is_carried_out = is_carried_out
        state.fails = _equals(failing_at)
        before = count_sign_ins(fake)
        assert await use_replica(state) == expected, failing_at
        assert count_sign_ins(fake) - before <= alone, failing_at
        is_reached = len(state.commands) > failing_at
        failing_at += 1
    assert failing_at > 30


def _equals(expected: int) -> Callable[[int], bool]:
    return lambda number: number == expected
