"""Compare responses to plain requests over HTTP with those of the SDK, and test what the SDK still serves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import mcp_types as types
import pytest
from mcp.shared.inbound import ERROR_CODE_HTTP_STATUS
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.server import protocol
from dockerhub_mcp.server.http.deferred_sdk import DeferredSDK
from tests.support.http_requests import INITIALIZE
from tests.support.plain_http import (
    CLIENT_INFO,
    LEGACY,
    MODERN_READ,
    PLAIN,
    READ,
    WALKS,
    initialize,
    legacy,
    notification,
    served_over_own_protocol,
)
from tests.support.web_servers import BOTH, MODERN, Running, modern, routed, served


def without(headers: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


ODD_CAPABILITIES: list[Any] = [
    {"tasks": {"requests": {"sampling": []}}},
    {"tasks": {"list": True}},
    {"tasks": {"x": {}}},
    {"elicitation": {"form": None}},
    {"sampling": {"tools": 1}},
]
ODD_CLIENT_INFO: list[dict[str, Any]] = [
    {"websiteUrl": None},
    {"description": 1},
    {"icons": {}},
    {"icons": [{}]},
    {"icons": [{"src": "x", "sizes": "any"}]},
    {"icons": [{"src": "x", "theme": []}]},
    {"x": "y"},
]
OTHERS: list[tuple[dict[str, str], Any]] = [
    *((BOTH, initialize("2025-11-25", capabilities=each)) for each in ODD_CAPABILITIES),
    *((BOTH, initialize("2025-11-25", clientInfo={**CLIENT_INFO, **each})) for each in ODD_CLIENT_INFO),
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
    (LEGACY, notification("initialized", params={"_meta": {}})),
    (LEGACY, notification("initialized", more=1)),
    (LEGACY, notification("cancelled")),
    (LEGACY, notification("cancelled", params={"requestId": True})),
    (LEGACY, notification("cancelled", params={"requestId": 4, "reason": None})),
    (LEGACY, notification("progress", params={"progressToken": 1, "progress": 2})),
    (MODERN, notification("initialized")),
    (MODERN, notification("cancelled", params={"requestId": 4})),
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
    assert tuple(MODERN_PROTOCOL_VERSIONS) == (protocol.MODERN_VERSION,)
    assert protocol.DEFAULT_VERSION == types.DEFAULT_NEGOTIATED_VERSION
    assert protocol.VERSION_KEY == types.PROTOCOL_VERSION_META_KEY
    assert dict(ERROR_CODE_HTTP_STATUS) == protocol.STATUS_BY_ERROR_CODE
    assert protocol.INTERNAL_ERROR == types.INTERNAL_ERROR


@pytest.mark.parametrize(("headers", "message"), WALKS)
async def test_progress_is_streamed_as_by_the_sdk(
    web: Running, sdk_only: Running, headers: dict[str, str], message: Any
) -> None:
    async with web.http(**headers) as http, sdk_only.http(**headers) as reference:
        ours, theirs = [await each.post("/mcp", json=message) for each in (http, reference)]
    assert describe(ours) == describe(theirs)
    assert ours.text.count("notifications/progress") == 3


async def test_answers_over_the_protocol_of_the_program(sandbox_url: str) -> None:
    async with (
        served_over_own_protocol({"DOCKERHUB_API_URL": sandbox_url}, cache_ttl="0") as port,
        httpx.AsyncClient(base_url=f"http://localhost:{port}", trust_env=False) as http,
    ):
        for headers, message in PLAIN:
            response = await http.post("/mcp", json=message, headers=headers)
            if "id" not in message:
                assert (response.status_code, response.text) == (202, "")
                continue
            *_, data = [line for line in response.text.split("\r\n") if "{" in line]
            assert json.loads(data.removeprefix("data: "))["id"] == message["id"]
        for headers, message in WALKS:
            response = await http.post("/mcp", json=message, headers=headers)
            assert response.text.count("notifications/progress") == 3


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_client_that_only_reads_needs_no_sdk(
    web: Running, loaded: list[DeferredSDK], mode: Any
) -> None:
    async with web.client(mode=mode) as client:
        await client.list_tools()
        await client.list_prompts()
        result = await client.call_tool(READ["name"], READ["arguments"])
    assert not result.is_error
    assert loaded == []
