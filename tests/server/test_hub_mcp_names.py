"""The tools of docker/hub-mcp through each transport and both protocol generations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError

from dockerhub_mcp.tools.hub_mcp.naming import OWN_TOOLS
from tests.support.http_requests import READER, TAGGER, bearer
from tests.support.programs import MODES, text_of
from tests.support.stdio_messages import (
    INITIALIZED,
    build_initialize,
    build_modern_request,
    build_request,
)
from tests.support.stdio_program import encode_lines, run_over_stdio
from tests.support.web_servers import served

READING = [name for name in OWN_TOOLS if name not in {"createRepository", "updateRepositoryInfo"}]
TAG = {"namespace": "library", "repository": "redis", "tag": "8.2"}
CALLERS = f"""
[reader]
token = "{READER}"

[tagger]
token = "{TAGGER}"
access = "write"
toolsets = ["tags"]
"""


async def list_names(client: Client) -> list[str]:
    return [tool.name for tool in (await client.list_tools()).tools]


@pytest.mark.parametrize("generation", ["2026-07-28", "legacy"])
def test_stdio_serves_them_from_the_first_message_on(generation: str) -> None:
    call: dict[str, Any] = {"name": "getRepositoryTag", "arguments": TAG}
    if generation == "legacy":
        handshake = [build_initialize(), INITIALIZED]
        requests = [build_request(1, "tools/list"), build_request(2, "tools/call", **call)]
    else:
        handshake = [build_modern_request(0, "server/discover")]
        requests = [build_modern_request(1, "tools/list"), build_modern_request(2, "tools/call", **call)]
    options = ("--sandbox", "--names", "hub-mcp", "--results", "both")
    done = run_over_stdio(encode_lines([*handshake, *requests]), *options, in_lockstep=True)
    assert done.exit_code == 0
    results = {message["id"]: message["result"] for message in done.messages}
    assert "docker/hub-mcp" in results[0]["instructions"]
    assert [tool["name"] for tool in results[1]["tools"]] == READING
    assert all(tool["outputSchema"] for tool in results[1]["tools"])
    assert results[2]["structuredContent"]["name"] == "8.2"


@MODES
@pytest.mark.parametrize("sessions", [False, True])
async def test_http_serves_them_with_and_without_sessions(mode: str, sessions: bool) -> None:
    options: dict[str, Any] = {"sandbox": True, "names": "hub-mcp", "sessions": sessions, "metrics": True}
    async with served(**options) as web:
        async with web.client(mode=mode) as client:
            assert await list_names(client) == READING
            result = await client.call_tool("getRepositoryTag", TAG)
            refused = await client.call_tool("createRepository", {"namespace": "acme", "name": "surprise"})
            with pytest.raises(MCPError, match="did you mean getRepositoryTag"):
                await client.call_tool("getRepositoryTags", TAG)
        async with web.http() as http:
            metrics = (await http.get("/metrics")).text
    assert "digest: sha256:" in text_of(result)
    assert "--access write" in text_of(refused)
    assert 'calls_total{outcome="ok",tool="getRepositoryTag"} 1.0' in metrics
    assert 'calls_total{outcome="refused",tool="other"} 1.0' in metrics


async def test_callers_get_what_their_tokens_allow(tmp_path: Path) -> None:
    callers = tmp_path / "callers.toml"
    callers.write_text(CALLERS)
    callers.chmod(0o600)
    options: dict[str, Any] = {"names": "hub-mcp", "access": "write", "auth_tokens_file": str(callers)}
    place = {"namespace": "acme", "repository": "storefront", "description": "New"}
    tags = ["listRepositoryTags", "getRepositoryTag", "checkRepositoryTag"]
    async with served(sandbox=True, **options) as web:
        async with web.client(**bearer(READER)) as client:
            assert await list_names(client) == READING
            refused = await client.call_tool("updateRepositoryInfo", place)
        assert "only the owner of this server can change that" in text_of(refused)
        async with web.client(**bearer(TAGGER)) as client:
            assert await list_names(client) == tags
            by_own_name = await client.call_tool("update_repository", place)
        assert by_own_name.is_error
        headers: dict[str, Any] = {
            **bearer(TAGGER),
            "x-mcp-tools": "getRepositoryTag",
            "x-mcp-exclude-tools": "search",
        }
        async with web.client(**headers) as client:
            assert await list_names(client) == ["getRepositoryTag"]
        headers = {**bearer(TAGGER), "x-mcp-exclude-tools": "get_tag"}
        async with web.client(**headers) as client:
            assert await list_names(client) == [each for each in tags if each != "getRepositoryTag"]
