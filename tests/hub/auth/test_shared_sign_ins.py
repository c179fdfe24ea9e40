"""Sign-ins of several replicas that share a state: each secret is sent once, and no name is locked."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from dockerhub_mcp.hub.errors import (
    SecondFactorRequired,
    SignInError,
    SignInLocked,
    SignInRefused,
    SignInUnavailable,
    Unauthorized,
)
from dockerhub_mcp.hub.methods import CreateAuthToken, GetOrgSettings, GetRepository
from dockerhub_mcp.sandbox import Sandbox
from tests.support.fixture_types import MakeHub
from tests.support.sharing_replicas import Replica, WatchedState, share

PUBLIC = GetRepository(repository="redis")
PRIVATE = GetRepository(namespace="acme", repository="storefront")
SETTINGS = GetOrgSettings(name="acme")
LOCKED = '{"detail": "Too many failed login attempts. Please try again in 10 minutes."}'


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a sandbox that does not limit the requests of anonymous callers."""
    return Sandbox(anonymous_limit=None)


@pytest.fixture
def replicas(make_hub: MakeHub, shared_state: Any) -> list[Replica]:
    return [Replica(make_hub, shared_state) for _ in range(3)]


async def test_many_first_calls_of_all_replicas_sign_in_once(
    sandbox: Sandbox, replicas: list[Replica]
) -> None:
    sandbox.faults.add(match="/v2/auth/token", latency=0.2)
    hubs = [replica.as_identity("owner") for replica in replicas]
    results = await asyncio.gather(*(hubs[number % 3].send(PRIVATE) for number in range(30)))
    assert [result.name for result in results] == ["storefront"] * 30
    assert sandbox.login_count == 1


async def test_a_later_replica_uses_the_bearer_of_an_earlier_one(
    sandbox: Sandbox, replicas: list[Replica]
) -> None:
    for replica in replicas:
        hub = replica.as_identity("owner-pat")
        await hub.send(PRIVATE)
        assert hub.principal.username == "ada"
        assert hub.principal.kind == "personal access token"
    assert sandbox.login_count == 1


async def test_accounts_do_not_mix(sandbox: Sandbox, replicas: list[Replica]) -> None:
    """A secret, not the name alone, is what a bearer token belongs to."""
    owner = sandbox.get_identity("owner")
    await replicas[0].hub(owner.username, owner.secret).send(SETTINGS)
    with pytest.raises(SignInRefused):
        await replicas[1].hub(owner.username, owner.secret + "x").send(SETTINGS)
    assert (await replicas[1].as_identity("member").send(PRIVATE)).name == "storefront"
    assert sandbox.login_count == 3


async def test_a_wrong_secret_is_sent_once(sandbox: Sandbox, replicas: list[Replica]) -> None:
    texts = set()
    for replica in [*replicas, *replicas]:
        with pytest.raises(SignInRefused) as caught:
            await replica.hub(" Ada", "wrong").send(SETTINGS)
        assert caught.value.retry_after is None
        assert not isinstance(caught.value, SignInLocked)
        texts.add(str(caught.value))
    assert sandbox.login_count == 1
    assert len(texts) == 1
    assert "refused to sign in" in texts.pop()


async def test_a_wrong_secret_is_sent_once_at_the_same_time(
    sandbox: Sandbox, replicas: list[Replica]
) -> None:
    hubs = [replica.hub("ada", "wrong") for replica in replicas]
    results = await asyncio.gather(
        *(hubs[number % 3].send(SETTINGS) for number in range(12)), return_exceptions=True
    )
    assert {type(result) for result in results} == {SignInRefused}
    assert sandbox.login_count == 1


async def test_at_most_three_wrong_secrets_of_a_name_are_sent_in_all(
    sandbox: Sandbox, replicas: list[Replica]
) -> None:
    hubs = [
        replicas[number % 3].hub(name, f"wrong-{number}")
        for number, name in zip(range(9), itertools.cycle(["ada", "Ada", " ADA "]), strict=False)
    ]
    results = await asyncio.gather(*(hub.send(SETTINGS) for hub in hubs), return_exceptions=True)
    assert sandbox.login_count == 3
    assert sorted(type(result).__name__ for result in results) == ["SignInLocked"] * 6 + ["SignInRefused"] * 3
    error = next(result for result in results if isinstance(result, SignInLocked))
    assert "was not sent: 3 failed within 10 minutes" in str(error)
    assert error.retry_after == pytest.approx(600, abs=30)
    # The right secret has to wait too, and another name does not.
    with pytest.raises(SignInLocked):
        await replicas[0].as_identity("owner").send(SETTINGS)
    await replicas[0].hub("grace", "dckr_pat_sandbox_grace").send(PRIVATE)


