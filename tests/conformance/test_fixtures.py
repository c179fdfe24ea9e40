"""Shutdown of the server with the conformance fixtures, without the suite."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx2 as httpx

from tests.support.server_processes import run_server

LISTEN = "subscriptions/listen"
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
MESSAGE = {
    "jsonrpc": "2.0",
    "id": "listening",
    "method": LISTEN,
    "params": {"notifications": {"toolsListChanged": True}, "_meta": META},
}
HEADERS = {
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": LISTEN,
}


def listen(address: str, acknowledged: Event) -> list[dict[str, Any]]:
    """Listen for notifications until the server ends the stream; return them."""
    heard = []
    with (
        httpx.Client(trust_env=False, timeout=30) as http,
        http.stream("POST", f"{address}/mcp", json=MESSAGE, headers=HEADERS) as stream,
    ):
        for line in stream.iter_lines():
            if line.startswith("data:"):
                heard.append(json.loads(line.removeprefix("data:")))
                acknowledged.set()
    return heard


def test_open_streams_end_when_the_server_stops() -> None:
    acknowledged = Event()
    with ThreadPoolExecutor(1) as background:
        with run_server(module="tests.conformance.serve") as address:
            listener = background.submit(listen, address, acknowledged)
            assert acknowledged.wait(20)
        first, last = listener.result(5)
    assert first["method"] == "notifications/subscriptions/acknowledged"
    assert last["id"] == "listening"
    assert "result" in last
