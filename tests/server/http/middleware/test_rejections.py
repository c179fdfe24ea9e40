"""The log line of a rejected request: it says what was asked for, by which caller, and why it was rejected."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.logs import configure_logging
from tests.support.web_servers import call, routed, served

TOKEN = "a-token-of-the-caller-ci-1234"
CALLERS = {"DOCKERHUB_MCP_AUTH_TOKENS": f'[ci]\ntoken = "{TOKEN}"'}
MESSAGE = call("get_tag", repository="redis:8.2")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("dockerhub_mcp").setLevel(logging.NOTSET)


def set_up(log: io.StringIO) -> None:
    """Send log lines to `log` as JSON; a server that starts in a test leaves logging as it is."""
    configure_logging("info", as_json=True, redact=Redactor().redact_log, stream=log)


def read_rejections(log: io.StringIO) -> list[dict[str, Any]]:
    lines = map(json.loads, log.getvalue().splitlines())
    return [line for line in lines if line["message"] == "rejected"]


async def test_the_line_says_what_was_rejected_and_why(log: io.StringIO) -> None:
    async with served(sandbox=True, environment=CALLERS) as web, web.http() as http:
        set_up(log)
        bearer = {**routed(MESSAGE), "authorization": f"Bearer {TOKEN}"}
        await http.get("/mcp/hunter2%0A/v1/%1b[31m?token=hunter2")
        await http.post("/mcp", json=MESSAGE, headers={**bearer, "host": "mcp.example.com:8443"})
        await http.post("/mcp", json=MESSAGE, headers={**bearer, "origin": "https://evil.example"})
        await http.post("/mcp", json=MESSAGE, headers=routed(MESSAGE))
        await http.post("/mcp", json=MESSAGE, headers={**bearer, "x-mcp-toolsets": "tag"})
        await http.post("/mcp", content="{nothing", headers=bearer)
    rejections = read_rejections(log)
    assert [(line["status"], line["method"]) for line in rejections] == [
        (404, "GET"),
        (421, "POST"),
        (403, "POST"),
        (401, "POST"),
        (400, "POST"),
        (400, "POST"),
    ]
    assert rejections[0]["path"] == "/mcp/*/v1/*"
    assert {line["path"] for line in rejections[1:]} == {"/mcp"}
    assert rejections[1]["host"] == "mcp.example.com:8443"
    assert rejections[2]["origin"] == "https://evil.example"
    assert "--allowed-hosts" in rejections[1]["reason"]
    assert "did you mean tags" in rejections[4]["reason"]
    assert [line.get("caller") for line in rejections] == [None] * 4 + ["ci"] * 2
    assert TOKEN not in log.getvalue()
    assert "hunter2" not in log.getvalue()


async def test_the_path_of_the_operator_is_shown(log: io.StringIO) -> None:
    async with served(sandbox=True, path="/team/hub") as web, web.http() as http:
        set_up(log)
        await http.request("HUNTER2", "/team/hub")
        await http.get("/team/hunter2")
    assert [(line["method"], line["path"]) for line in read_rejections(log)] == [
        ("other", "/team/hub"),
        ("GET", "/team/*"),
    ]
    assert "hunter2" not in log.getvalue().lower()


async def test_lines_of_a_call_name_the_caller(log: io.StringIO) -> None:
    async with served(sandbox=True, environment=CALLERS) as web:
        set_up(log)
        async with web.client(authorization=f"Bearer {TOKEN}") as client:
            assert (await client.call_tool("get_tag", {"repository": "redis", "tag": "nope"})).is_error
        async with web.http() as http:
            await http.get("/elsewhere")
    lines = list(map(json.loads, log.getvalue().splitlines()))
    (failed,) = (line for line in lines if line["message"] == "a call failed")
    assert failed["caller"] == "ci"
    (rejected,) = read_rejections(log)
    assert "caller" not in rejected
