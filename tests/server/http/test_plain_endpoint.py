"""Compare responses to plain requests over HTTP with those of the SDK, and test what the SDK still serves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2 as httpx
import mcp_types as types
import pytest
from mcp.shared.inbound import ERROR_CODE_HTTP_STATUS
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS
from uvicorn.server import ServerState

from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.bootstrap.validate import load_valid_settings, validate
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.http import plain_response, protocol
from dockerhub_mcp.server.http.deferred_sdk import DeferredSDK
from dockerhub_mcp.server.http.runtime.connection_limit import ConnectionLimiter
from dockerhub_mcp.server.http.runtime.h11_protocol import HTTPProtocol, UvicornConfig
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from tests.support.http_requests import INITIALIZE
from tests.support.web_servers import BOTH, MODERN, Running, call, modern, routed, served

READ = {"name": "get_repository", "arguments": {"repository": "redis"}}
LEGACY = {**BOTH, "mcp-protocol-version": "2025-11-25"}


def legacy(method: str, **params: Any) -> dict[str, Any]:
    """Return a message of protocol 2025-11-25."""
    return {"jsonrpc": "2.0", "id": "one", "method": method, "params": params}


def without(headers: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


MODERN_READ = call("get_repository", repository="redis")
PLAIN: list[tuple[dict[str, str], Any]] = [
    *((routed(message), message) for message in map(modern, ("server/discover", "tools/list"))),
    *((routed(message), message) for message in map(modern, ("prompts/list", "resources/list"))),
    (routed(MODERN_READ), MODERN_READ),
    *((routed(each), each) for each in (call("get_tagg"), call("get_repository"), call("delete_tag"))),
    ({**routed(MODERN_READ), "content-type": "application/json; charset=utf-8"}, MODERN_READ),
    ({**routed(MODERN_READ), "accept": "*/*"}, MODERN_READ),
    ({**routed(MODERN_READ), "mcp-session-id": "ignored"}, MODERN_READ),
    ({**LEGACY, "mcp-protocol-version": "2025-06-18"}, INITIALIZE),
    (BOTH, INITIALIZE),
    (BOTH, legacy("ping")),
    (LEGACY, legacy("tools/list")),
    (LEGACY, legacy("resources/templates/list")),
    (LEGACY, legacy("tools/call", **READ)),
    (LEGACY, legacy("tools/call", name="get_tagg")),
    (LEGACY, legacy("tools/call", name="get_repository", arguments={"repository": 7})),
    ({**LEGACY, "mcp-protocol-version": "2024-11-05"}, legacy("tools/call", **READ)),
]
OTHERS: list[tuple[dict[str, str], Any]] = [
    (without(routed(MODERN_READ), "mcp-name"), MODERN_READ),
    (without(routed(MODERN_READ), "mcp-method"), MODERN_READ),
    ({**routed(MODERN_READ), "mcp-name": "get_tag"}, MODERN_READ),
    ({**routed(MODERN_READ), "mcp-name": "=?base64?Z2V0X3JlcG9zaXRvcnk=?="}, MODERN_READ),
    ({**routed(MODERN_READ), "mcp-method": "tools/list"}, MODERN_READ),
    ({**routed(MODERN_READ), "mcp-param-repository": "x"}, MODERN_READ),
    ({**routed(MODERN_READ), "mcp-protocol-version": "2027-01-01"}, MODERN_READ),
    ({**routed(MODERN_READ), "mcp-protocol-version": "2025-11-25"}, MODERN_READ),
    ({**routed(MODERN_READ), "content-type": "Application/JSON"}, MODERN_READ),
    ({**LEGACY, "content-type": "Application/JSON"}, legacy("ping")),
    (MODERN, INITIALIZE),
    (MODERN, legacy("tools/list")),
    ({**MODERN, "mcp-method": "nothing/known"}, modern("nothing/known")),
    ({**MODERN, "mcp-method": "ping"}, modern("ping")),
    (LEGACY, legacy("tools/list", cursor="x")),
    (LEGACY, legacy("nothing/known")),
    (LEGACY, legacy("server/discover")),
    (LEGACY, legacy("tools/call", name="get_repository", arguments=[])),
    (
        LEGACY,
        legacy(
            "tools/call", name="get_repository", arguments={"repository": json.loads("[" * 160 + "]" * 160)}
        ),
    ),
    (LEGACY, legacy("tools/call", name="create_repository", arguments={"namespace": "acme", "name": "x"})),
    (LEGACY, legacy("resources/read", uri="dockerhub://status")),
    (LEGACY, {"jsonrpc": "2.0", "method": "notifications/initialized"}),
    (MODERN, {"jsonrpc": "2.0", "method": "notifications/initialized"}),
    (LEGACY, {"jsonrpc": "2.0", "id": 1, "result": {}}),
]


@pytest.fixture
async def web(sandbox_url: str) -> AsyncIterator[Running]:
    async with served(environment={"DOCKERHUB_API_URL": sandbox_url}, access="write") as running:
        yield running


@pytest.fixture
async def sdk_only(sandbox_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    with monkeypatch.context() as patch:
        patch.setattr(HTTPServerFactory, "_create_plain_dispatcher", lambda *_: None)
        async with served(environment={"DOCKERHUB_API_URL": sandbox_url}, access="write") as running:
            yield running


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[DeferredSDK]:
    """Return a list that grows with each SDK that a request needs."""
    started: list[DeferredSDK] = []
    load = DeferredSDK._load

    def record(sdk: DeferredSDK) -> Any:
        started.append(sdk)
        return load(sdk)

    monkeypatch.setattr(DeferredSDK, "_load", record)
    return started


def describe(response: httpx.Response) -> Any:
    """Return what a client can see of a response, with JSON as data."""
    headers = {
        name: value for name, value in response.headers.items() if name not in {"date", "content-length"}
    }
    lines = (
        response.text.split("\r\n") if "event-stream" in headers.get("content-type", "") else [response.text]
    )
    data = [json.loads(line.removeprefix("data: ")) if "{" in line else line for line in lines]
    return response.status_code, headers, data


@pytest.mark.parametrize(("headers", "message"), PLAIN)
async def test_plain_requests_are_answered_as_by_the_sdk(
    web: Running, sdk_only: Running, loaded: list[DeferredSDK], headers: dict[str, str], message: Any
) -> None:
    async with web.http(**headers) as http:
        ours = describe(await http.post("/mcp", json=message))
    assert loaded == []
    async with sdk_only.http(**headers) as http:
        theirs = describe(await http.post("/mcp", json=message))
    assert ours == theirs
    assert len(loaded) == 1


@pytest.mark.parametrize(("headers", "message"), OTHERS)
async def test_all_others_are_passed_to_the_sdk(
    web: Running, sdk_only: Running, loaded: list[DeferredSDK], headers: dict[str, str], message: Any
) -> None:
    async with web.http(**headers) as http:
        ours = describe(await http.post("/mcp", json=message))
    assert len(loaded) == 1
    async with sdk_only.http(**headers) as http:
        assert ours == describe(await http.post("/mcp", json=message))


@pytest.mark.parametrize("name", ["mcp-protocol-version", "mcp-method", "mcp-name"])
async def test_a_routing_header_that_came_twice_is_refused_by_the_sdk(web: Running, name: str) -> None:
    headers = routed(MODERN_READ)
    async with web.http() as http:
        response = await http.post(
            "/mcp", json=MODERN_READ, headers=[*headers.items(), (name, headers[name])]
        )
    assert (response.status_code, response.json()["error"]["code"]) == (400, types.HEADER_MISMATCH)


async def test_with_sessions_the_sdk_gets_the_generations_that_have_them(loaded: list[DeferredSDK]) -> None:
    async with served(sandbox=True, sessions=True) as web, web.http() as http:
        assert (await http.post("/mcp", json=MODERN_READ, headers=routed(MODERN_READ))).status_code == 200
        assert loaded == []
        assert "mcp-session-id" in (await http.post("/mcp", json=INITIALIZE, headers=LEGACY)).headers
        assert len(loaded) == 1


def test_versions_and_codes_are_those_of_the_sdk() -> None:
    assert tuple(HANDSHAKE_PROTOCOL_VERSIONS) == protocol.HANDSHAKE_VERSIONS
    assert tuple(MODERN_PROTOCOL_VERSIONS) == (protocol.ENVELOPE_VERSION,)
    assert protocol.DEFAULT_VERSION == types.DEFAULT_NEGOTIATED_VERSION
    assert protocol.VERSION_KEY == types.PROTOCOL_VERSION_META_KEY
    assert dict(ERROR_CODE_HTTP_STATUS) == protocol.STATUS_BY_ERROR_CODE
    assert protocol.INTERNAL_ERROR == types.INTERNAL_ERROR


def with_progress(message: dict[str, Any]) -> dict[str, Any]:
    meta = {**message["params"].get("_meta", {}), "progressToken": "walk"}
    return {**message, "params": {**message["params"], "_meta": meta}}


WALK = {"repository": "redis", "max_items": 250}
WALKS = [
    (routed(call("list_tags")), with_progress(call("list_tags", **WALK))),
    (LEGACY, with_progress(legacy("tools/call", name="list_tags", arguments=WALK))),
]


@pytest.mark.parametrize(("headers", "message"), WALKS)
async def test_progress_is_streamed_as_by_the_sdk(
    web: Running, sdk_only: Running, headers: dict[str, str], message: Any
) -> None:
    async with web.http(**headers) as http, sdk_only.http(**headers) as reference:
        ours, theirs = [await each.post("/mcp", json=message) for each in (http, reference)]
    assert describe(ours) == describe(theirs)
    assert ours.text.count("notifications/progress") == 3


@pytest.mark.parametrize(
    ("headers", "message"), [(routed(MODERN_READ), MODERN_READ), (LEGACY, legacy("tools/call", **READ))]
)
async def test_a_slow_call_becomes_a_stream_that_is_kept_open(
    sandbox: Sandbox, sandbox_url: str, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], message: Any
) -> None:
    monkeypatch.setattr(plain_response, "PING_INTERVAL", 0.1)
    sandbox.faults.add(match="/redis", latency=0.6)
    async with served(environment={"DOCKERHUB_API_URL": sandbox_url}) as web, web.http(**headers) as http:
        response = await http.post("/mcp", json=message)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream"
    *pings, event, data, empty, end = response.text.split("\r\n")
    assert pings == [": ping", ""] * (len(pings) // 2)
    assert len(pings) > 2
    assert (event, empty, end) == ("event: message", "", "")
    assert "redis" in json.loads(data.removeprefix("data: "))["result"]["content"][0]["text"]


@pytest.mark.parametrize(
    ("headers", "message"), [(routed(MODERN_READ), MODERN_READ), (LEGACY, legacy("tools/call", **READ))]
)
async def test_a_client_that_disconnects_cancels_its_call(
    sandbox: Sandbox, sandbox_url: str, headers: dict[str, str], message: Any
) -> None:
    sandbox.faults.add(match="/redis", latency=30)
    async with served(environment={"DOCKERHUB_API_URL": sandbox_url}, metrics=True) as web:
        async with web.http(**headers) as http:
            calling = asyncio.create_task(http.post("/mcp", json=message))
            while not sandbox.requests:
                assert not calling.done()
                await asyncio.sleep(0.01)
            calling.cancel()
        async with web.http() as http:
            while 'outcome="cancelled"' not in (await http.get("/metrics")).text:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def served_over_own_protocol(environment: dict[str, str], **options: Any) -> AsyncIterator[int]:
    """Serve with the protocol class of the program, and yield the port."""
    settings = load_valid_settings({"transport": "http", **options}, environment, validate)
    limiter = ConnectionLimiter(max_connections=100, max_unauthenticated=100, max_per_caller=100)
    async with HTTPServerFactory(settings, environment).create_app(ShutdownEvent()) as app:
        config = UvicornConfig(
            app,
            header_timeout=20,
            write_timeout=20,
            keep_alive=20,
            connection_limiter=limiter,
            log_config=None,
        )
        config.load()
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: HTTPProtocol(config, state, {}), "127.0.0.1", 0
        )
        async with server:
            yield server.sockets[0].getsockname()[1]
            while state.tasks:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("headers", "message"), [(routed(MODERN_READ), MODERN_READ), (LEGACY, legacy("tools/call", **READ))]
)
async def test_a_lost_connection_cancels_its_call_at_once(
    sandbox: Sandbox,
    sandbox_url: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
    message: Any,
) -> None:
    monkeypatch.setattr(plain_response, "QUICK_CALL_SECONDS", 60.0)
    sandbox.faults.add(match="/redis", latency=60)
    environment = {"DOCKERHUB_API_URL": sandbox_url}
    async with served_over_own_protocol(environment, metrics=True) as port:
        body = json.dumps(message).encode()
        lines = [f"{name}: {value}" for name, value in {**headers, "content-length": str(len(body))}.items()]
        head = "\r\n".join(["POST /mcp HTTP/1.1", "host: localhost", *lines, "", ""])
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body)
        while not sandbox.requests:
            await asyncio.sleep(0.01)
        writer.close()
        async with httpx.AsyncClient(base_url=f"http://localhost:{port}", trust_env=False) as http:
            while 'outcome="cancelled"' not in (await http.get("/metrics")).text:
                await asyncio.sleep(0.01)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_answers_over_the_protocol_of_the_program(sandbox_url: str) -> None:
    async with (
        served_over_own_protocol({"DOCKERHUB_API_URL": sandbox_url}, cache_ttl="0") as port,
        httpx.AsyncClient(base_url=f"http://localhost:{port}", trust_env=False) as http,
    ):
        for headers, message in PLAIN:
            response = await http.post("/mcp", json=message, headers=headers)
            *_, data = [line for line in response.text.split("\r\n") if "{" in line]
            assert json.loads(data.removeprefix("data: "))["id"] == message["id"]
        for headers, message in WALKS:
            response = await http.post("/mcp", json=message, headers=headers)
            assert response.text.count("notifications/progress") == 3


async def test_many_clients_that_disconnect_at_any_moment_leave_nothing_behind(
    sandbox: Sandbox, sandbox_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.faults.add(match="/tags/", latency=0.1)
    read = {"name": "get_tag", "arguments": {"repository": "redis:8.2"}}
    environment = {"DOCKERHUB_API_URL": sandbox_url}
    async with served(environment=environment, cache_ttl="0", max_calls="64") as web:

        async def disconnect_after(seconds: float) -> None:
            message, headers = legacy("tools/call", **read), LEGACY
            if round(seconds * 1000) % 2:
                message = call("get_tag", **read["arguments"])
                headers = routed(message)
            async with web.http(**headers) as http:
                calling = asyncio.create_task(http.post("/mcp", json=message))
                await asyncio.wait([calling], timeout=seconds)
                calling.cancel()

        await asyncio.gather(*(disconnect_after(0.003 * number) for number in range(60)))
        message = call("get_tag", **read["arguments"])
        async with web.http(**routed(message)) as http:
            # All of the calls that the limit allows at a time: none of those before counts any more.
            sandbox.faults.rules.clear()
            while len([each for each in asyncio.all_tasks() if "run_asgi" in repr(each)]) > 0:
                await asyncio.sleep(0.01)
            responses = await asyncio.gather(*(http.post("/mcp", json=message) for _ in range(64)))
        assert {response.status_code for response in responses} == {200}
    assert [
        record.getMessage() for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}
    ] == []
