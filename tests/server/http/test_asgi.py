"""Test the HTTP application with clients of every protocol version, and with invalid requests."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from mcp import Client, MCPError
from mcp.client.sse import sse_client
from mcp_types import INVALID_PARAMS, CallToolResult, TextContent

from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.tools.catalog.registry import Registry
from tests.support.http_requests import INITIALIZE
from tests.support.web_servers import BOTH, MODERN, Running, call, modern, routed, served

MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])


@pytest.fixture
async def web() -> AsyncIterator[Running]:
    async with served(sandbox=True) as running:
        yield running


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


async def works(client: Client) -> None:
    assert len((await client.list_tools()).tools) == len(Registry().tools)
    seen: list[float] = []

    async def report(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
        seen.append(progress)

    walked = await client.call_tool(
        "list_tags", {"repository": "redis", "max_items": 250}, progress_callback=report
    )
    assert not walked.is_error
    assert seen == [100, 200, 250]
    refused = await client.call_tool("create_repository", {"namespace": "acme", "name": "surprise"})
    assert refused.is_error
    assert "--access write" in text_of(refused)
    with pytest.raises(MCPError, match="did you mean get_tag") as caught:
        await client.call_tool("get_tagg", {})
    assert caught.value.error.code == INVALID_PARAMS


@MODES
async def test_both_generations_are_served_without_sessions(web: Running, mode: str) -> None:
    async with web.client(mode=mode) as client:
        await works(client)


@MODES
async def test_both_generations_are_served_with_sessions(mode: str) -> None:
    async with served(sandbox=True, sessions=True) as web, web.client(mode=mode) as client:
        await works(client)


async def test_the_older_sse_is_served_beside(web: Running) -> None:
    async with Client(sse_client(f"{web.url}/sse"), mode="legacy") as client:
        await works(client)


async def test_sse_alone_serves_no_streamable_http() -> None:
    async with served(sandbox=True, transport="sse") as web:
        async with Client(sse_client(f"{web.url}/sse"), mode="legacy") as client:
            await works(client)
        async with web.http(**MODERN) as http:
            assert (await http.post("/mcp", json=modern("tools/list"))).status_code == 404


async def test_another_path_and_none_at_the_usual_one() -> None:
    async with served(sandbox=True, path="/hub") as web, web.http() as http:
        message = modern("tools/list")
        assert (await http.post("/hub", json=message, headers=routed(message))).status_code == 200
        elsewhere = await http.post("/mcp", json=message, headers=routed(message))
    assert elsewhere.status_code == 404
    assert "/hub and /sse" in elsewhere.json()["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "body", "status", "code", "said"),
    [
        (BOTH, b"{nothing", 400, -32700, "not JSON"),
        (BOTH, b"[" * 200_000, 400, -32700, "not JSON"),
        (BOTH, b"\xff\xfe", 400, -32700, "not JSON"),
        (BOTH, b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"ping"}', 400, -32700, "not JSON"),
        (BOTH, b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}', 400, -32700, "not JSON"),
        (BOTH, b'{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600, "the id must be"),
        (BOTH, b'{"jsonrpc":"2.0","id":1.0,"method":"ping"}', 400, -32600, "the id must be"),
        (BOTH, json.dumps([INITIALIZE]).encode(), 400, -32600, "Batches"),
        (BOTH, b'{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, -32600, "not a JSON-RPC 2.0 message"),
        (BOTH, b'{"jsonrpc":"2.0","id":1}', 400, -32600, "not a JSON-RPC 2.0 message"),
        (BOTH, b'{"jsonrpc":"2.0","id":true,"method":"ping"}', 400, -32600, "not a JSON-RPC 2.0 message"),
        (
            BOTH,
            b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}',
            400,
            -32600,
            "not a JSON-RPC 2.0 message",
        ),
        (MODERN, b"{nothing", 400, -32700, "not JSON"),
        (MODERN, b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 400, -32602, "_meta"),
        ({**BOTH, "content-type": "text/plain"}, b"{}", 415, -32600, "application/json"),
        ({"accept": BOTH["accept"]}, b"{}", 415, -32600, "application/json"),
        (
            {**BOTH, "content-encoding": "gzip"},
            gzip.compress(b"{}", mtime=0),
            415,
            -32600,
            "Content-Encoding",
        ),
        (
            {**BOTH, "mcp-protocol-version": "1999-01-01"},
            b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
            400,
            -32022,
            "'1999-01-01' is not supported; use one of 2024-11-05, ",
        ),
        ({**BOTH, "host": "evil.example"}, b"{}", 421, -32600, "Host"),
        ({**BOTH, "host": "localhost.evil.example"}, b"{}", 421, -32600, "Host"),
        ({**BOTH, "host": "localhost:80@evil.example"}, b"{}", 421, -32600, "Host"),
        ({**BOTH, "origin": "https://evil.example"}, b"{}", 403, -32600, "origin"),
        ({**BOTH, "origin": "null"}, b"{}", 403, -32600, "origin"),
        ({**BOTH, "origin": "http://localhost.evil.example"}, b"{}", 403, -32600, "origin"),
        (BOTH, b"x" * (1024 * 1024 + 1), 413, -32600, "1024 KiB"),
    ],
)
async def test_what_is_wrong_gets_its_status_and_the_next_request_is_served(
    web: Running, headers: dict[str, str], body: bytes, status: int, code: int, said: str
) -> None:
    async with web.http() as http:
        answer = await http.post("/mcp", content=body, headers=headers)
        assert answer.status_code == status
        error = answer.json()["error"]
        assert (error["code"], said in error["message"]) == (code, True), error
        assert "pydantic" not in answer.text
        message = modern("tools/list")
        assert (await http.post("/mcp", json=message, headers=routed(message))).status_code == 200


async def test_half_a_character_is_answered_under_the_id_of_its_request(web: Running) -> None:
    body = b'{"jsonrpc":"2.0","id":"cut","method":"tools/call","params":{"name":"\\ud83d"}}'
    async with web.http(**BOTH) as http:
        answer = (await http.post("/mcp", content=body)).json()
    assert (answer["id"], answer["error"]["code"]) == ("cut", -32700)
    assert "half a character" in answer["error"]["message"]


async def test_a_chunked_body_that_is_too_large_is_cut_off(web: Running) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 65_536

    async with web.http(**BOTH) as http:
        assert (await http.post("/mcp", content=endless())).status_code == 413


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD"])
async def test_without_sessions_there_is_only_post(web: Running, method: str) -> None:
    async with web.http() as http:
        answer = await http.request(method, "/mcp", headers={"accept": "text/event-stream"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


async def test_an_unknown_session_is_not_found() -> None:
    async with served(sandbox=True, sessions=True) as web, web.http(**BOTH) as http:
        for method in ("GET", "DELETE", "POST"):
            body = (
                json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}) if method == "POST" else None
            )
            answer = await http.request(method, "/mcp", content=body, headers={"mcp-session-id": "0" * 32})
            assert answer.status_code == 404, method
        assert (await http.put("/mcp")).headers["allow"] == "GET, POST, DELETE"


async def test_more_sessions_than_the_server_takes() -> None:
    async with served(sandbox=True, sessions=True, max_sessions="1") as web, web.http(**BOTH) as http:
        first = await http.post("/mcp", json=INITIALIZE)
        assert first.status_code == 200
        assert (await http.post("/mcp", json=INITIALIZE)).status_code == 503
        gone = await http.delete("/mcp", headers={"mcp-session-id": first.headers["mcp-session-id"]})
        assert gone.status_code == 200
        assert (await http.post("/mcp", json=INITIALIZE)).status_code == 200


async def test_more_streams_than_the_server_takes() -> None:
    async with served(sandbox=True, max_sessions="1") as web, web.http() as http:
        async with http.stream("GET", "/sse") as stream:
            assert stream.status_code == 200
            second = await http.get("/sse")
            assert second.status_code == 503
            assert second.headers["retry-after"]
        for _ in range(100):
            async with http.stream("GET", "/sse") as again:
                if again.status_code == 200:
                    break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("the place of a client that left was never free again")


async def open_streams(client: httpx.AsyncClient, stack: AsyncExitStack, count: int) -> list[int]:
    """Open streams that last until the stack is closed, and return the statuses of their responses."""
    return [(await stack.enter_async_context(client.stream("GET", "/sse"))).status_code for _ in range(count)]


async def test_a_caller_at_its_bound_of_streams_and_sessions_affects_no_other(tmp_path: Path) -> None:
    tokens = tmp_path / "callers.toml"
    tokens.write_text("".join(f'[{name}]\ntoken = "{name * 32}"\n' for name in "ab"))
    tokens.chmod(0o600)
    options: dict[str, Any] = {
        "max_sessions": "10",
        "max_sessions_per_caller": "2",
        "auth_tokens_file": str(tokens),
    }
    bearer = {name: f"Bearer {name * 32}" for name in "ab"}
    async with (
        served(sandbox=True, sessions=True, **options) as web,
        web.http(authorization=bearer["a"], **BOTH) as one,
        web.http(authorization=bearer["b"], **BOTH) as other,
    ):
        opened = [await one.post("/mcp", json=INITIALIZE) for _ in range(3)]
        assert [answer.status_code for answer in opened] == [200, 200, 429]
        assert "limit of 2 open sessions; end one with DELETE" in opened[2].text
        message = call("check_tag", repository="redis", tag="8.2")
        assert (await one.post("/mcp", json=message, headers=routed(message))).status_code == 200
        assert (await other.post("/mcp", json=INITIALIZE)).status_code == 200
        ended = await one.delete("/mcp", headers={"mcp-session-id": opened[0].headers["mcp-session-id"]})
        assert ended.status_code == 200
        at_once = await asyncio.gather(*(one.post("/mcp", json=INITIALIZE) for _ in range(5)))
        assert sorted(answer.status_code for answer in at_once) == [200] + [429] * 4
    async with (
        served(sandbox=True, sessions=True, **options) as web,
        web.http(authorization=bearer["a"], **BOTH) as one,
        web.http(authorization=bearer["b"], **BOTH) as other,
        AsyncExitStack() as stack,
    ):
        assert await open_streams(one, stack, 3) == [200, 200, 429]
        refused = await one.get("/sse")
        assert refused.json()["error"]["message"] == (
            "This caller has reached its limit of 2 open streams; close one."
        )
        assert refused.headers["retry-after"] == "5"
        assert await open_streams(other, stack, 2) == [200, 200]


async def test_one_address_gets_half_of_the_streams(tmp_path: Path) -> None:
    tokens = tmp_path / "callers.toml"
    tokens.write_text("".join(f'[{name}]\ntoken = "{name * 32}"\n' for name in "abc"))
    tokens.chmod(0o600)
    options: dict[str, Any] = {"max_sessions": "4", "max_sessions_per_caller": "1"}
    options |= {"auth_tokens_file": str(tokens), "forwarded_allow_ips": "127.0.0.1"}
    async with served(sandbox=True, **options) as web, AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(web.http(authorization=f"Bearer {name * 32}")) for name in "abc"
        ]
        for client, status in zip(clients, (200, 200, 429), strict=True):
            assert await open_streams(client, stack, 1) == [status]
        refused = await clients[2].get("/sse")
        assert "This address has reached its limit of 2 open streams" in refused.text


async def test_the_sse_endpoints_refuse_what_they_do_not_take(web: Running) -> None:
    async with web.http(**BOTH) as http:
        assert (await http.post("/sse", content=b"{}")).headers["allow"] == "GET"
        assert (await http.get("/messages/")).headers["allow"] == "POST"
        message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        assert (await http.post("/messages/", json=message)).status_code == 400
        unknown = await http.post("/messages/", params={"session_id": "0" * 32}, json=message)
        assert unknown.status_code == 404
        bad = await http.post("/messages/", params={"session_id": "0" * 32}, content=b"{nothing")
        assert bad.status_code == 400


async def test_an_unknown_host_reaches_only_the_health_endpoints(web: Running) -> None:
    async with web.http(host="10.0.0.7:8000") as http:
        for path in ("/healthz", "/readyz"):
            assert (await http.get(path)).json() == {"status": "ok"}
            assert (await http.head(path)).status_code == 200
            assert (await http.post(path)).status_code == 405
        assert (await http.get("/")).status_code == 421


async def test_ready_while_the_hub_cannot_be_reached_unless_asked_about_it(
    sandbox: Sandbox, sandbox_url: str
) -> None:
    sandbox.faults.add(status=503)
    async with served(environment={"DOCKERHUB_API_URL": sandbox_url}) as web, web.http() as http:
        for path in ("/healthz", "/readyz", "/readyz?hub=0", "/readyz?other=1"):
            assert (await http.get(path)).json() == {"status": "ok"}, path
        assert not sandbox.requests, "readiness alone costs the Hub nothing"
        for path in ("/readyz?hub=1", "/readyz?hub=true", "/readyz?x=2&hub=1"):
            answer = await http.get(path)
            assert answer.status_code == 503
            assert answer.json()["reason"] == "the Hub cannot be reached"
        assert len(sandbox.requests) <= 4, "the answer is kept for a while"
        sandbox.faults.clear()
        web.drain.start_draining()
        for path in ("/readyz", "/readyz?hub=1"):
            assert (await http.get(path)).json()["reason"] == "the server is about to stop"


async def test_only_named_pages_may_call_and_read() -> None:
    page = "https://app.example.com"
    async with served(sandbox=True, allowed_origins=page) as web, web.http(origin=page) as http:
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "mcp-method, authorization",
        }
        preflight = await http.options("/mcp", headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == page
        assert "mcp-method" in preflight.headers["access-control-allow-headers"]
        message = modern("tools/list")
        answer = await http.post("/mcp", json=message, headers=routed(message))
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == page
        assert "WWW-Authenticate" in answer.headers["access-control-expose-headers"]
        local = await http.post(
            "/mcp", json=message, headers=routed(message) | {"origin": "http://localhost:6274"}
        )
        assert local.status_code == 200
        assert "access-control-allow-origin" not in local.headers


async def test_a_client_that_vanishes_stops_its_walk(sandbox: Sandbox, sandbox_url: str) -> None:
    slow = Fault(match="/tags", latency=2.0)
    sandbox.faults.rules.append(slow)
    messages = [
        call("list_tags", repository="redis", name=name, max_items=10_000)
        for name in ("8", "7", "alpine")  # different arguments, because equal calls share one result
    ]
    modern, legacy, over_sse = messages
    old = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {key: legacy["params"][key] for key in ("name", "arguments")},
    }

    def asked(message: dict[str, Any]) -> int:
        name = message["params"]["arguments"]["name"]
        return sum(f"name={name}&" in f"{request.query}&" for request in sandbox.requests)

    async with served(environment={"DOCKERHUB_API_URL": sandbox_url}) as web:
        async with (
            web.http(**routed(modern)) as http,
            web.http(**BOTH) as older,
            Client(sse_client(f"{web.url}/sse"), mode="legacy") as client,
        ):
            callings = (
                asyncio.create_task(http.post("/mcp", json=modern)),
                asyncio.create_task(older.post("/mcp", json=old)),
                asyncio.create_task(client.call_tool("list_tags", over_sse["params"]["arguments"])),
            )
            while not all(asked(message) for message in messages):
                assert not any(calling.done() for calling in callings)
                await asyncio.sleep(0.01)
            for calling in callings[:2]:
                calling.cancel()
        callings[2].cancel()
        await asyncio.sleep(slow.latency + 0.5)
        assert [asked(message) for message in messages] == [1, 1, 1], "a walk went on for nobody"
        sandbox.faults.rules.clear()
        async with web.client() as staying:
            for message in messages:
                await staying.call_tool("list_tags", message["params"]["arguments"])
                assert asked(message) > 2, "a walk that has no second page shows nothing"


async def test_excess_calls_are_rejected_and_later_ones_are_served(
    sandbox: Sandbox, sandbox_url: str
) -> None:
    sandbox.faults.add(match="/tags/", latency=0.4)
    message = call("get_tag", repository="redis:8.2")
    for options, refused in (({"max_calls": "2"}, 503), ({"max_calls_per_caller": "2"}, 429)):
        async with (
            served(environment={"DOCKERHUB_API_URL": sandbox_url}, **options) as web,
            web.http(**routed(message)) as http,
        ):
            answers = await asyncio.gather(*(http.post("/mcp", json=message) for _ in range(6)))
            assert sorted(answer.status_code for answer in answers) == [200, 200] + [refused] * 4
            told = next(answer for answer in answers if answer.status_code == refused)
            assert told.headers["retry-after"] == "1"
            assert (await http.post("/mcp", json=message)).status_code == 200


async def test_streams_end_once_the_calls_under_way_are_answered(sandbox: Sandbox, sandbox_url: str) -> None:
    sandbox.faults.add(match="/tags/", latency=0.5)
    async with served(environment={"DOCKERHUB_API_URL": sandbox_url}) as web:
        async with Client(sse_client(f"{web.url}/sse"), mode="legacy") as client:
            calling = asyncio.create_task(client.call_tool("get_tag", {"repository": "redis:8.2"}))
            while not sandbox.requests:
                await asyncio.sleep(0.01)
            web.drain.start_stopping()
            assert not (await calling).is_error
        async with web.http() as http:
            assert (await http.get("/readyz")).json()["reason"] == "the server is about to stop"
            async with http.stream("GET", "/sse") as late:
                assert [line async for line in late.aiter_lines()], "the stream ends in good order"


async def test_an_internal_error_reveals_only_a_request_id(
    web: Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        msg = "the cause is for the log"
        raise RuntimeError(msg)

    monkeypatch.setattr(
        "dockerhub_mcp.server.http.middleware.host_check.HostOriginPolicy.check_headers", broken
    )
    async with web.http(**BOTH) as http:
        answer = await http.post("/mcp", content=b"{}")
    assert answer.status_code == 500
    reference = answer.json()["error"]["message"].split()[-1].rstrip(".")
    assert reference in [getattr(record, "request_id", "") for record in caplog.records]
    assert "the cause" not in answer.text
