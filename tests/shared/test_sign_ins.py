"""Sign-ins in a store: faults at each command, rotation of keys, and that nothing secret is readable."""

from __future__ import annotations

import asyncio
import base64
import json
from functools import partial
from operator import eq, le
from typing import Any
from urllib.parse import quote

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub.errors import SignInLocked, SignInRefused
from dockerhub_mcp.hub.methods import GetOrgSettings, GetRepository
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.shared.local import LocalState
from tests.support.fixture_types import Clock, MakeHub
from tests.support.sharing_replicas import NEW_KEY, OLD_KEY, Replica, WatchedState, share
from tests.support.virtual_time import virtual_time

PUBLIC = GetRepository(repository="redis")
PRIVATE = GetRepository(namespace="acme", repository="storefront")
SETTINGS = GetOrgSettings(name="acme")
NAME, SECRET, TOKEN = "ada-with-a-long-name", "dckr_pat_somewhat-secret", "eyJhbGciOi.some-token.c2ln"


async def use_replica(make_hub: MakeHub, sandbox: Sandbox, state: Any) -> list[str]:
    """Sign in, renew, fail and sign in again at one replica; return what callers get."""
    replica = Replica(make_hub, state, httpx_transport=httpx.ASGITransport(app=sandbox.app))
    hub, outcomes = replica.as_identity("owner"), []
    outcomes.append((await hub.send(PRIVATE)).name)
    sandbox.revoke_bearer_tokens()
    outcomes.append((await hub.send(PRIVATE)).name)
    for _ in range(2):
        with pytest.raises(SignInRefused) as caught:
            await replica.hub("grace", "wrong").send(SETTINGS)
        outcomes.append(str(caught.value))
    outcomes.append((await replica.as_identity("owner").send(PRIVATE)).name)
    body = '{"access_token": "definitely not a token"}'
    sandbox.faults.add(match="/v2/auth/token", status=200, body=body)
    member = replica.as_identity("member")
    outcomes += [(await member.send(PUBLIC)).name for _ in range(2)]
    return outcomes


@pytest.mark.parametrize("is_carried_out", [True, False])
@pytest.mark.parametrize("is_lasting", [True, False])
async def test_a_store_that_fails_at_any_command_changes_nothing(
    make_hub: MakeHub, is_lasting: bool, is_carried_out: bool
) -> None:
    with virtual_time():
        alone = Sandbox()
        expected = await use_replica(make_hub, alone, None)
        failing_at, is_reached = 0, True
        while is_reached:
            sandbox = Sandbox()
            state = WatchedState(LocalState(asyncio.get_running_loop().time))
            state.is_carried_out = is_carried_out
            state.fails = partial(le if is_lasting else eq, failing_at)
            assert await use_replica(make_hub, sandbox, state) == expected, failing_at
            assert sandbox.login_count <= alone.login_count, failing_at
            is_reached = len(state.commands) > failing_at
            failing_at += 1
    assert failing_at > 50


def find_forms(text: str) -> set[bytes]:
    """Return how a text may appear in other data."""
    content = text.encode()
    forms = {content, content.upper(), content.lower(), content.hex().encode(), quote(text, safe="").encode()}
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\0" * offset + content)
            forms.add(whole[(4 if offset else 0) : -4])  # without characters that depend on neighbours
    return forms


async def test_nothing_in_the_store_is_readable() -> None:
    state = WatchedState(LocalState())
    sign_ins = share(state)
    await sign_ins.keep_bearer(NAME, SECRET, TOKEN, seconds=60)
    record = json.dumps({"what": f"the Hub refused {NAME}"}).encode()
    await sign_ins.keep_refusal(NAME, SECRET, record, seconds=60)
    await sign_ins.keep_refusal(NAME, "", record, seconds=60)
    assert await sign_ins.add_try(NAME, "a", limit=3) == 0
    async with sign_ins.take_turn(NAME) as is_taken:
        assert is_taken
    await sign_ins.has_accepted_other(NAME, SECRET)
    await sign_ins.discard_bearer(NAME, SECRET, TOKEN)
    await sign_ins.clear_refusal(NAME, SECRET)
    await sign_ins.remove_try(NAME, "a")
    sent = [part for command in state.commands for part in command[1:]]
    dump = b"\n".join(part if isinstance(part, bytes) else str(part).encode() for part in sent)
    assert len(dump) > 1000
    for text in (NAME, SECRET, TOKEN, "the Hub refused"):
        for form in find_forms(text):
            assert form not in dump, text


