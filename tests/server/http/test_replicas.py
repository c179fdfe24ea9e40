"""Test what replicas that share a store do together: confirmations, the limit of guesses, and changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from mcp_types import CallToolResult, ElicitResult, InputRequiredResult

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.audit_logs import read_outcomes
from tests.support.elicitation import DELETE, Person, first_round, has_latest, second_round
from tests.support.http_replicas import (
    PATIENCE,
    STOREFRONT,
    build_environment,
    change,
    clients,
    count_deletions,
    post,
    read,
    replicas,
    say,
    until_cached,
)
from tests.support.http_requests import OWNER, bearer
from tests.support.programs import text_of
from tests.support.redis_servers import RedisServer, run_redis
from tests.support.shared_states import UnreliableState, share_state
from tests.support.web_servers import call

WRONG = "nobody-token-0123456789abcdef"


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> UnreliableState:
    state = UnreliableState()
    share_state(monkeypatch, lambda: state)
    return state


@pytest.fixture
def redis_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    with run_redis() as server:
        share_state(monkeypatch, lambda: RedisState(server.url, timeout=10, clock=count(step=10).__next__))
        yield server


@pytest.fixture(params=["state", "redis_server"])
def store(request: pytest.FixtureRequest) -> None:
    """Let servers share a state in memory, or a real Redis server."""
    request.getfixturevalue(request.param)


@pytest.fixture
def environment(sandbox: Sandbox, sandbox_url: str) -> dict[str, str]:
    return build_environment(sandbox, sandbox_url)


# Confirmations


def count_used_answers(state: UnreliableState) -> int:
    return sum(command == "claim" and key.startswith("once:") for command, key in state.commands)


@pytest.mark.usefixtures("store")
async def test_one_yes_is_one_write_at_whatever_replicas_it_arrives(
    sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    tags = sandbox.state.repositories["acme", "storefront"].tags
    present = list(tags)
    sandbox.faults.add(method="DELETE", latency=0.02)  # so that the others still read the tag
    used = "another call with the same answer has used it"
    refusals: list[str] = []
    async with replicas(3, tmp_path, environment) as servers, clients(servers) as asked:
        for round_number in range(1, 21):
            waiting = await first_round(asked[round_number % 3], DELETE)
            results = await asyncio.gather(
                *(second_round(client, DELETE, waiting.request_state) for client in asked)
            )
            assert count_deletions(sandbox) == round_number
            assert all(isinstance(result, CallToolResult) for result in results)
            [done] = [result for result in results if not result.is_error]
            assert "done" in text_of(done) or "deleted" in text_of(done)
            refusals += [text_of(result) for result in results if result is not done]
            assert not has_latest(sandbox)
            tags[:] = present
            late = await second_round(asked[0], DELETE, waiting.request_state)
            assert used in text_of(late)
            assert has_latest(sandbox)
    others = [text for text in refusals if used not in text and "has no tag" not in text]
    assert not others, "the tag may be gone already"
    assert any(used in text for text in refusals)


@pytest.mark.parametrize("is_asked", [False, True])
async def test_without_the_store_no_answer_is_used(
    state: UnreliableState, sandbox: Sandbox, environment: dict[str, str], tmp_path: Path, is_asked: bool
) -> None:
    """The user is not asked in vain; where the store fails later, nothing is sent."""
    journal = tmp_path / "journal"
    person = Person()
    async with (
        replicas(1, tmp_path, environment, audit_log=str(journal)) as servers,
        clients(servers, person=person) as [client],
    ):
        asked = await first_round(client, DELETE) if is_asked else None
        state.fail()
        refused = (
            await second_round(client, DELETE, asked.request_state)
            if asked is not None
            else await client.call_tool("delete_tag", DELETE)
        )
        assert refused.is_error
        assert text_of(refused).startswith(
            "delete_tag was not sent: the server cannot record that a confirmation is used, because its "
            "shared store does not respond. Nothing was sent; try again in some seconds, and the user is asked: "
        )
        assert not person.asked
        assert count_deletions(sandbox) == 0
        state.recover()
        assert not (await client.call_tool("delete_tag", DELETE)).is_error
        assert person.asked[0] in text_of(refused)
    refusal, done = read_outcomes(journal)
    assert (refusal["outcome"], done["outcome"]) == ("refused", "done")
    assert refusal["reason"] == "the shared store does not respond, so no answer could be recorded as used"
    assert not has_latest(sandbox)


async def test_a_decline_needs_no_store(
    state: UnreliableState, sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    decline = ElicitResult(action="decline")
    async with replicas(1, tmp_path, environment) as servers, clients(servers) as [client]:
        asked = await first_round(client, DELETE)
        state.fail()
        assert "The user declined this" in text_of(
            await second_round(client, DELETE, asked.request_state, decline)
        )
    assert has_latest(sandbox)


LOSSES: dict[str, Callable[[RedisServer], object]] = {
    "restarted": RedisServer.restart,
    "emptied": lambda server: server.execute("FLUSHALL"),
    "restarted with earlier content": RedisServer.restart,
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("is_used", [False, True])
async def test_an_answer_does_not_count_once_the_store_has_lost_content(
    redis_server: RedisServer,
    sandbox: Sandbox,
    environment: dict[str, str],
    tmp_path: Path,
    loss: str,
    is_used: bool,
) -> None:
    """Whether it was used is not known then, and the refusal says so; the user is asked again."""
    tags = sandbox.state.repositories["acme", "storefront"].tags
    present = list(tags)
    journal = tmp_path / "journal"
    async with (
        replicas(3, tmp_path, environment, audit_log=str(journal)) as servers,
        clients(servers) as asked,
    ):
        waiting = await first_round(asked[0], DELETE)
        if "earlier" in loss:
            redis_server.execute("SAVE")
        if is_used:
            assert not (await second_round(asked[1], DELETE, waiting.request_state)).is_error
            tags[:] = present
        LOSSES[loss](redis_server)
        for client in asked:
            refused = await until_stored(partial(second_round, client, DELETE, waiting.request_state))
            assert text_of(refused).startswith(
                "delete_tag was not sent by this call: the shared store of this server restarted or was emptied "
                "after the user was asked, so the server cannot tell whether another call has used the answer. "
                "Read the current state; if the change is still wanted, try again, and the user is asked again: "
            )
        assert count_deletions(sandbox) == is_used
        assert has_latest(sandbox)
        assert not (await asked[2].call_tool("delete_tag", DELETE)).is_error, "a new question"
    assert count_deletions(sandbox) == is_used + 1
    lost = "the shared store lost the record of used answers after the user was asked"
    assert sum(each.get("reason") == lost for each in read_outcomes(journal)) == 3


async def until_stored(send: Callable[[], Awaitable[Any]]) -> Any:
    """Send until the store responds."""
    async with asyncio.timeout(PATIENCE):
        while "shared store does not respond" in text_of(result := await send()):
            await asyncio.sleep(0.05)
    return result


async def test_clients_that_are_asked_during_the_call_need_no_store(
    state: UnreliableState, sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    async with (
        replicas(1, tmp_path, environment, sessions=True) as servers,
        clients(servers, mode="legacy") as [client],
    ):
        state.fail()
        assert not (await client.call_tool("delete_tag", DELETE)).is_error
    assert not has_latest(sandbox)
    assert count_used_answers(state) == 0


async def test_a_state_that_changed_is_asked_about_again_at_another_replica(
    state: UnreliableState, sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    async with replicas(2, tmp_path, environment) as servers, clients(servers) as asked:
        waiting = await first_round(asked[0], DELETE)
        tag = next(t for t in sandbox.state.repositories["acme", "storefront"].tags if t.name == "latest")
        tag.pushed_at = 0.0
        again = await second_round(asked[1], DELETE, waiting.request_state)
        assert isinstance(again, InputRequiredResult)
        done = await second_round(asked[0], DELETE, again.request_state)
        assert not done.is_error
    assert count_used_answers(state) == 1, "the first question is not used up"


# The limit of guesses


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("together", [False, True])
async def test_ten_wrong_tokens_are_tried_at_all_replicas_together(
    environment: dict[str, str], tmp_path: Path, together: bool
) -> None:
    environment = environment | {"DOCKERHUB_MCP_AUTH_TOKEN": OWNER}
    async with replicas(3, tmp_path, environment) as servers:
        assert (await post(servers[0], bearer(OWNER))).status_code == 200
        guesses = [post(servers[number % 3], bearer(f"{WRONG}{number}")) for number in range(30)]
        answers = await asyncio.gather(*guesses) if together else [await guess for guess in guesses]
        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses) == [401] * 10 + [429] * 20
        assert all(1 <= int(a.headers["retry-after"]) <= 60 for a in answers if a.status_code == 429)
        assert (await post(servers[0], bearer(OWNER))).status_code == 200, "it was accepted before"
        assert (await post(servers[1], bearer(OWNER))).status_code == 429, "it was never accepted there"


async def test_an_accepted_token_needs_no_store(
    state: UnreliableState, environment: dict[str, str], tmp_path: Path
) -> None:
    environment = environment | {"DOCKERHUB_MCP_AUTH_TOKEN": OWNER}
    async with replicas(1, tmp_path, environment) as [server]:
        for _ in range(3):
            assert (await post(server, bearer(OWNER))).status_code == 200
            assert [command for command, _ in state.commands] == ["measure_window"], "before the first use"
        assert (await post(server, bearer(WRONG))).status_code == 401
    commands, keys = zip(*state.commands, strict=True)
    assert commands == ("measure_window", "measure_window", "add_to_window")
    assert len(set(keys)) == 1
    assert keys[0].startswith("throttle:")
    assert "127.0.0.1" not in keys[0]


async def test_wrong_accounts_of_requests_count_too(
    state: UnreliableState, sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    for name in ("DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN"):
        del environment[name]
    async with replicas(3, tmp_path, environment, identity="request") as servers:
        statuses = []
        for number in range(12):
            account = {
                "x-dockerhub-username": f"guess{number}",
                "x-dockerhub-token": f"dckr_pat_wrong{number}",
            }
            answer = await post(servers[number % 3], account, call("get_current_user"))
            statuses.append(answer.status_code)
    assert statuses == [401] * 10 + [429] * 2
    assert sandbox.login_count == 10
    assert not any("guess" in key for _, key in state.commands)


@pytest.mark.parametrize("together", [False, True])
async def test_without_the_store_each_replica_limits_guesses_itself(
    state: UnreliableState, environment: dict[str, str], tmp_path: Path, together: bool
) -> None:
    environment = environment | {"DOCKERHUB_MCP_AUTH_TOKEN": OWNER}
    async with replicas(2, tmp_path, environment) as servers:
        statuses = [(await post(servers[0], bearer(f"{WRONG}{number}"))).status_code for number in range(4)]
        state.fail()
        for server in servers:
            guesses = [post(server, bearer(f"{WRONG}-{number}")) for number in range(30)]
            answers = await asyncio.gather(*guesses) if together else [await guess for guess in guesses]
            statuses += sorted(answer.status_code for answer in answers)
        assert statuses == [401] * 4 + ([401] * 6 + [429] * 24) + ([401] * 10 + [429] * 20)
        assert (await post(servers[0], bearer(OWNER))).status_code == 429


# Changes


@pytest.mark.usefixtures("store")
async def test_a_change_is_seen_at_once_at_every_replica(environment: dict[str, str], tmp_path: Path) -> None:
    async with replicas(3, tmp_path, environment, confirm="never") as servers:
        for number in range(24):
            for server in servers:
                await until_cached(server)
            await say(servers[number % 3], change(f"Description {number}"))
            said = await read(servers[(number + 1) % 3])
            assert f"Description {number}" in said
            assert "cached by this server" not in said


@pytest.mark.usefixtures("state")
async def test_a_read_that_is_under_way_during_a_change_elsewhere_is_not_cached(
    sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    async with replicas(2, tmp_path, environment, confirm="never") as servers:
        await read(servers[1])
        await say(servers[0], change("One"))
        sandbox.faults.add(match="storefront", method="GET", times=1, latency=0.2)
        early = asyncio.create_task(read(servers[1]))
        seen = len(sandbox.requests)
        while len(sandbox.requests) == seen:
            await asyncio.sleep(0.005)
        await say(servers[0], change("Two"))
        assert "Two" in await read(servers[1])
        await early
        assert "Two" in await read(servers[1])


@pytest.mark.usefixtures("state")
async def test_tag_listings_are_read_again_after_a_change_elsewhere(
    sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    orders: list[dict[str, Any]] = [{"order": "version"}, {"matching": ["latest"]}, {"matching": ["*latest"]}]
    first, second, third = [call("find_tags", **STOREFRONT, **each) for each in orders]
    async with replicas(2, tmp_path, environment, confirm="never") as servers:
        await say(servers[1], first)
        sandbox.requests.clear()
        assert "latest | " in await say(servers[1], second)
        assert not sandbox.requests, "the listing is kept"
        await say(servers[0], call("delete_tag", repository="acme/storefront", tag="latest"))
        assert "latest | " not in await say(servers[1], third)


async def test_results_are_not_kept_while_changes_may_be_missed(
    state: UnreliableState, environment: dict[str, str], tmp_path: Path
) -> None:
    async with replicas(2, tmp_path, environment, confirm="never") as servers:
        await read(servers[1])
        state.fail()
        for number in range(3):
            await say(servers[0], change(f"Missed {number}"))
            said = await read(servers[1])
            assert f"Missed {number}" in said
            assert "cached by this server" not in said
        state.recover()
        await until_cached(servers[1])


async def test_an_outage_of_a_store_and_its_return(
    redis_server: RedisServer, sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    async with (
        replicas(2, tmp_path, environment, confirm="destructive") as servers,
        clients(servers) as asked,
    ):
        for server in servers:
            await until_cached(server)
        redis_server.kill()
        async with asyncio.timeout(PATIENCE):
            while "cached by this server" in await read(servers[1]):
                await asyncio.sleep(0.01)
        for number in range(3):
            await say(servers[0], change(f"Missed {number}"))
            assert f"Missed {number}" in await read(servers[1])
        refused = text_of(await asked[0].call_tool("delete_tag", DELETE))
        assert "its shared store does not respond. Nothing was sent" in refused
        assert has_latest(sandbox)
        redis_server.start()
        for server in servers:
            await until_cached(server)
        async with asyncio.timeout(PATIENCE):
            while (await asked[0].call_tool("delete_tag", DELETE)).is_error:
                assert has_latest(sandbox)
    assert not has_latest(sandbox)
    assert count_deletions(sandbox) == 1


async def test_a_server_without_a_store_publishes_nothing(
    state: UnreliableState, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], tmp_path: Path
) -> None:
    monkeypatch.setattr("dockerhub_mcp.bootstrap.http.read_store_url", lambda *_: "")
    environment = environment | {"DOCKERHUB_MCP_AUTH_TOKEN": OWNER}
    async with replicas(1, tmp_path, environment, confirm="never") as [server]:
        assert (await post(server, bearer(WRONG))).status_code == 401
        assert (await post(server, bearer(OWNER), change("Other words"))).status_code == 200
        for cached in (False, True):
            answer = await post(server, bearer(OWNER), call("get_repository", **STOREFRONT))
            assert ("cached by this server" in answer.text) is cached
    assert not state.commands
