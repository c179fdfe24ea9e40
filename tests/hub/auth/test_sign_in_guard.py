"""The memory of failed sign-ins: pauses, locks and the limit per user name."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.sign_in_errors import unavailable_error
from dockerhub_mcp.hub.auth.sign_in_guard import FAILURE_WINDOW, MAX_FAILURES, SignInGuard
from dockerhub_mcp.hub.errors import (
    SecondFactorRequired,
    SignInError,
    SignInLocked,
    SignInRefused,
    SignInUnavailable,
)
from dockerhub_mcp.hub.methods import Complete2FALogin, CreateAuthToken, GetOrgSettings, GetRepository, Login
from dockerhub_mcp.sandbox import Sandbox
from tests.support.fixture_types import Clock
from tests.support.virtual_time import virtual_time

PUBLIC = GetRepository(repository="redis")
SETTINGS = GetOrgSettings(name="acme")


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a sandbox that does not limit the requests of anonymous callers."""
    return Sandbox(anonymous_limit=None)


def create(name: str, secret: str) -> CreateAuthToken:
    return CreateAuthToken(identifier=name, secret=SecretStr(secret))


async def find_send_times(
    hub: Hub, sandbox: Sandbox, clock: Clock, *, until: float, step: float = 5.0
) -> list[float]:
    """Return the seconds at which the secret is sent while a public read is made every five seconds."""
    times, start = [], clock.time
    while clock.time - start <= until:
        before = sandbox.login_count
        await hub.send(PUBLIC)
        if sandbox.login_count > before:
            times.append(clock.time - start)
        clock.time += step
    return times


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 401, "body": '{"detail": "no"}'}, [0]),
        ({"status": 400, "body": '{"detail": "no"}'}, [0]),
        ({"status": 422, "body": '{"detail": "no"}'}, [0]),
        ({"status": 429}, [0, 60, 180, 600, 1080]),
        ({"status": 429, "headers": {"Retry-After": "10"}}, [0, 10, 20, 600, 610]),
        ({"status": 429, "headers": {"Retry-After": "400"}}, [0, 400, 800]),
        ({"status": 429, "headers": {"Retry-After": "nonsense"}}, [0, 60, 180, 600, 1080]),
        ({"status": 429, "headers": {"Retry-After": "1746136938"}}, [0, 60, 180, 600, 1080]),
        ({"status": 429, "headers": {"Retry-After": "-3"}}, [0, 60, 180, 600, 1080]),
        ({"status": 403}, [0, 60, 180, 600, 1080]),
        ({"status": 404}, [0, 60, 180, 600, 1080]),
        ({"status": 200, "body": "<html>", "content_type": "text/html"}, [0, 60, 180, 600, 1080]),
        ({"status": 200, "body": "{}"}, [0, 60, 180, 600, 1080]),
        ({"status": 500}, [0, 5, 15, 600, 640]),
        ({"status": 503}, [0, 5, 15, 600, 640]),
        (
            {"status": 401, "body": '{"detail": "Failed to validate JWT token against trusted cert"}'},
            [0, 5, 15],
        ),
    ],
)
async def test_a_failed_secret_is_sent_again_only_after_a_pause(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock, fault: dict[str, Any], expected: list[float]
) -> None:
    sandbox.faults.add(match="/v2/auth/token", **fault)
    hub = make_hub("owner", clock=clock)
    times = await find_send_times(hub, sandbox, clock, until=1100)
    assert times[: len(expected)] == expected
    for first, fourth in zip(times, times[MAX_FAILURES:], strict=False):
        assert fourth - first >= FAILURE_WINDOW


