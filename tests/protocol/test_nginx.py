"""Three replicas behind a real nginx with the published configuration, and the loss of one of them."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx2 as httpx
import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp.client.sse import sse_client
from mcp_types import ElicitRequestParams, ElicitResult
from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.sandbox import Sandbox
from tests.support.nginx import NGINX, PATIENCE
from tests.support.programs import MODES, text_of
from tests.support.replica_load import CLIENTS, run_load
from tests.support.replicas import (
    REPLICAS,
    TAG,
    WHOLE,
    Site,
    open_http,
    run_site,
    wait_until,
    write_state_key,
)
from tests.support.web_servers import NO_CERTIFICATES

if not NGINX or sys.platform != "linux":
    pytest.skip(
        "nginx is not here; install it (nginx-light on Debian), or name it in DOCKERHUB_MCP_NGINX",
        allow_module_level=True,
    )

SOON = 5.0
"""Seconds within which a caller must learn that a call failed."""
DELETING = "--access", "admin", "--toolsets", "all"


@pytest.fixture
def progress_arrived() -> asyncio.Event:
    """Set when a client has received a progress notification."""
    return asyncio.Event()


@pytest.fixture
def sandbox(progress_arrived: asyncio.Event) -> Sandbox:
    """A Hub that holds back page 20 of any list until progress has arrived."""
    sandbox = Sandbox(signed_in_limit=None)
    sandbox.app = replace(sandbox.app, app=hold_back(sandbox.app.app, b"page=20", progress_arrived))
    return sandbox


def hold_back(app: ASGIApp, query: bytes, released: asyncio.Event) -> ASGIApp:
    """Return the application with requests whose query string contains `query` held until `released`."""

    async def hold_back_app(scope: Scope, receive: Receive, send: Send) -> None:
        if query in scope.get("query_string", b""):
            async with asyncio.timeout(PATIENCE):
                await released.wait()
        await app(scope, receive, send)

    return hold_back_app


@MODES
async def test_calls_and_their_progress_come_through(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path, progress_arrived: asyncio.Event, mode: str
) -> None:
    """Progress must arrive during the call: without it, the Hub does not send the last page."""
    progress_seen: list[float] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
        progress_seen.append(progress)
        progress_arrived.set()

    async with run_site(tmp_path, sandbox, sandbox_url, *WHOLE, replicas=1) as here:
        async with here.client(mode) as client:
            arguments = {"repository": "redis", "max_items": 500, "page_size": 25}
            result = await client.call_tool("list_tags", arguments, progress_callback=on_progress)
        tags = (result.structured_content or {})["results"]
        assert len({tag["name"] for tag in tags}) == 500
    assert progress_seen == [25.0 * page for page in range(1, 21)]


def has_posts(here: Site, authorization: str, count: int) -> bool:
    return len(here.posts(authorization)) >= count


async def test_a_caller_stays_at_one_replica_and_callers_are_spread(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    """The caller is the address with the credentials, of which each part alone makes another caller."""
    async with run_site(tmp_path, sandbox, sandbox_url) as here:

        async def find_replicas(requests: list[tuple[str, dict[str, str]]]) -> list[str]:
            """Send requests from addresses of this machine, each with its headers, one after another."""
            known = len(here.log.read())
            for address, sent in requests:
                source = httpx.AsyncHTTPTransport(local_address=address, verify=NO_CERTIFICATES)
                async with httpx.AsyncClient(transport=source) as http:
                    assert (await http.get(f"{here.url}/readyz", headers=sent)).status_code == 200
            await wait_until(lambda: len(here.log.read()) == known + len(requests))
            return [request.replica for request in here.log.read()[known:]]

        for header in ("authorization", "x-dockerhub-username", "x-dockerhub-token"):
            found = await find_replicas([("127.0.0.1", {header: f"caller-{n}"}) for n in range(12)])
            assert len(set(found)) > 1
        callers: list[tuple[str, dict[str, str]]] = [(f"127.0.0.{n}", {}) for n in range(2, 14)]
        found = await find_replicas(callers)
        assert len(set(found)) > 1
        assert await find_replicas(callers) == found

        for replica in here.replicas:
            authorization = f"Bearer {await here.find_caller(replica)}"
            for mode in ("2026-07-28", "legacy"):
                async with here.client(mode, at=replica) as client:
                    wanted = len(here.posts(authorization)) + 3
                    for _ in range(3):
                        assert not (await client.call_tool("get_tag", TAG)).is_error
                    await wait_until(partial(has_posts, here, authorization, wanted))
            assert {request.replica for request in here.posts(authorization)} == {replica.address}


async def test_a_session_stays_with_its_replica_from_its_first_request_on(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    """With --sessions, clients of older protocols can be asked, at the replica that opened the session."""

    async def yes(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001
        return ElicitResult(action="accept", content={"confirm": True})

    repository = sandbox.state.repositories["acme", "storefront"]
    names = [tag.name for tag in repository.tags][:REPLICAS]
    async with run_site(tmp_path, sandbox, sandbox_url, *DELETING, "--sessions") as here:
        for replica, name in zip(here.replicas, names, strict=True):
            async with here.client("legacy", at=replica, elicitation_callback=yes) as client:
                result = await client.call_tool("delete_tag", {"repository": "acme/storefront", "tag": name})
                assert not result.is_error, text_of(result)
        assert here.reached() == {replica.address for replica in here.replicas}
    assert not {tag.name for tag in repository.tags} & set(names)


async def test_one_replica_asks_and_another_takes_the_answer(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    """The replica that asked is replaced before the answer."""
    key = write_state_key(tmp_path)
    repository = sandbox.state.repositories["acme", "storefront"]
    name = repository.tags[0].name
    async with run_site(tmp_path, sandbox, sandbox_url, *DELETING, "--state-key-file", str(key)) as here:
        asker = here.replicas[0]

        async def stop_and_accept(
            context: ClientRequestContext,  # noqa: ARG001
            params: ElicitRequestParams,  # noqa: ARG001
        ) -> ElicitResult:
            assert await asker.end(signal.SIGTERM) == 0
            return ElicitResult(action="accept", content={"confirm": True})

        async with here.client(at=asker, elicitation_callback=stop_and_accept) as client:
            result = await client.call_tool("delete_tag", {"repository": "acme/storefront", "tag": name})
            assert not result.is_error, text_of(result)
            posts = here.posts()
        await wait_until(lambda: here.posts()[-1].replica != asker.address)
        assert any(request.replica == asker.address for request in posts)
    assert name not in {tag.name for tag in repository.tags}


async def test_the_older_sse_stays_with_its_replica(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    def http(
        headers: dict[str, str] | None = None,
        timeout: httpx.Timeout | None = None,  # noqa: ARG001
        auth: httpx.Auth | None = None,  # noqa: ARG001
    ) -> httpx.AsyncClient:
        return open_http(**headers or {})

    seen: Counter[int] = Counter()

    async def use(here: Site, number: int) -> None:
        replica = here.replicas[number % REPLICAS]

        async def on_progress(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
            seen[number] += 1

        # Only nginx reads the header, and treats it as another caller.
        headers = {"authorization": f"Bearer {await here.find_caller(replica, number // REPLICAS)}"}
        transport = sse_client(f"{here.url}/sse", headers=headers, httpx_client_factory=http)
        async with Client(transport, mode="legacy", read_timeout_seconds=PATIENCE) as client:
            await client.call_tool("get_tag", TAG)
            arguments = {"repository": "redis", "max_items": 300}
            result = await client.call_tool("list_tags", arguments, progress_callback=on_progress)
            assert len((result.structured_content or {})["results"]) == 300

    async with run_site(tmp_path, sandbox, sandbox_url, *WHOLE) as here:
        for replica in here.replicas:
            await here.find_caller(replica, CLIENTS // REPLICAS)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(use(here, number) for number in range(CLIENTS)))
        await wait_until(lambda: sum(request.path == "/sse" for request in here.log.read()) == CLIENTS)
        addresses = {replica.address for replica in here.replicas}
        assert here.reached(path="/sse") == here.reached(path="/messages/") == addresses
    assert len(seen) == CLIENTS


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_failed_attempt_is_noted_with_the_address_that_it_came_from(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path, *, trusted: bool
) -> None:
    options = ["--forwarded-allow-ips", "127.0.0.1"] if trusted else []
    token = "a-token-of-32-characters-or-more"
    async with run_site(
        tmp_path, sandbox, sandbox_url, *options, replicas=1, DOCKERHUB_MCP_AUTH_TOKEN=token
    ) as here:
        elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        headers = {"authorization": "Bearer wrong", "x-forwarded-for": "192.0.2.7"}
        async with httpx.AsyncClient(transport=elsewhere, headers=headers) as http:
            assert (await http.post(f"{here.url}/mcp", json={})).status_code == 401
        [replica] = here.replicas
        said = replica.said
    seen = "127.0.0.2" if trusted else "127.0.0.1"
    assert f"rejected a token  address={seen}" in said
    assert "192.0.2.7" not in said


async def test_a_killed_replica_takes_its_own_calls_along_and_no_other(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    async with run_site(tmp_path, sandbox, sandbox_url) as here:
        victim, *others = here.replicas
        async with run_load(here, sandbox, latency=0.3) as calls:
            killed = time.time()
            assert await victim.end(signal.SIGKILL) == -signal.SIGKILL
            dead = time.time()
            await calls.goes_on()
            assert here.reached(since=dead + 0.01) == {replica.address for replica in others}
            await victim.start()
            again = time.time()
            await wait_until(lambda: victim.address in here.reached(since=again))
        on_it = [
            r
            for r in here.log.read()
            if r.replica == victim.address and r.began <= dead and r.ended >= killed
        ]
        failed = calls.failed
        assert 0 < len(failed) <= len(on_it) <= CLIENTS, (failed, on_it)
        for call in failed:
            assert call.began <= dead
            assert call.ended - killed < SOON
        # None was retried on another replica, because it might have been a mutation.
        assert not [r for r in here.log.read() if r.began < killed - 0.05 and len(r.tried) > 1]


async def test_one_replica_is_enough_for_the_callers_of_all(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    """A request that was not sent goes on to another replica, until one accepts it."""
    async with run_site(tmp_path, sandbox, sandbox_url) as here:
        tokens = [await here.find_caller(replica) for replica in here.replicas]
        *stopped, last = here.replicas
        for replica in stopped:
            assert await replica.end(signal.SIGTERM) == 0
        for token in tokens:
            async with open_http(authorization=f"Bearer {token}") as http:
                assert (await http.get(f"{here.url}/readyz")).status_code == 200
        async with here.client(at=last, direct=True) as client:
            assert not (await client.call_tool("get_tag", TAG)).is_error
        assert not here.posts()  # nginx had no part in it
