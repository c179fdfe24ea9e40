"""Test that observers see the same of messages that are served without the SDK as of those that it serves."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.bootstrap import http as http_builder
from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from tests.support.http_requests import READER, bearer
from tests.support.plain_http import PLAIN, WALKS
from tests.support.recording_observer import Observed, observe_program
from tests.support.web_servers import served

TRACED = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01", "tracestate": "a=b"}


async def observe(sandbox_url: str, monkeypatch: pytest.MonkeyPatch) -> list[Observed]:
    environment = {"DOCKERHUB_API_URL": sandbox_url, "DOCKERHUB_MCP_AUTH_TOKEN": READER}
    with monkeypatch.context() as patch:
        observer = observe_program(patch, http_builder)
        async with served(environment=environment, access="write") as web:
            for headers, message in (*PLAIN, *WALKS):
                sent: dict[str, Any] = {**headers, **TRACED, **bearer(READER)}
                async with web.http(**sent) as http:
                    assert (await http.post("/mcp", json=message)).status_code < 500
    completed = list(observer.messages.elements())
    assert observer.started == len(completed) == len(PLAIN) + len(WALKS)
    return completed


async def test_observers_see_the_same_as_of_the_sdk(
    sandbox_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = await observe(sandbox_url, monkeypatch)
    monkeypatch.setattr(HTTPServerFactory, "_create_plain_dispatcher", lambda *_: None)
    theirs = await observe(sandbox_url, monkeypatch)
    assert sorted(ours) == sorted(theirs)
    assert {(message.caller, message.origin[0]) for message in ours} == {("default", True)}