async def test_a_timeout_counts_like_a_rate_limit(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    sandbox.faults.add(match="/v2/auth/token", latency=3600)
    hub = make_hub("owner", clock=clock)
    with virtual_time():
        assert await find_send_times(hub, sandbox, clock, until=181) == [0, 60, 180]


async def test_the_pauses_grow_up_to_their_limits() -> None:
    clock = Clock()
    for is_outage, expected in (
        (False, [60, 120, 240, 480, 600, 600]),
        (True, [5, 10, 20, 40, 60, 60]),
    ):
        guard = SignInGuard(clock=clock)
        key = guard.fingerprint("ada", "x")
        waits = []
        for _ in expected:
            clock.time += 10_000
            error = unavailable_error("ada", "it failed", is_outage=is_outage, is_sent=False)
            waits.append(guard.record_failure("ada", key, error).retry_after)
        assert waits == expected


async def test_a_success_ends_the_pauses(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    hub = make_hub("owner", clock=clock)
    for _ in range(2):
        sandbox.faults.add(match="/v2/auth/token", status=429, times=1)
        await hub.send(PUBLIC)
        with pytest.raises(SignInUnavailable) as caught:
            await hub.send(SETTINGS)
        assert caught.value.retry_after == 60
        clock.time += 60
        assert (await hub.send(SETTINGS)).restricted_images is not None
        sandbox.revoke_bearer_tokens()


async def test_a_changed_secret_is_tried_at_once(make_hub: Callable[..., Hub], clock: Clock) -> None:
    hub = make_hub(credentials=Credentials.from_strings("ada", "wrong-one"), clock=clock)
    with pytest.raises(SignInRefused):
        await hub.send(SETTINGS)
    await hub.send(create("ada", "sandbox-password-ada"))
    assert (await hub.send(SETTINGS)).restricted_images is not None


async def test_at_most_three_sign_ins_of_a_name_fail_within_ten_minutes(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    guard = SignInGuard(clock=clock)
    hubs = [make_hub(clock=clock, sign_in_guard=guard) for _ in range(4)]
    calls = [
        create(name, f"wrong-{number}") for number, name in enumerate(["ada", "Ada", " ADA ", "ada"] * 3)
    ]
    errors: list[SignInError] = []
    for number, call in enumerate(calls):
        with pytest.raises(SignInRefused) as caught:
            await hubs[number % 4].send(call)
        errors.append(caught.value)
    assert sandbox.login_count == MAX_FAILURES
    assert [type(error) for error in errors] == [SignInRefused] * 3 + [SignInLocked] * 9
    text = str(errors[-1])
    assert "was not sent: 3 failed within 10 minutes" in text
    assert "Docker locks the name after a few" in text
    assert "The last failure: Docker Hub refused to sign in" in text
    assert "Correct the secret meanwhile. Signing in is possible again in 10 minutes." in text
    # The right secret has to wait too, and another name does not.
    with pytest.raises(SignInLocked):
        await hubs[0].send(create("ada", "sandbox-password-ada"))
    await hubs[1].send(create("grace", "dckr_pat_sandbox_grace"))
    clock.time += FAILURE_WINDOW
    assert (await hubs[0].send(create("ada", "sandbox-password-ada"))).username == "ada"


async def test_the_limit_holds_for_both_routes_and_for_all_failures(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    guard = SignInGuard(clock=clock)
    hub = make_hub(clock=clock, sign_in_guard=guard)
    sandbox.faults.add(match="/v2/auth/token", status=503, times=1)
    sandbox.faults.add(match="/v2/users/login", status=200, body="<html>", times=1)
    for number in range(8):
        secret = SecretStr(f"wrong-{number}")
        call = Login(username="ada", password=secret) if number % 2 else create("ada", f"wrong-{number}")
        with pytest.raises(SignInError):
            await hub.send(call)
    assert sandbox.login_count == MAX_FAILURES


async def test_concurrent_sign_ins_cannot_exceed_the_limit(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    guard = SignInGuard(clock=clock)
    hubs = [
        make_hub(
            credentials=Credentials.from_strings("ada", f"wrong-{number}"), sign_in_guard=guard, clock=clock
        )
        for number in range(20)
    ]
    sandbox.faults.add(match="/v2/auth/token", latency=0.5)
    with virtual_time():
        results = await asyncio.gather(*(hub.send(PUBLIC) for hub in hubs))
    assert [result.name for result in results] == ["redis"] * 20
    assert sandbox.login_count == MAX_FAILURES


async def test_clients_with_the_same_secret_send_it_once(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    guard = SignInGuard(clock=clock)
    wrong = Credentials.from_strings("ada", "wrong-one")
    hubs = [make_hub(credentials=wrong, sign_in_guard=guard, clock=clock) for _ in range(10)]
    await asyncio.gather(*(hub.send(PUBLIC) for hub in hubs))
    assert sandbox.login_count == 1


async def test_wrong_secrets_do_not_keep_an_account_from_renewing_its_bearer(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    guard = SignInGuard(clock=clock)
    hub, other = (
        make_hub("owner", sign_in_guard=guard, clock=clock),
        make_hub(sign_in_guard=guard, clock=clock),
    )
    await hub.send(SETTINGS)
    for number in range(6):
        with pytest.raises(SignInRefused):
            await other.send(create("ada", f"wrong-{number}"))
    assert sandbox.login_count == 3
    sandbox.revoke_bearer_tokens()
    assert (await hub.send(SETTINGS)).restricted_images is not None
    # If that secret fails too, it is the third failure, and the last one.
    sandbox.state.users["ada"].password = "changed-password"
    sandbox.revoke_bearer_tokens()
    with pytest.raises(SignInRefused):
        await hub.send(SETTINGS)
    with pytest.raises(SignInLocked):
        await other.send(create("ada", "wrong-again"))
    assert sandbox.login_count == 5


async def test_a_dropped_connection_is_repeated_within_the_limit(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    hub = make_hub("owner", clock=clock)
    sandbox.faults.add(match="/v2/auth/token", drop=True)
    for _ in range(10):
        await hub.send(PUBLIC)
        clock.time += 30
    assert sandbox.login_count == MAX_FAILURES
    assert "was not sent: 3 failed" in str(hub.credential_error)
    assert "Correct the secret" not in str(hub.credential_error), "the Hub has not judged it"


async def test_a_cancelled_sign_in_counts(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    sandbox.faults.add(match="/v2/auth/token", latency=5)
    hub = make_hub(credentials=Credentials.from_strings("ada", "wrong-one"), clock=clock)
    with virtual_time():
        for _ in range(8):
            with pytest.raises((TimeoutError, SignInLocked)):
                await asyncio.wait_for(hub.send(SETTINGS), 1)
    assert sandbox.login_count == MAX_FAILURES


async def test_a_second_factor_is_no_failure_and_may_be_asked_for_again(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    hub = make_hub("two-factor", clock=clock)
    for _ in range(5):
        with pytest.raises(SecondFactorRequired):
            await hub.send(CreateAuthToken())
    assert sandbox.login_count == 5
    for _ in range(3):
        with pytest.raises(SecondFactorRequired):
            await hub.send(CreateAuthToken())
        with pytest.raises(SignInRefused, match="did not accept the one-time code"):
            await hub.send(Complete2FALogin(code="000000"))
    before = sandbox.login_count
    with pytest.raises(SignInLocked, match="3 failed within 10 minutes"):
        await hub.send(CreateAuthToken())
    assert sandbox.login_count == before


async def test_the_guard_keeps_no_secret_and_is_bounded() -> None:
    clock = Clock()
    guard = SignInGuard(clock=clock, max_entries=50)
    for number in range(500):
        name, secret = f"user{number}", f"secret-{number}"
        guard.record_failure(name, guard.fingerprint(name, secret), SignInRefused("no"))
        async with guard.lock_for(name):
            pass
    assert len(guard._pauses) == len(guard._names) == 50
    assert len(guard._locks) <= 1
    entries: list[Any] = [*guard._pauses.values(), *guard._names.values()]
    kept = [getattr(entry, name) for entry in entries for name in entry.__slots__]
    assert "secret-" not in json.dumps([repr(vars(guard)), repr(kept)])
    assert guard.fingerprint("ab", "c") != guard.fingerprint("a", "bc")
    assert guard.fingerprint("ada", "c") == guard.fingerprint(" Ada", "c")
    assert SignInGuard().fingerprint("ada", "c") != guard.fingerprint("ada", "c")


async def test_a_campaign_of_faults_never_exceeds_the_limit(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    """Fail sign-ins of one name at random for hours, from several clients with several secrets."""
    source = random.Random(13)  # noqa: S311 - not for cryptography
    guard = SignInGuard(clock=clock)
    secrets = ["sandbox-password-ada", *(f"wrong-{number}" for number in range(6))]
    hubs = [
        make_hub(credentials=Credentials.from_strings("ada", secret), sign_in_guard=guard, clock=clock)
        for secret in secrets
    ]
    faults: list[dict[str, Any]] = [
        *({"status": status} for status in (400, 401, 403, 404, 429, 500, 503)),
        *({"drop": True}, {"status": 200, "body": "{}"}, {"status": 401, "body": '{"detail": "locked"}'}),
        *({"status": 429, "headers": {"Retry-After": text}} for text in ("1", "30", "x", "9" * 12)),
    ]
    failed_at: list[float] = []
    for _ in range(600):
        sandbox.faults.clear()
        is_faulty = source.random() < 0.7
        if is_faulty:
            sandbox.faults.add(match="/v2/auth/token", **source.choice(faults))
        hub = source.choice(hubs)
        before = sandbox.login_count
        assert (await hub.send(PUBLIC)).name == "redis"
        if sandbox.login_count > before:
            succeeded = not is_faulty and hub.credential_error is None
            failed_at += [clock.time] * (sandbox.login_count - before - succeeded)
        if source.random() < 0.2:
            sandbox.revoke_bearer_tokens()
        clock.time += source.choice((0, 1, 5, 30, 120))
    for first, fourth in zip(failed_at, failed_at[MAX_FAILURES:], strict=False):
        assert fourth - first >= FAILURE_WINDOW
    assert len(failed_at) > 20


def test_a_refused_secret_has_further_advice() -> None:
    guard = SignInGuard(refusal_advice="Use another one.")
    fingerprint = guard.fingerprint("ada", "wrong")
    refused = guard.record_failure("ada", fingerprint, SignInRefused("no", remedy="Check it."))
    with pytest.raises(SignInRefused) as caught:
        guard.check("ada", fingerprint)
    assert refused.remedy == caught.value.remedy == "Check it. Use another one."
    locked = guard.record_failure("ada", fingerprint, SignInLocked("locked", retry_after=60))
    assert "Use another one." not in locked.remedy


def test_an_ended_pause_is_forgotten_unless_nothing_was_sent() -> None:
    clock = Clock()
    guard = SignInGuard(clock=clock)
    for is_sent, expected in ((True, 5), (False, 10)):
        fingerprint = guard.fingerprint("ada", str(is_sent))
        for _ in range(2):
            error = unavailable_error("ada", "failed", is_outage=True, is_sent=is_sent)
            failure = guard.record_failure("ada", fingerprint, error)
            guard.forget_ended_pause(fingerprint)
            with pytest.raises(SignInError):
                guard.check("ada", fingerprint)
            clock.time += 10
            guard.forget_ended_pause(fingerprint)
        assert failure.retry_after == expected
