"""Three real processes behind a real nginx that share a real store: what must happen once happens once."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from mcp_types import CallToolResult

from dockerhub_mcp.sandbox import Sandbox
from tests.support.elicitation import DELETE, Person, first_round, has_latest, second_round
from tests.support.nginx import NGINX, PATIENCE
from tests.support.programs import text_of
from tests.support.redis_servers import REDIS_SERVER, RedisServer, run_redis
from tests.support.replica_load import run_load
from tests.support.replicas import REPLICAS, Replica, Site, open_http, run_site, wait_until
from tests.support.web_servers import NO_CERTIFICATES, call, modern, routed

if not NGINX or not REDIS_SERVER or sys.platform != "linux":
    pytest.skip(
        "nginx or redis-server is not here; install them (nginx-light and redis-server on Debian), or name them "
        "in DOCKERHUB_MCP_NGINX and DOCKERHUB_MCP_REDIS",
        allow_module_level=True,
    )

STOREFRONT = "acme/storefront"
CHANGES = 20
CALLS = 30
TOKEN = "a-token-of-32-characters-or-more"


@pytest.fixture
def sandbox() -> Sandbox:
    """A Hub without a limit of requests."""
    return Sandbox(signed_in_limit=None)


@pytest.fixture
def store() -> Iterator[RedisServer]:
    """A store for one test, which may stop it."""
    with run_redis(password="a-password-of-the-store") as server:
        yield server


async def send(http: httpx.AsyncClient, url: str, message: dict[str, Any], **headers: str) -> httpx.Response:
    """Send a message to a replica or to nginx."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await http.post(f"{url}/mcp", json=message, headers=routed(message) | sent)


def list_urls(here: Site, count: int) -> list[str]:
    """Return the URLs of the replicas in turn, without nginx in between."""
    return [here.replicas[number % REPLICAS].url for number in range(count)]


async def test_one_yes_is_one_write_over_all_replicas(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path, store: RedisServer
) -> None:
    tags = sandbox.state.repositories["acme", "storefront"].tags
    present = list(tags)
    sandbox.faults.add(method="DELETE", latency=0.02)  # so that the others still read the tag
    options = ("--access", "admin", "--toolsets", "all")
    async with (
        run_site(tmp_path, sandbox, sandbox_url, *options, store=store) as here,
        AsyncExitStack() as stack,
    ):
        clients = [
            await stack.enter_async_context(
                here.client(at=replica, direct=number == 0, elicitation_callback=Person())
            )
            for number, replica in enumerate(here.replicas)
        ]
        for count in range(1, 6):
            waiting = await first_round(clients[count % REPLICAS], DELETE)
            answers = [second_round(client, DELETE, waiting.request_state) for client in clients * 2]
            results = await asyncio.gather(*answers)
            assert all(isinstance(result, CallToolResult) for result in results)
            assert sum(not result.is_error for result in results) == 1, list(map(text_of, results))
            assert sum(request.method == "DELETE" for request in sandbox.requests) == count
            assert not has_latest(sandbox)
            tags[:] = present
            late = await second_round(clients[0], DELETE, waiting.request_state)
            assert late.is_error
            assert has_latest(sandbox)


async def test_a_change_is_read_at_once_at_every_replica(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path, store: RedisServer
) -> None:
    read = call("get_repository", repository=STOREFRONT)
    options = ("--access", "write", "--confirm", "never", "--cache-ttl", "30")
    stale = 0
    async with (
        run_site(tmp_path, sandbox, sandbox_url, *options, store=store) as here,
        open_http() as http,
    ):
        urls = list_urls(here, CHANGES)
        for number, url in enumerate(urls):
            text = f"Description {number}"
            change = call("update_repository", repository=STOREFRONT, description=text)
            assert '"isError":true' not in (await send(http, url, change)).text
            said = await asyncio.gather(*(send(http, replica.url, read) for replica in here.replicas))
            stale += sum(text not in each.text for each in said)
            async with asyncio.timeout(
                PATIENCE
            ):  # not while a busy machine leaves the store without an answer
                while "cached by this server" not in (await send(http, urls[0], read)).text:
                    pass
    assert stale == 0