@pytest.mark.parametrize("prefix", [b"", b"1", b"12"])
async def test_the_search_for_secrets_finds_them_in_base64(prefix: bytes) -> None:
    encoded = base64.b64encode(prefix + SECRET.encode() + b"rest")
    assert any(form in encoded for form in find_forms(SECRET))


async def test_names_differ_neither_by_case_nor_by_space() -> None:
    sign_ins = share(LocalState())
    await sign_ins.keep_bearer(" Ada", SECRET, TOKEN, seconds=60)
    found = await sign_ins.find_bearer("ADA ", SECRET)
    assert found is not None
    assert found.token == TOKEN
    assert found.seconds_left == pytest.approx(60, abs=1)
    assert TOKEN not in repr(found)
    assert await sign_ins.find_bearer("ada", SECRET.upper()) is None
    async with sign_ins.take_turn("ada"), sign_ins.take_turn("ADA") as is_taken:
        assert not is_taken


@pytest.mark.parametrize("keys", [(NEW_KEY, OLD_KEY), (OLD_KEY, NEW_KEY), (OLD_KEY,)])
async def test_a_replica_finds_what_replicas_with_other_keys_wrote(keys: tuple[bytes, ...]) -> None:
    state = LocalState()
    writer, reader = share(state, OLD_KEY, NEW_KEY), share(state, *keys)
    await writer.keep_bearer("ada", SECRET, TOKEN, seconds=60)
    await writer.keep_refusal("ada", "wrong", b"record", seconds=60)
    await writer.keep_refusal("ada", "", b"lock", seconds=60)
    assert (await reader.find_bearer("ada", SECRET) or ("",))[0] == TOKEN
    assert (await reader.find_refusal("ada", "wrong") or (b"",))[0] == b"record"
    assert (await reader.find_refusal("ada") or (b"",))[0] == b"lock"
    assert await reader.has_accepted_other("ada", "wrong")
    assert not await reader.has_accepted_other("ada", SECRET)
    assert not await reader.has_accepted_other("grace", SECRET)
    async with writer.take_turn("ada") as is_taken, reader.take_turn("ada") as is_also_taken:
        assert (is_taken, is_also_taken) == (True, False)
    async with reader.take_turn("ada") as is_taken, writer.take_turn("ada") as is_also_taken:
        assert (is_taken, is_also_taken) == (True, False)
    await reader.discard_bearer("ada", SECRET, TOKEN)
    assert await writer.find_bearer("ada", SECRET) is None
    await reader.clear_refusal("ada", "wrong")
    assert await writer.find_refusal("ada", "wrong") is None


async def test_the_limit_of_a_name_holds_while_keys_are_rotated() -> None:
    clock = Clock()
    state = LocalState(clock)
    replicas = [
        share(state, OLD_KEY),
        share(state, OLD_KEY, NEW_KEY),
        share(state, NEW_KEY, OLD_KEY),
        share(state, OLD_KEY),
    ]
    waits = []
    for number, replica in enumerate(replicas):
        waits.append(await replica.add_try("ada", f"try-{number}", limit=3))
        clock.time += 1
    assert waits == [0, 0, 0, 597]
    assert await replicas[2].add_try("ada", "fifth", limit=3) == 596
    await replicas[0].remove_try("ada", "try-0")
    await replicas[1].remove_try("ada", "try-1")
    assert await replicas[2].add_try("ada", "sixth", limit=3) == 0
    assert await replicas[0].add_try("ada", "seventh", limit=3) == 0
    assert await replicas[1].add_try("ada", "eighth", limit=3) > 0


@pytest.mark.parametrize(("taken", "free"), [(OLD_KEY, NEW_KEY), (NEW_KEY, OLD_KEY)])
async def test_a_turn_or_try_under_one_key_only_is_given_back(taken: bytes, free: bytes) -> None:
    state = LocalState()
    both = share(state, taken, free), share(state, free, taken)
    async with share(state, taken).take_turn("ada"):
        for replica in both:
            async with replica.take_turn("ada") as is_taken:
                assert not is_taken
        async with share(state, free).take_turn("ada") as is_taken:
            assert is_taken
    assert await share(state, taken).add_try("ada", "first", limit=1) == 0
    for replica in both:
        assert await replica.add_try("ada", "second", limit=1) > 0
    assert await share(state, free).add_try("ada", "third", limit=1) == 0


