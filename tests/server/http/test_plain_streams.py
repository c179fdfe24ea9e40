"""Test slow calls without the SDK over HTTP: streams, and clients that disconnect."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.http import plain_response
from tests.support.plain_http import LEGACY, MODERN_READ, READ, legacy, served_over_own_protocol
from tests.support.web_servers import call, routed, served


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


async def test_many_clients_that_disconnect_at_any_moment_leave_nothing_behind(
    sandbox: Sandbox, sandbox_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.faults.add(match="/tags/", latency=0.1)
    read: dict[str, Any] = {"name": "get_tag", "arguments": {"repository": "redis:8.2"}}
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
