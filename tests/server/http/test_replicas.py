"""Test what replicas that share a store do together: confirmations, the limit of guesses, and changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, InputRequiredResult

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.audit_logs import read_outcomes
from tests.support.elicitation import DELETE, Person, first_round, has_latest, second_round
from tests.support.http_requests import OWNER, bearer
from tests.support.programs import text_of
from tests.support.redis_servers import RedisServer, run_redis
from tests.support.shared_states import UnreliableState, share_state
from tests.support.web_servers import Running, call, modern, routed, served

WRONG = "nobody-token-0123456789abcdef"
STOREFRONT: dict[str, Any] = {"repository": "acme/storefront"}
PATIENCE = 60.0  # seconds; a safety margin for a busy machine


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> UnreliableState:
    state = UnreliableState()
    share_state(monkeypatch, lambda: state)
    return state


@pytest.fixture
def redis_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    with run_redis() as server:
        share_state(monkeypatch, lambda: RedisState(server.url, timeout=10))
        yield server


@pytest.fixture(params=["state", "redis_server"])
def store(request: pytest.FixtureRequest) -> None:
    """Let servers share a state in memory, or a real Redis server."""
    request.getfixturevalue(request.param)


@pytest.fixture
def environment(sandbox: Sandbox, sandbox_url: str) -> dict[str, str]:
    owner = sandbox.get_identity("owner")
    return {
        "DOCKERHUB_API_URL": sandbox_url,
        "DOCKERHUB_USERNAME": owner.username,
        "DOCKERHUB_TOKEN": owner.secret,
    }


@asynccontextmanager
async def replicas(
    count: int, folder: Path, environment: dict[str, str], **options: Any
) -> AsyncIterator[list[Running]]:
    """Serve from several servers that share a key."""
    key = folder / "key"
    key.write_text("0123456789abcdef" * 2, "utf-8")
    options = {"access": "admin", "toolsets": "all", "state_key_file": str(key)} | options
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(served(environment=environment, **options)) for _ in range(count)
        ]


@asynccontextmanager
async def clients(
    servers: list[Running], *, mode: str = "2026-07-28", person: Person | None = None
) -> AsyncIterator[list[Client]]:
    options = {"elicitation_callback": person or Person()}
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(server.client(mode=mode, client=options)) for server in servers
        ]


def count_deletions(sandbox: Sandbox) -> int:
    return sum(seen.method == "DELETE" for seen in sandbox.requests)


# Confirmations


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


async def test_an_answer_that_cannot_be_claimed_is_refused(
    state: UnreliableState, sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    person = Person()
    async with (
        replicas(1, tmp_path, environment, audit_log=str(journal)) as servers,
        clients(servers, person=person) as [client],
    ):
        state.fail()
        said = text_of(await client.call_tool("delete_tag", DELETE))
        assert said.startswith(
            "delete_tag was not sent: the server could not record that this confirmation is used, because its "
            "shared store does not respond. Nothing was sent; try again in some seconds"
        )
        assert person.asked[0] in said
        assert len(person.asked) == 1
        assert count_deletions(sandbox) == 0
        state.recover()
        assert not (await client.call_tool("delete_tag", DELETE)).is_error
    refused, done = read_outcomes(journal)
    assert (refused["outcome"], done["outcome"]) == ("refused", "done")
    assert refused["reason"] == "the shared store did not record that the user's answer is used"
    assert not has_latest(sandbox)


async def test_a_decline_needs_no_store(
    state: UnreliableState, sandbox: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    async with (
        replicas(1, tmp_path, environment) as servers,
        clients(servers, person=Person("decline")) as [client],
    ):
        state.fail()
        assert "The user declined this" in text_of(await client.call_tool("delete_tag", DELETE))
    assert has_latest(sandbox)


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
    assert not any(key.startswith("once:") for _, key in state.commands)


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
    used = [key for _, key in state.commands if key.startswith("once:")]
    assert len(used) == 1, "the first question is not used up"


# The limit of guesses


async def post(server: Running, headers: dict[str, str], message: dict[str, Any] | None = None) -> Any:
    message = message or modern("tools/list")
    async with server.http() as http:
        return await http.post("/mcp", json=message, headers=routed(message) | headers)


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


async def test_without_the_store_each_replica_limits_guesses_itself(
    state: UnreliableState, environment: dict[str, str], tmp_path: Path
) -> None:
    environment = environment | {"DOCKERHUB_MCP_AUTH_TOKEN": OWNER}
    async with replicas(2, tmp_path, environment) as servers:
        statuses = [(await post(servers[0], bearer(f"{WRONG}{number}"))).status_code for number in range(4)]
        state.fail()
        for server in servers:
            statuses += [
                (await post(server, bearer(f"{WRONG}-{number}"))).status_code for number in range(11)
            ]
        assert statuses == [401] * 4 + ([401] * 6 + [429] * 5) + ([401] * 10 + [429])
        assert (await post(servers[0], bearer(OWNER))).status_code == 429


# Changes


def change(text: str) -> dict[str, Any]:
    return call("update_repository", **STOREFRONT, description=text)


async def say(server: Running, message: dict[str, Any]) -> str:
    answer = await post(server, {}, message)
    assert answer.status_code == 200
    result = answer.json()["result"]
    assert not result.get("isError"), result
    return str(result["content"][0]["text"])


async def read(server: Running) -> str:
    return await say(server, call("get_repository", **STOREFRONT))


async def until_cached(server: Running) -> None:
    """Read until the result is cached: the server is subscribed."""
    async with asyncio.timeout(PATIENCE):
        while "cached by this server" not in await read(server):
            pass


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
        await read(servers[1])
        assert "cached by this server" in await read(servers[1])


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