async def test_ten_wrong_tokens_of_an_address_are_tried_in_all(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path, store: RedisServer
) -> None:
    options = ("--forwarded-allow-ips", "127.0.0.1")
    async with run_site(
        tmp_path, sandbox, sandbox_url, *options, store=store, DOCKERHUB_MCP_AUTH_TOKEN=TOKEN
    ) as here:
        elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.9", verify=NO_CERTIFICATES)
        message = modern("tools/list")
        async with httpx.AsyncClient(transport=elsewhere) as http:
            answers = [
                await send(http, here.url, message, authorization=f"Bearer wrong-{number}")
                for number in range(CALLS)
            ]
        assert Counter(answer.status_code for answer in answers) == {401: 10, 429: CALLS - 10}
        reached = {request.replica for request in here.posts()}
        assert reached == {replica.address for replica in here.replicas}
        async with open_http() as http:
            right = await send(http, here.url, message, authorization=f"Bearer {TOKEN}")
        assert right.status_code == 200


async def test_an_account_signs_in_once_and_a_wrong_secret_is_tried_three_times_at_most(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path, store: RedisServer
) -> None:
    owner = sandbox.get_identity("owner")
    message = call("get_current_user")
    async with (
        run_site(tmp_path, sandbox, sandbox_url, "--identity", "request", store=store) as here,
        open_http() as http,
    ):

        async def call_everywhere(username: str, secrets: list[str]) -> list[httpx.Response]:
            requests = [
                send(http, url, message, x_dockerhub_username=username, x_dockerhub_token=secret)
                for url, secret in zip(list_urls(here, len(secrets)), secrets, strict=True)
            ]
            return await asyncio.gather(*requests)

        answers = await call_everywhere(owner.username, [owner.secret] * CALLS)
        assert all(f"username: {owner.username}" in answer.text for answer in answers)
        assert sandbox.login_count == 1

        wrong = f"dckr_pat_{'w' * 27}"
        answers = await call_everywhere("grace", [wrong] * 9)
        assert all(answer.status_code in {401, 429} for answer in answers)
        assert sandbox.login_count == 2

        guesses = [f"dckr_pat_{number:027}" for number in range(9)]
        answers = await call_everywhere("grace", guesses)
        assert all(answer.status_code in {401, 429} for answer in answers)
        assert sandbox.login_count <= 1 + 3

        kept = store.dump()
        assert len(kept) > 100
        for secret in (owner.secret, "grace", wrong, guesses[0], "eyJ", "127.0.0.1"):
            assert secret.encode() not in kept, secret


async def test_calls_go_on_while_the_store_is_down(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path, store: RedisServer
) -> None:
    """The store is stopped and continued, then killed and started empty. Meanwhile confirmations are refused."""

    def count_lines(text: str) -> list[int]:
        return [len(re.findall(text, replica.said)) for replica in here.replicas]

    async def is_refused(here: Site, replica: Replica) -> bool:
        async with here.client(at=replica, elicitation_callback=Person()) as client:
            result = await client.call_tool("delete_tag", DELETE)
        assert not result.is_error or "shared store" in text_of(result), text_of(result)
        return bool(result.is_error)

    options = ("--access", "admin", "--toolsets", "all")
    async with run_site(tmp_path, sandbox, sandbox_url, *options, store=store) as here:
        async with run_load(here, sandbox, latency=0.4) as calls:
            for outage, (stop, start) in enumerate(
                ((store.pause, store.resume), (store.kill, store.start)), 1
            ):
                stop()
                for replica in here.replicas:
                    assert await is_refused(here, replica)
                assert has_latest(sandbox)
                await calls.goes_on()
                assert count_lines("the shared store is unavailable") == [outage] * REPLICAS
                start()
                await wait_until(
                    lambda outage=outage: count_lines("is available again") == [outage] * REPLICAS  # type: ignore[misc]
                )
                await calls.goes_on()
        assert calls.failed == []
        assert not await is_refused(here, here.replicas[-1])
    assert not has_latest(sandbox)


def has_reached(here: Site, replica: Replica, since: float) -> bool:
    return replica.address in here.reached(since=since)


async def test_no_call_fails_while_the_replicas_are_replaced_in_turn(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path, store: RedisServer
) -> None:
    async with run_site(tmp_path, sandbox, sandbox_url, store=store) as here:
        async with run_load(here, sandbox, latency=1) as calls:  # nginx takes its time to try a replica again
            for replica in here.replicas:
                assert await replica.end(signal.SIGTERM) == 0
                await calls.goes_on()
                await replica.start()
                again = time.time()
                await wait_until(partial(has_reached, here, replica, since=again))
        assert calls.failed == []
