"""Test that the SDK is loaded when a request needs it, once, and not before."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dockerhub_mcp.server.http.deferred_sdk import DeferredSDK
from tests.support.http_requests import INITIALIZE
from tests.support.web_servers import BOTH, Running, call, modern, routed, served

LEGACY = {**BOTH, "mcp-protocol-version": "2025-11-25"}
NEEDS_SDK = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "resources/read",
    "params": {"uri": "dockerhub://status"},
}
MODERN_READ = call("get_repository", repository="redis")

PROGRAM = """
import asyncio, json, sys
from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.bootstrap.validate import load_valid_settings, validate
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent

async def serve(app, headers, message):
    verb, path = ("POST", "/mcp") if isinstance(message, dict) else ("GET", message)
    bodies = [json.dumps(message).encode()]
    async def receive():
        return {"type": "http.request", "body": bodies.pop(), "more_body": False}
    sent = []
    async def send(event):
        sent.append(event)
    raw = [(name.encode(), value.encode()) for name, value in {"host": "localhost", **headers}.items()]
    scope = {"type": "http", "method": verb, "path": path, "headers": raw, "query_string": b""}
    await app(scope, receive, send)
    return sent[0]["status"]

async def main():
    options = {"transport": "http", "sandbox": True, "metrics": True, "public_url": "https://a.example/mcp"}
    settings = load_valid_settings(options, {}, validate)
    async with HTTPServerFactory(settings, {}).create_app(ShutdownEvent()) as app:
        statuses = [await serve(app, *request) for request in json.load(sys.stdin)]
    loaded = {name.partition(".")[0] for name in sys.modules}
    print(json.dumps([statuses, sorted(loaded & {"mcp", "mcp_types", "redis", "sse_starlette"})]))

asyncio.run(main())
"""
"""Serves the requests on standard input, messages or paths, and writes their statuses and the libraries that were loaded for them."""


def serve_requests(*requests: tuple[dict[str, str], Any]) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(requests).encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_server_of_plain_requests_never_loads_the_sdk() -> None:
    tools = modern("tools/list")
    initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    plain = [
        *((routed(MODERN_READ), MODERN_READ), (routed(tools), tools)),
        *((BOTH, INITIALIZE), (LEGACY, initialized)),
    ]
    assert serve_requests(*plain) == [[200, 200, 200, 202], []]
    assert serve_requests((LEGACY, NEEDS_SDK)) == [[200], ["mcp", "mcp_types", "sse_starlette"]]


def test_documents_and_probes_never_load_the_sdk() -> None:
    paths = ["/healthz", "/readyz", "/metrics", "/mcp/server-card", "/.well-known/ai-catalog.json"]
    assert serve_requests(*(({}, path) for path in paths)) == [[200] * 5, []]


@pytest.fixture
async def web() -> AsyncIterator[Running]:
    async with served(sandbox=True) as running:
        yield running


async def test_first_requests_that_need_the_sdk_wait_for_one_start(
    web: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = 0
    load = DeferredSDK._load

    def count(sdk: DeferredSDK) -> Any:
        nonlocal loads
        loads += 1
        return load(sdk)

    monkeypatch.setattr(DeferredSDK, "_load", count)
    async with web.http(**LEGACY) as http:
        responses = await asyncio.gather(*(http.post("/mcp", json=NEEDS_SDK) for _ in range(8)))
    assert [response.status_code for response in responses] == [200] * 8
    assert loads == 1


async def test_a_client_that_disconnects_does_not_stop_the_start_for_others(web: Running) -> None:
    async with web.http(**LEGACY) as leaving, web.http(**LEGACY) as staying:
        first = asyncio.create_task(leaving.post("/mcp", json=NEEDS_SDK))
        second = asyncio.create_task(staying.post("/mcp", json=NEEDS_SDK))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).status_code == 200


async def test_the_sdk_is_loaded_by_a_later_request_after_that_failed(
    web: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with web.http(**LEGACY) as http:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "dockerhub_mcp.server.http.sdk_endpoints", None)
            assert (await http.post("/mcp", json=NEEDS_SDK)).status_code == 500
            assert (await http.post("/mcp", json=MODERN_READ, headers=routed(MODERN_READ))).status_code == 200
        assert (await http.post("/mcp", json=NEEDS_SDK)).status_code == 200