async def test_wrong_secrets_elsewhere_leave_a_try_to_the_accepted_one(
    sandbox: Sandbox, replicas: list[Replica]
) -> None:
    account = replicas[0].as_identity("owner")
    await account.send(SETTINGS)
    for number in range(6):
        with pytest.raises(SignInRefused):
            await replicas[1 + number % 2].hub("ada", f"wrong-{number}").send(SETTINGS)
    assert sandbox.login_count == 3
    sandbox.revoke_bearer_tokens()
    assert (await account.send(SETTINGS)).restricted_images is not None


async def test_a_lock_of_the_hub_is_respected_by_all(sandbox: Sandbox, replicas: list[Replica]) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=429, body=LOCKED, times=1)
    for number, replica in enumerate(replicas):
        with pytest.raises(SignInLocked, match="Docker has locked the name") as caught:
            await replica.hub("ada", f"secret-{number}").send(SETTINGS)
        assert caught.value.retry_after == pytest.approx(600, abs=30)
    assert sandbox.login_count == 1


async def test_a_rate_limit_of_the_hub_is_respected_by_all(sandbox: Sandbox, replicas: list[Replica]) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=429, headers={"Retry-After": "400"}, times=1)
    for replica in replicas:
        with pytest.raises(SignInUnavailable, match="limits the number of requests") as caught:
            await replica.as_identity("owner").send(SETTINGS)
        assert caught.value.retry_after == pytest.approx(400, abs=30)
    assert sandbox.login_count == 1


async def test_a_second_factor_is_asked_for_once(
    sandbox: Sandbox, replicas: list[Replica], shared_state: Any
) -> None:
    for replica in [*replicas, *replicas]:
        with pytest.raises(SecondFactorRequired):
            await replica.as_identity("two-factor").send(SETTINGS)
    assert sandbox.login_count == 1
    name = sandbox.get_identity("two-factor").username
    assert await share(shared_state).add_try(name, "another", limit=1) == 0, "it is no failure"


async def test_a_replica_that_cannot_reach_the_hub_does_not_keep_others_from_it(
    sandbox: Sandbox, make_hub: MakeHub, replicas: list[Replica], shared_state: Any
) -> None:
    broken = Replica(make_hub, shared_state, base_url="http://localhost:1", httpx_transport=None)
    owner = sandbox.get_identity("owner")
    with pytest.raises(SignInUnavailable, match="could not be reached"):
        await broken.hub(owner.username, owner.secret).send(SETTINGS)
    assert await share(shared_state).add_try(owner.username, "another", limit=1) == 0, "nothing was sent"
    await replicas[0].as_identity("owner").send(SETTINGS)
    assert sandbox.login_count == 1


async def test_a_rejected_bearer_is_renewed_once_for_all(sandbox: Sandbox, replicas: list[Replica]) -> None:
    hubs = [replica.as_identity("owner") for replica in replicas]
    for hub in hubs:
        await hub.send(PRIVATE)
    sandbox.revoke_bearer_tokens()
    for hub in hubs:
        await hub.send(PRIVATE)
    assert sandbox.login_count == 2
    sandbox.revoke_bearer_tokens()
    await asyncio.gather(*(hub.send(PRIVATE) for hub in hubs for _ in range(5)))
    assert sandbox.login_count == 3


async def test_a_bearer_that_the_hub_never_accepts_is_dropped_by_all(
    sandbox: Sandbox, replicas: list[Replica], shared_state: Any
) -> None:
    body = '{"access_token": "definitely not a token"}'
    sandbox.faults.add(match="/v2/auth/token", status=200, body=body)
    hubs, owner = [replica.as_identity("owner") for replica in replicas], sandbox.get_identity("owner")
    for hub in hubs:
        for _ in range(3):
            assert (await hub.send(PUBLIC)).name == "redis"
        assert await share(shared_state).find_bearer(owner.username, owner.secret) is None
        with pytest.raises(SignInUnavailable, match="does not accept the bearer token") as caught:
            await hub.send(SETTINGS)
        assert caught.value.retry_after == pytest.approx(60, abs=30)
    assert sandbox.login_count == 2, "as one process alone: the first token, and its renewal"


async def test_a_revoked_account_does_not_loop(sandbox: Sandbox, replicas: list[Replica]) -> None:
    hubs = [replica.as_identity("owner") for replica in replicas]
    for hub in hubs:
        await hub.send(SETTINGS)
    sandbox.state.users["ada"].password = "changed-password"
    sandbox.revoke_bearer_tokens()
    before = len(sandbox.requests)
    for replica, hub in zip(replicas, hubs, strict=True):
        for client in (hub, replica.as_identity("owner"), hub):
            with pytest.raises(SignInRefused):
                await client.send(SETTINGS)
    assert sandbox.login_count == 2
    assert len(sandbox.requests) - before == len(hubs) + 1, "one call with the old token each, one sign-in"


