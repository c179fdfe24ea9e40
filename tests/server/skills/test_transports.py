"""The extension for skills over stdio as JSON lines, and over HTTP."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from mcp import MCPError
from mcp_types import INVALID_PARAMS, TextResourceContents

from dockerhub_mcp.skills import EXTENSION_ID
from dockerhub_mcp.skills.catalog import SKILLS
from tests.support.http_requests import bearer
from tests.support.server_clients import MODES
from tests.support.skill_clients import ASKING, ask
from tests.support.stdio_messages import (
    INITIALIZED,
    build_initialize,
    build_modern_request,
    build_request,
)
from tests.support.stdio_program import encode_lines, run_over_stdio
from tests.support.web_servers import served

PINS = "skill://dockerhub/pin-images/SKILL.md"
ALL_NAMES = [skill.name for skill in SKILLS]
DECLARED = {EXTENSION_ID: {"directoryRead": True}}
CAPABILITIES: dict[str, Any] = {"extensions": {EXTENSION_ID: {}}}
META = {"io.modelcontextprotocol/clientCapabilities": CAPABILITIES}
REQUESTS: dict[str, dict[str, Any]] = {
    "skills/list": {},
    "skills/get": {"uri": PINS},
    "resources/read": {"uri": PINS},
    "resources/directory/read": {"uri": "skill://dockerhub/pin-images"},
}
CALLERS = """
[reader]
token = "reader-token-0123456789abcdef"
toolsets = ["tags"]

[auditor]
token = "auditor-token-0123456789abcdef"
toolsets = ["reviews"]
"""


def build_legacy(version: str) -> list[dict[str, Any]]:
    requests = [
        build_request(number, method, **params) for number, (method, params) in enumerate(REQUESTS.items(), 1)
    ]
    return [build_initialize(version, capabilities=CAPABILITIES), INITIALIZED, *requests]


def build_modern() -> list[dict[str, Any]]:
    requests = [
        build_modern_request(number, method, META, **params)
        for number, (method, params) in enumerate(REQUESTS.items(), 1)
    ]
    return [build_modern_request(0, "server/discover", META), *requests]


@pytest.mark.parametrize(
    "messages",
    [build_legacy("2024-11-05"), build_legacy("2025-11-25"), build_modern()],
    ids=["2024-11-05", "2025-11-25", "2026-07-28"],
)
def test_json_lines_over_stdio(messages: list[dict[str, Any]]) -> None:
    """Check plain and other requests; that plain responses are those of the SDK is tested elsewhere."""
    done = run_over_stdio(encode_lines(messages), "--toolsets", "all", "--log-level", "error")
    assert (done.exit_code, done.log) == (0, "")
    first, listed, got, contents, directory = (
        message["result"] for message in sorted(done.messages, key=lambda message: message["id"])
    )
    assert first["capabilities"]["extensions"] == DECLARED
    assert "resources" in first["capabilities"]
    assert [skill["frontmatter"]["name"] for skill in listed["skills"]] == ALL_NAMES
    assert got["skill"] in listed["skills"]
    [content] = contents["contents"]
    [file] = got["skill"]["resources"]
    assert file["digest"] == f"sha256:{hashlib.sha256(content['text'].encode()).hexdigest()}"
    assert [child["uri"] for child in directory["resources"]] == [PINS]


def test_other_clients_over_stdio_see_no_extension() -> None:
    for messages in ([build_initialize()], [build_modern_request(0, "server/discover")]):
        done = run_over_stdio(encode_lines(messages), "--log-level", "error")
        [message] = done.messages
        assert "extensions" not in message["result"]["capabilities"]
        assert "skill" not in str(message["result"]["capabilities"])


@MODES
@pytest.mark.parametrize("sessions", [False, True], ids=["stateless", "with sessions"])
async def test_clients_over_http(mode: str, sessions: bool) -> None:
    async with served(sandbox=True, sessions=sessions, toolsets="all") as web:
        async with web.client(mode=_probing(mode)) as plain:
            assert plain.server_capabilities.extensions is None
        async with web.client(mode=_probing(mode), client={"extensions": ASKING}) as client:
            assert client.server_capabilities.extensions == DECLARED
            listed = await ask(client, "skills/list")
            assert [skill["frontmatter"]["name"] for skill in listed["skills"]] == ALL_NAMES
            assert listed.get("cacheScope") == (None if mode == "legacy" else "private")
            [file] = (await ask(client, "skills/get", uri=PINS))["skill"]["resources"]
            [contents] = (await client.read_resource(PINS)).contents
            assert isinstance(contents, TextResourceContents)
            assert file["digest"] == f"sha256:{hashlib.sha256(contents.text.encode()).hexdigest()}"
            children = await ask(client, "resources/directory/read", uri="skill://dockerhub")
            assert [child["name"] for child in children["resources"]] == ALL_NAMES
            with pytest.raises(MCPError) as caught:
                await client.read_resource("skill://dockerhub/none/SKILL.md")
            assert caught.value.error.code == INVALID_PARAMS


@MODES
async def test_each_caller_over_http_is_offered_its_own_skills(tmp_path: Path, mode: str) -> None:
    callers = tmp_path / "callers.toml"
    callers.write_text(CALLERS)
    async with served(sandbox=True, toolsets="all", auth_tokens_file=str(callers), identity="server") as web:
        for token, expected in (
            ("reader-token-0123456789abcdef", []),
            ("auditor-token-0123456789abcdef", ["review-access", "review-tokens"]),
        ):
            async with web.client(mode=mode, client={"extensions": ASKING}, **bearer(token)) as client:
                listed = await ask(client, "skills/list")
                assert [skill["frontmatter"]["name"] for skill in listed["skills"]] == expected
                assert listed.get("cacheScope") == (None if mode == "legacy" else "private")
                with pytest.raises(MCPError, match="needs the tool pin_images"):
                    await ask(client, "skills/get", uri=PINS)


def _probing(mode: str) -> str:
    """Return the mode in which a client of 2026-07-28 asks for the capabilities at first."""
    return "legacy" if mode == "legacy" else "auto"
