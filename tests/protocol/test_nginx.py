"""Two replicas behind a real nginx with the published configuration, and the loss of one of them."""

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
from tests.support.programs import MODES, text_of
from tests.support.replicas import (
    CLIENTS,
    NGINX,
    PATIENCE,
    SOON,
    TAG,
    WHOLE,
    Replica,
    Request,
    Site,
    run_load,
    run_site,
    wait_until,
)

if not NGINX or sys.platform != "linux":
    pytest.skip(
        "nginx is not here; install it (nginx-light on Debian), or name it in DOCKERHUB_MCP_NGINX",
        allow_module_level=True,
    )


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

    async with run_site(tmp_path, sandbox, sandbox_url, *WHOLE) as here:
        async with here.client(mode) as client:
            for _ in range(4):
                result = await client.call_tool("get_tag", TAG)
                assert (result.structured_content or {})["digest"].startswith("sha256:")
            await wait_until(lambda: here.reached() == {replica.address for replica in here.replicas})
            arguments = {"repository": "redis", "max_items": 500, "page_size": 25}
            result = await client.call_tool("list_tags", arguments, progress_callback=on_progress)
        tags = (result.structured_content or {})["results"]
        assert len({tag["name"] for tag in tags}) == 500
    assert progress_seen == [25.0 * page for page in range(1, 21)]


async def test_one_replica_asks_and_the_other_takes_the_answer(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    answered_after: list[int] = []

    async def yes(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001
        answered_after.append(len(posts()))
        return ElicitResult(action="accept", content={"confirm": True})

    key = tmp_path / "key"
    key.write_text("0123456789abcdef" * 4)
    options = ["--access", "admin", "--toolsets", "all", "--state-key-file", str(key)]
    repository = sandbox.state.repositories["acme", "storefront"]
    names = [tag.name for tag in repository.tags][:4]
    async with run_site(tmp_path, sandbox, sandbox_url, *options) as here:

        def posts() -> list[Request]:
            return [request for request in here.requests if request.path == "/mcp"]

        async with here.client("2026-07-28", elicitation_callback=yes) as client:
            for number, name in enumerate(names, 1):
                result = await client.call_tool("delete_tag", {"repository": "acme/storefront", "tag": name})
                assert not result.is_error, text_of(result)
                assert len(answered_after) == number
        await wait_until(lambda: len(posts()) > answered_after[-1])
        halves = [(posts()[count - 1].replica, posts()[count].replica) for count in answered_after]
    assert any(first != second for first, second in halves), halves
    assert not {tag.name for tag in repository.tags} & set(names)


async def test_the_older_sse_stays_with_its_replica(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    def http(
        headers: dict[str, str] | None = None,
        timeout: httpx.Timeout | None = None,
        auth: httpx.Auth | None = None,
    ) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers=headers, timeout=timeout, auth=auth, trust_env=False)

    seen: Counter[int] = Counter()

    async def use(here: Site, number: int) -> None:
        async def on_progress(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
            seen[number] += 1

        # Only nginx reads the header, and treats it as another caller.
        headers = {"authorization": f"Bearer {number}"}
        transport = sse_client(f"{here.url}/sse", headers=headers, httpx_client_factory=http)
        async with Client(transport, mode="legacy", read_timeout_seconds=PATIENCE) as client:
            await client.call_tool("get_tag", TAG)
            arguments = {"repository": "redis", "max_items": 300}
            result = await client.call_tool("list_tags", arguments, progress_callback=on_progress)
            assert len((result.structured_content or {})["results"]) == 300

    async with run_site(tmp_path, sandbox, sandbox_url, *WHOLE) as here:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(use(here, number) for number in range(CLIENTS)))
        await wait_until(lambda: sum(request.path == "/sse" for request in here.requests) == CLIENTS)
        both = {replica.address for replica in here.replicas}
        assert here.reached(path="/sse") == here.reached(path="/messages/") == both
    assert len(seen) == CLIENTS


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_failed_attempt_is_noted_with_the_address_that_it_came_from(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path, *, trusted: bool
) -> None:
    options = ["--forwarded-allow-ips", "127.0.0.1"] if trusted else []
    async with run_site(
        tmp_path, sandbox, sandbox_url, *options, DOCKERHUB_MCP_AUTH_TOKEN="a-token-of-32-characters-or-more"
    ) as here:
        elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        headers = {"authorization": "Bearer wrong", "x-forwarded-for": "192.0.2.7"}
        async with httpx.AsyncClient(transport=elsewhere, headers=headers) as http:
            assert (await http.post(f"{here.url}/mcp", json={})).status_code == 401
        said = "".join(replica.said for replica in here.replicas)
    seen = "127.0.0.2" if trusted else "127.0.0.1"
    assert f"rejected a token  address={seen}" in said
    assert "192.0.2.7" not in said


async def test_a_killed_replica_takes_its_own_calls_along_and_no_other(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    async with run_site(tmp_path, sandbox, sandbox_url, forked=False) as here:
        victim = here.replicas[0]
        async with run_load(here, sandbox, latency=0.3) as calls:
            killed = time.time()
            assert await victim.end(signal.SIGKILL) == -signal.SIGKILL
            dead = time.time()
            await calls.goes_on()
            assert here.reached(since=dead + 0.01) == {here.replicas[1].address}
            await victim.start()
            again = time.time()
            await wait_until(lambda: victim.address in here.reached(since=again))
            await calls.goes_on()
        on_it = [
            r for r in here.requests if r.replica == victim.address and r.began <= dead and r.ended >= killed
        ]
        failed = calls.failed
        assert 0 < len(failed) <= len(on_it) <= CLIENTS, (failed, on_it)
        for call in failed:
            assert call.began <= dead
            assert call.ended - killed < SOON
        # None was retried on the other replica, because it might have been a mutation.
        assert not [r for r in here.requests if r.began < killed - 0.05 and len(r.tried) > 1]


def has_reached(here: Site, replica: Replica, since: float) -> bool:
    return replica.address in here.reached(since=since)


async def test_no_call_fails_while_the_replicas_are_replaced_in_turn(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    async with run_site(tmp_path, sandbox, sandbox_url) as here:
        async with run_load(here, sandbox) as calls:
            for replica in here.replicas:
                assert await replica.end(signal.SIGTERM) == 0
                await calls.goes_on()
                await replica.start()
                again = time.time()
                await wait_until(partial(has_reached, here, replica, since=again))
        assert calls.failed == []