async def test_a_dropped_sign_in_counts_for_all(sandbox: Sandbox, replicas: list[Replica]) -> None:
    sandbox.faults.add(match="/v2/auth/token", drop=True)
    for number, replica in enumerate([*replicas, *replicas]):
        with pytest.raises(SignInError):
            await replica.hub("ada", f"secret-{number}").send(SETTINGS)
    assert sandbox.login_count == 3


async def test_a_dropped_sign_in_is_not_repeated_if_none_would_be_left(
    sandbox: Sandbox, replicas: list[Replica]
) -> None:
    with pytest.raises(SignInRefused):
        await replicas[0].hub("ada", "wrong").send(SETTINGS)
    sandbox.faults.add(match="/v2/auth/token", drop=True)
    with pytest.raises(SignInUnavailable, match="could not be reached"):
        await replicas[1].as_identity("owner").send(SETTINGS)
    assert sandbox.login_count == 2


async def test_an_explicit_sign_in_asks_the_hub(
    sandbox: Sandbox, make_hub: MakeHub, shared_state: Any
) -> None:
    hubs = [Replica(make_hub, shared_state, fixed_identity=False).as_identity("owner") for _ in range(2)]
    await hubs[0].send(SETTINGS)
    assert (await hubs[1].send(CreateAuthToken())).username == "ada"
    assert sandbox.login_count == 2
    await hubs[1].send(SETTINGS)
    assert sandbox.login_count == 2


async def test_a_sign_in_that_ends_just_before_the_turn_is_seen(
    sandbox: Sandbox, make_hub: MakeHub, shared_state: Any
) -> None:
    """Another replica may finish between the look at its outcome and the claim of the turn."""
    first = Replica(make_hub, shared_state).as_identity("owner")
    state = WatchedState(shared_state)
    state.before["claim"] = lambda: first.send(SETTINGS)
    await Replica(make_hub, state).as_identity("owner").send(SETTINGS)
    assert state.names_of_commands()[:4] == ["read", "read", "read", "claim"]
    assert sandbox.login_count == 1


async def test_a_bearer_of_another_replica_shows_which_secret_is_right(
    sandbox: Sandbox, make_hub: MakeHub, replicas: list[Replica], shared_state: Any
) -> None:
    """Without the store, the replica then limits other secrets as if it had signed in itself."""
    await replicas[0].as_identity("owner").send(SETTINGS)
    state = WatchedState(shared_state)
    replica = Replica(make_hub, state)
    await replica.as_identity("owner").send(SETTINGS)
    state.fails = lambda _number: True
    for number in range(4):
        with pytest.raises(SignInRefused):
            await replica.hub("ada", f"wrong-{number}").send(SETTINGS)
    assert sandbox.login_count == 1 + 2


async def test_a_cancelled_sign_in_counts_for_all(sandbox: Sandbox, replicas: list[Replica]) -> None:
    sandbox.faults.add(match="/v2/auth/token", latency=60)
    for number, replica in enumerate([*replicas, *replicas]):
        before = sandbox.login_count
        call = asyncio.create_task(replica.hub("ada", f"secret-{number}").send(SETTINGS))
        while not call.done() and sandbox.login_count == before:
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises((asyncio.CancelledError, SignInLocked)):
            await call
    assert sandbox.login_count == 3


async def test_a_shared_bearer_that_was_revoked_too_is_renewed_within_the_same_call(
    sandbox: Sandbox, replicas: list[Replica]
) -> None:
    """A replica that was idle may find a bearer token that is newer than its own, and revoked as well."""
    idle, busy = (replica.as_identity("owner") for replica in replicas[:2])
    for hub in (idle, busy):
        await hub.send(SETTINGS)
    for _ in range(3):
        sandbox.revoke_bearer_tokens()
        await busy.send(SETTINGS)
    assert sandbox.login_count == 4
    sandbox.revoke_bearer_tokens()
    await idle.send(SETTINGS)
    await busy.send(SETTINGS)
    assert sandbox.login_count == 5


async def test_bearers_that_the_hub_never_accepts_are_renewed_once_by_each_call(
    sandbox: Sandbox, replicas: list[Replica]
) -> None:
    body = '{"access_token": "definitely not a token"}'
    sandbox.faults.add(match="/v2/auth/token", status=200, body=body)
    hubs = [replica.as_identity("owner") for replica in replicas]
    for number, hub in enumerate(hubs):
        for _ in range(3):
            with pytest.raises(Unauthorized):
                await hub.send(SETTINGS)
        assert sandbox.login_count == 2 + number
