"""Test confirmation over HTTP: with every protocol version, and across servers that share a key."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client.session import ClientRequestContext
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import INVALID_PARAMS, CallToolResult, ElicitRequestParams, ElicitResult

from dockerhub_mcp.sandbox import Sandbox
from tests.support.audit_logs import read_outcomes
from tests.support.elicitation import DELETE, Person, first_round, has_latest, second_round
from tests.support.http_requests import OWNER, READER, basic, bearer
from tests.support.programs import forked_program, text_of
from tests.support.web_servers import Running, served

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name == "DOCKER_CONFIG" or not name.startswith(("DOCKER", "HUB_"))
}
TOKENS = f"""
[deployer]
token = "{OWNER}"
access = "admin"

[other]
token = "{READER}"
access = "admin"
"""
PATIENCE = 60.0  # seconds; a safety margin for a busy machine
Serve = Callable[..., Any]


@pytest.fixture
def account(sandbox: Sandbox, sandbox_url: str) -> dict[str, str]:
    owner = sandbox.get_identity("owner")
    return {
        "DOCKERHUB_API_URL": sandbox_url,
        "DOCKERHUB_USERNAME": owner.username,
        "DOCKERHUB_TOKEN": owner.secret,
    }


@pytest.fixture
def serve(account: dict[str, str]) -> Serve:
    def serving(**options: Any) -> Any:
        environment = account | options.pop("environment", {})
        return served(environment=environment, access="admin", toolsets="all", **options)

    return serving


def key_file(folder: Path, name: str = "key", key: str = "0123456789abcdef" * 2) -> str:
    path = folder / name
    path.write_text(key, "utf-8")
    return str(path)


@asynccontextmanager
async def asked_by(web: Running, person: Person, mode: str, **headers: Any) -> AsyncIterator[Client]:
    """Connect a client that answers confirmation requests; over HTTP+SSE if the mode says so."""
    if mode == "sse":
        transport = sse_client(f"{web.url}/sse", headers=headers)
        async with Client(transport, mode="legacy", elicitation_callback=person) as client:
            yield client
    else:
        async with web.client(mode=mode, client={"elicitation_callback": person}, **headers) as client:
            yield client


@pytest.mark.parametrize(
    ("mode", "sessions"), [("2026-07-28", False), ("2026-07-28", True), ("legacy", True), ("sse", False)]
)
async def test_the_audit_log_names_the_caller_of_a_confirmed_call(
    serve: Serve, sandbox: Sandbox, tmp_path: Path, mode: str, sessions: bool
) -> None:
    journal = tmp_path / "journal"
    environment = {"DOCKERHUB_MCP_AUTH_TOKENS": TOKENS}
    person, nobody = Person(), Person("decline")
    async with serve(environment=environment, audit_log=str(journal), sessions=sessions) as web:
        async with asked_by(web, nobody, mode, **bearer(READER)) as client:
            result = await client.call_tool("delete_tag", DELETE)
        assert "The user declined" in text_of(result)
        assert has_latest(sandbox)
        async with asked_by(web, person, mode, **bearer(OWNER)) as client:
            result = await client.call_tool("delete_tag", DELETE)
        assert not result.is_error, text_of(result)
    assert not has_latest(sandbox)
    assert [len(person.asked), len(nobody.asked)] == [1, 1]
    assert "acme/storefront:latest (sha256:" in person.asked[0]
    declined, entry = read_outcomes(journal)
    assert (declined["caller"], declined["account"], declined["outcome"]) == ("other", "ada", "declined")
    assert (entry["caller"], entry["account"], entry["confirmed"]) == ("deployer", "ada", True)
    assert (entry["tool"], entry["outcome"]) == ("delete_tag", "done")
    assert OWNER not in journal.read_text("utf-8")


async def test_the_audit_log_names_the_account_of_a_request(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    owner = sandbox.get_identity("owner")
    options = {"identity": "request", "access": "admin", "toolsets": "all", "audit_log": str(journal)}
    environment = {"DOCKERHUB_API_URL": sandbox_url}
    headers = basic(owner.username, owner.secret)
    async with (
        served(environment=environment, **options) as web,
        asked_by(web, Person(), "sse", **headers) as client,
    ):
        assert not (await client.call_tool("delete_tag", DELETE)).is_error
    [entry] = read_outcomes(journal)
    assert entry["account"] == "ada"
    assert "caller" not in entry, "nobody has a name at this server"


@pytest.mark.parametrize("mode", ["legacy", "sse"])
async def test_an_answer_gets_through_when_no_further_call_would(
    serve: Serve, sandbox: Sandbox, mode: str
) -> None:
    async with (
        serve(sessions=True, max_calls="1", max_calls_per_caller="1") as web,
        asked_by(web, Person(), mode) as client,
    ):
        async with asyncio.timeout(PATIENCE):  # the call would wait for ever for a response that is rejected
            result = await client.call_tool("delete_tag", DELETE)
    assert not result.is_error, text_of(result)
    assert not has_latest(sandbox)


async def test_calls_that_wait_for_a_person_count(serve: Serve, sandbox: Sandbox) -> None:
    refused: list[int] = []
    async with serve(sessions=True, max_calls_per_caller="1") as web, AsyncExitStack() as stack:

        async def meanwhile(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
            async with web.http(accept="application/json, text/event-stream") as http:
                message = {"jsonrpc": "2.0", "id": 9, "method": "ping"}
                refused.append((await http.post("/mcp", json=message)).status_code)
            return await Person()(context, params)

        client = await stack.enter_async_context(
            web.client(mode="legacy", client={"elicitation_callback": meanwhile})
        )
        async with asyncio.timeout(PATIENCE):
            assert not (await client.call_tool("delete_tag", DELETE)).is_error
    assert refused == [429]
    assert not has_latest(sandbox)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_client_that_cannot_confirm_gets_a_remedy(serve: Serve, sandbox: Sandbox, mode: str) -> None:
    async with serve() as web:
        # Earlier protocol versions declare client capabilities when a session begins; without sessions, none.
        options: dict[str, Any] = {"client": {"elicitation_callback": Person()}} if mode == "legacy" else {}
        async with web.client(mode=mode, **options) as client:
            said = text_of(await client.call_tool("delete_tag", DELETE))
    assert "Nothing was sent" in said
    assert "--confirm never" in said
    assert "clients of protocol 2025-11-25 and earlier can be asked only if its owner starts it with" in said
    assert "--sessions. dry_run" in said
    assert has_latest(sandbox)


@pytest.mark.parametrize("options", [{"sessions": True}, {"transport": "sse"}])
async def test_where_everybody_can_be_asked_there_is_no_such_hint(
    serve: Serve, sandbox: Sandbox, options: dict[str, Any]
) -> None:
    async with serve(**options) as web, Client(sse_client(f"{web.url}/sse"), mode="legacy") as client:
        said = text_of(await client.call_tool("delete_tag", DELETE))
    assert "Use a client with elicitation" in said
    assert "--sessions" not in said
    assert has_latest(sandbox)


# --- servers that share a key ---


@pytest.mark.parametrize("identity", ["server", "request"])
async def test_the_answer_may_reach_another_server(
    account: dict[str, str], sandbox: Sandbox, tmp_path: Path, identity: str
) -> None:
    options = {
        "identity": identity,
        "access": "admin",
        "toolsets": "all",
        "state_key_file": key_file(tmp_path),
    }
    headers: dict[str, Any] = {}
    if identity == "request":
        headers = basic(account.pop("DOCKERHUB_USERNAME"), account.pop("DOCKERHUB_TOKEN"))
    async with served(environment=account, **options) as one, served(environment=account, **options) as other:
        async with asked_by(one, Person(), "2026-07-28", **headers) as client:
            waiting = await first_round(client, DELETE)
        async with asked_by(other, Person(), "2026-07-28", **headers) as client:
            done = await second_round(client, DELETE, waiting.request_state)
    assert isinstance(done, CallToolResult)
    assert not done.is_error, text_of(done)
    assert not has_latest(sandbox)


@pytest.mark.parametrize("with_file", [True, False])
async def test_a_server_with_another_key_refuses_the_answer(
    serve: Serve, sandbox: Sandbox, tmp_path: Path, with_file: bool
) -> None:
    keys = [
        {"state_key_file": key_file(tmp_path, f"key{n}", f"{n}" * 32)} if with_file else {} for n in (1, 2)
    ]
    async with serve(**keys[0]) as one, serve(**keys[1]) as other:
        async with asked_by(one, Person(), "2026-07-28") as client:
            waiting = await first_round(client, DELETE)
        async with asked_by(other, Person(), "2026-07-28") as client:
            with pytest.raises(MCPError, match="Invalid or expired requestState") as caught:
                await second_round(client, DELETE, waiting.request_state)
            assert caught.value.error.code == INVALID_PARAMS
            assert has_latest(sandbox)
            result = await client.call_tool("delete_tag", DELETE)
    assert not result.is_error, "asked by this server, all is well"
    assert not has_latest(sandbox)


async def test_the_answer_counts_while_keys_are_rotated(
    serve: Serve, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A server that has the asking server's key as its second one unseals the state."""
    old, new = "1" * 32, "2" * 32
    before, during = key_file(tmp_path, "before", old), key_file(tmp_path, "during", f"{new}\n{old}\n")
    async with serve(state_key_file=before) as one, serve(state_key_file=during) as other:
        async with asked_by(one, Person(), "2026-07-28") as client:
            waiting = await first_round(client, DELETE)
        async with asked_by(other, Person(), "2026-07-28") as client:
            done = await second_round(client, DELETE, waiting.request_state)
    assert isinstance(done, CallToolResult)
    assert not done.is_error, text_of(done)
    assert not has_latest(sandbox)