async def test_unknown_keys_see_nothing() -> None:
    state = LocalState()
    await share(state, OLD_KEY).keep_bearer("ada", SECRET, TOKEN, seconds=60)
    assert await share(state, NEW_KEY).find_bearer("ada", SECRET) is None


async def test_a_bearer_is_discarded_only_if_it_is_still_kept() -> None:
    state = LocalState()
    first, second = share(state), share(state)
    await first.keep_bearer("ada", SECRET, TOKEN, seconds=60)
    await second.discard_bearer("ada", SECRET, TOKEN)
    assert await first.find_bearer("ada", SECRET) is None
    await first.keep_bearer("ada", SECRET, "newer", seconds=60)
    await second.discard_bearer("ada", SECRET, TOKEN)
    assert (await second.find_bearer("ada", SECRET) or ("",))[0] == "newer"


async def test_a_bearer_that_is_renewed_meanwhile_is_not_discarded() -> None:
    state = WatchedState(LocalState())
    first, second = share(state), share(state)
    await first.keep_bearer("ada", SECRET, TOKEN, seconds=60)
    state.before["delete"] = lambda: first.keep_bearer("ada", SECRET, "newer", seconds=60)
    await second.discard_bearer("ada", SECRET, TOKEN)
    assert (await second.find_bearer("ada", SECRET) or ("",))[0] == "newer"


async def test_a_bearer_that_a_process_discarded_is_not_taken_again() -> None:
    """The store may have missed that it was discarded, or another replica may have kept it again."""
    state = LocalState()
    first, second = share(state), share(state)
    await first.keep_bearer("ada", SECRET, TOKEN, seconds=60)
    await first.discard_bearer("ada", SECRET, TOKEN)
    await second.keep_bearer("ada", SECRET, TOKEN, seconds=60)
    assert await first.find_bearer("ada", SECRET) is None
    assert await second.find_bearer("ada", SECRET) is not None


async def test_a_turn_is_extended_while_it_is_used_and_left_at_its_end() -> None:
    with virtual_time():
        state = LocalState(asyncio.get_running_loop().time)
        first, second = share(state), share(state)
        async with first.take_turn("ada") as is_taken:
            assert is_taken
            for _ in range(10):
                await asyncio.sleep(2)
                async with second.take_turn("ada") as is_taken_too:
                    assert not is_taken_too
            async with second.take_turn("grace") as is_taken_too:
                assert is_taken_too
        async with second.take_turn("ada") as is_taken:
            assert is_taken
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1, "nothing is extended any more"


async def test_a_turn_ends_with_an_error_or_a_cancelled_task() -> None:
    state = LocalState()
    first, second = share(state), share(state)
    with pytest.raises(KeyError):
        async with first.take_turn("ada"):
            raise KeyError
    started = asyncio.Event()

    async def hold() -> None:
        async with first.take_turn("ada"):
            started.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await started.wait()
    async with second.take_turn("ada") as is_taken:
        assert not is_taken
    task.cancel()
    await asyncio.wait([task])
    async with second.take_turn("ada") as is_taken:
        assert is_taken


async def test_a_replica_whose_turn_expired_does_not_end_that_of_another() -> None:
    clock = Clock()
    state = LocalState(clock)
    late, following, third = share(state), share(state), share(state)
    turn = late.take_turn("ada")
    assert await turn.__aenter__()
    clock.time += 6
    async with following.take_turn("ada") as is_taken:
        assert is_taken
        await turn.__aexit__(None, None, None)
        async with third.take_turn("ada") as is_taken_too:
            assert not is_taken_too


async def test_a_full_window_of_another_replica_is_the_error_of_the_limit(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    state = LocalState()
    for number in range(3):
        await share(state).add_try("ada", str(number), limit=3)
    watched = WatchedState(state)
    hub = Replica(make_hub, watched).as_identity("owner")
    commands = []
    for _ in range(3):
        with pytest.raises(SignInLocked, match="was not sent: 3 failed within 10 minutes") as caught:
            await hub.send(SETTINGS)
        assert caught.value.retry_after == pytest.approx(600, abs=5)
        commands.append(len(watched.commands))
    assert sandbox.login_count == 0
    assert commands[0] == commands[2], "the process knows, and need not look again"