async def test_the_answer_counts_for_the_token_that_was_asked(serve: Serve, sandbox: Sandbox) -> None:
    async with serve(environment={"DOCKERHUB_MCP_AUTH_TOKENS": TOKENS}) as web:
        async with asked_by(web, Person(), "2026-07-28", **bearer(OWNER)) as client:
            waiting = await first_round(client, DELETE)
        async with asked_by(web, Person(), "2026-07-28", **bearer(READER)) as client:
            with pytest.raises(MCPError, match="Invalid or expired requestState") as caught:
                await second_round(client, DELETE, waiting.request_state)
    assert caught.value.error.code == INVALID_PARAMS
    assert has_latest(sandbox)


@contextmanager
def process(folder: Path, environment: dict[str, str], *options: str) -> Iterator[str]:
    """Run the program, and return the URL that it reports."""
    arguments = ["--transport", "http", "--port", "0", "--access", "admin", "--toolsets", "all", *options]
    with (folder / f"{len(list(folder.iterdir()))}.err").open("w+b") as said:
        program = subprocess.Popen(forked_program(*arguments), stderr=said, env=CLEAN | environment)
        try:
            while not (found := re.search(rb"listens at (http://\S+)/mcp", Path(said.name).read_bytes())):
                assert program.poll() is None, Path(said.name).read_text("utf-8")
                time.sleep(0.02)
            yield found[1].decode()
        finally:
            program.send_signal(signal.SIGTERM)
            assert program.wait(60) == 0


async def test_processes_that_share_a_key_answer_for_one_another(
    account: dict[str, str], sandbox: Sandbox, tmp_path: Path
) -> None:
    key = key_file(tmp_path)

    @asynccontextmanager
    async def connected(url: str) -> AsyncIterator[Client]:
        async with Client(
            streamable_http_client(f"{url}/mcp"), mode="2026-07-28", elicitation_callback=Person()
        ) as client:
            yield client

    with (
        process(tmp_path, account, "--state-key-file", key) as one,
        process(tmp_path, account, "--state-key-file", key) as other,
    ):
        async with connected(one) as client:
            waiting = await first_round(client, DELETE)
        async with connected(other) as client:
            done = await second_round(client, DELETE, waiting.request_state)
    assert isinstance(done, CallToolResult)
    assert not done.is_error, text_of(done)
    assert not has_latest(sandbox)
