"""Plain requests over stdio: the responses are equal to the SDK's, also while the program is loading."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import ClientCapabilities
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic import ValidationError

from dockerhub_mcp.server.plain.dispatcher import PlainDispatcher
from dockerhub_mcp.server.plain.prebuilt import RESPONSES_PATH
from dockerhub_mcp.server.plain.requests import parse_request
from dockerhub_mcp.server.plain.responses import build_result_response
from dockerhub_mcp.server.plain.responses_snapshot import build_snapshot
from tests.support.stdio_messages import (
    INFO,
    INITIALIZED,
    META,
    build_initialize,
    build_modern_request,
    build_request,
)
from tests.support.stdio_program import encode_lines, run_over_stdio

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name == "DOCKER_CONFIG" or not name.startswith(("DOCKER", "HUB_"))
}


def call(request_id: Any, **more: Any) -> dict[str, Any]:
    return build_request(
        request_id, "tools/call", name="check_tag", arguments={"repository": "redis:8.2"}, **more
    )


def start_program(pieces: Sequence[bytes], *, pause: float = 0) -> list[bytes]:
    """Return the lines that the program writes as a process of its own, with a pause between pieces of its input."""
    with subprocess.Popen(
        [sys.executable, "-m", "dockerhub_mcp", "--log-level", "error", "--sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=CLEAN,
    ) as process:
        assert process.stdin
        assert process.stdout
        for piece in pieces:
            process.stdin.write(piece)
            process.stdin.flush()
            time.sleep(pause)
        process.stdin.close()
        found = process.stdout.read().splitlines(keepends=True)
        assert process.wait(60) == 0
    return found


LISTS = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"]
LEGACY = [
    build_initialize(),
    INITIALIZED,
    build_request("a", "ping"),
    *(build_request(number, method) for number, method in enumerate(LISTS)),
    call(9),
]
MODERN = [
    build_modern_request(1, "server/discover"),
    *(build_modern_request(f"é{method}", method) for method in LISTS),
    call(9, _meta=META),
]
REAL = {
    "roots": {"listChanged": True},
    "sampling": {},
    "elicitation": {"form": {"applyDefaults": True}, "url": {}},
    "extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html"]}},
    "tasks": {
        "list": {},
        "cancel": {},
        "requests": {"sampling": {"createMessage": {}}, "elicitation": {"create": {}}},
    },
}
CLIENT = INFO | {
    "title": "T",
    "description": "A client",
    "websiteUrl": "https://client.example",
    "icons": [{"src": "https://client.example/icon.png", "mimeType": "image/png", "sizes": ["48x48"]}],
}
SKILLS = {"extensions": {"io.modelcontextprotocol/skills": {}, "com.example/other": {"x": 1}}}
SKILLS_META = {"io.modelcontextprotocol/clientCapabilities": SKILLS}
SCRIPTS: dict[str, list[Any]] = {
    **{
        f"2025 {version}": [build_initialize(version), *LEGACY[1:]] for version in HANDSHAKE_PROTOCOL_VERSIONS
    },
    "2026": MODERN,
    "capabilities of real clients": [
        build_initialize(capabilities=REAL, clientInfo=CLIENT),
        *LEGACY[1:],
    ],
    "capabilities of real clients, 2026": [
        build_modern_request(
            1,
            "tools/list",
            {
                "io.modelcontextprotocol/clientCapabilities": REAL,
                "io.modelcontextprotocol/clientInfo": CLIENT,
            },
        ),
        call(2, _meta=META),
    ],
    "skills": [
        build_initialize(capabilities=SKILLS),
        INITIALIZED,
        build_request(1, "resources/list"),
        build_request(2, "skills/list"),
        build_request(3, "prompts/list"),
    ],
    "skills, 2024": [build_initialize("2024-11-05", capabilities=SKILLS), build_request(1, "tools/list")],
    "skills, 2026": [
        build_modern_request(1, "server/discover", SKILLS_META),
        build_modern_request(2, "resources/list", SKILLS_META),
        build_modern_request(3, "server/discover"),
        build_modern_request(4, "skills/list", SKILLS_META),
    ],
    "capabilities that are none": [
        build_initialize(capabilities={"roots": 5}),
        build_request(1, "tools/list"),
    ],
    "an unknown version": [build_initialize("1999-01-01"), build_request(1, "tools/list")],
    "no handshake": [build_request(1, "tools/list"), build_request(2, "ping")],
    "a ping first": [build_request(1, "ping"), build_initialize(), build_request(2, "tools/list")],
    "twice the handshake": [build_initialize(), build_initialize(), build_request(1, "tools/list")],
    "a cursor": [
        build_initialize(),
        build_request(1, "tools/list", cursor="x"),
        build_request(2, "tools/list"),
    ],
    "a cursor of another list": [
        build_initialize(),
        *(build_request(number, method, cursor="x") for number, method in enumerate(LISTS)),
    ],
    "a resource": [
        build_initialize(),
        build_request(1, "resources/list"),
        build_request(2, "resources/read", uri="dockerhub://library/redis/readme"),
        build_request(3, "resources/read", uri="dockerhub://library/nothing"),
    ],
    "a null cursor": [build_initialize(), build_request(1, "tools/list", cursor=None)],
    "generations mixed": [
        build_initialize(),
        build_modern_request(1, "tools/list"),
        build_request(2, "tools/list"),
    ],
    "generations mixed, the newer first": [
        build_modern_request(1, "tools/list"),
        build_initialize(),
        build_request(2, "tools/list"),
    ],
    "a ping of the newer": [build_modern_request(1, "tools/list"), build_modern_request(2, "ping")],
    "a version of the newer that is none": [
        build_modern_request(1, "tools/list", {"io.modelcontextprotocol/protocolVersion": "2027-01-01"})
    ],
    "a progress token": [
        build_initialize(),
        build_request(1, "tools/list", _meta={"progressToken": 1}),
        build_request(2, "tools/list"),
    ],
    "no JSON": [build_initialize(), b"{nothing\n", build_request(1, "tools/list")],
    "a batch": [build_initialize(), b"[]\n", b"\n", b"   \n", build_request(1, "tools/list")],
    "no method": [
        build_initialize(),
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "1.0", "id": 2, "method": "ping"},
        build_request(3, "ping"),
    ],
    "odd ids": [
        build_initialize(),
        build_request(2**60, "ping"),
        build_request("", "ping"),
        build_request(-1, "ping"),
        build_request('\u2028"\\', "ping"),
        {"jsonrpc": "2.0", "id": None, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
        build_request(7, "ping"),
    ],
    "a member too many": [
        build_initialize(),
        build_request(1, "tools/list") | {"extra": 1},
        build_request(2, "tools/list"),
    ],
    "an unknown method": [
        build_initialize(),
        build_request(1, "nothing/here"),
        build_request(2, "tools/list"),
    ],
    "the last line without an end": [build_initialize(), json.dumps(build_request(1, "tools/list")).encode()],
    "nothing": [],
}


def run(messages: Sequence[Any], *options: str, **how: Any) -> list[Any]:
    """Return the messages that the program writes for these messages, run in this process."""
    done = run_over_stdio(encode_lines(messages), "--log-level", "error", *options, **how)
    assert done.exit_code == 0, done.log
    return done.messages


def sort_messages(messages: list[Any]) -> list[Any]:
    return sorted(messages, key=lambda message: json.dumps(message, sort_keys=True))


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_the_responses_are_those_of_the_sdk(script: list[Any]) -> None:
    by_sdk = sort_messages(run(script, by_sdk=True))
    for count in sorted({0, min(1, len(script)), len(script)}):
        assert sort_messages(run(script, loaded_after=count)) == by_sdk, f"loaded after {count}"


SETTINGS = [
    ["--access", "admin", "--toolsets", "all", "--results", "both"],
    ["--toolsets", "tags,members", "--exclude-tools", "check_tags"],
    ["--tools", "check_tag,get_tag"],
    ["--tools", "check_tag,list_org_members", "--exclude-tools", "list_org_members"],
    ["--access", "write"],
    ["--names", "hub-mcp", "--results", "both"],
]


@pytest.mark.parametrize("script", [LEGACY, MODERN], ids=["2025", "2026"])
@pytest.mark.parametrize("options", SETTINGS, ids=" ".join)
def test_the_responses_are_those_of_the_sdk_under_every_setting(
    script: list[Any], options: list[str]
) -> None:
    by_sdk = sort_messages(run(script, *options, by_sdk=True))
    for count in (0, len(script)):
        assert sort_messages(run(script, *options, loaded_after=count)) == by_sdk


@pytest.mark.parametrize("script", [LEGACY, MODERN], ids=["2025", "2026"])
def test_loading_loses_and_repeats_nothing_and_keeps_the_order(script: list[Any]) -> None:
    by_sdk = run(script, by_sdk=True, in_lockstep=True)
    assert len(by_sdk) == sum("id" in message for message in script)
    for count in range(len(script) + 1):
        assert run(script, loaded_after=count, in_lockstep=True) == by_sdk


@pytest.mark.parametrize("script", [LEGACY, MODERN], ids=["2025", "2026"])
def test_the_comparison_has_something_to_compare(script: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    prebuilt = build_result_response('{"prebuilt":true}')
    monkeypatch.setattr(PlainDispatcher, "begin", lambda *_: prebuilt)
    assert any(each["result"] == {"prebuilt": True} for each in run(script, loaded_after=0))
    assert not any(each["result"] == {"prebuilt": True} for each in run(script, by_sdk=True))


@pytest.mark.e2e
@pytest.mark.parametrize("pause", [0, 0.3], ids=["at once", "while loading"])
def test_a_process_of_its_own_responds_alike(pause: float) -> None:
    pieces = encode_lines(LEGACY)
    found = start_program(pieces, pause=pause)
    assert sort_messages(list(map(json.loads, found))) == sort_messages(run(LEGACY, by_sdk=True))


def test_an_id_that_cannot_be_written_is_left_to_the_sdk() -> None:
    lone_surrogate = b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}\n'
    found = run([build_initialize(), lone_surrogate, build_request(2, "ping")])
    assert {"jsonrpc": "2.0", "id": 2, "result": {}} in found


def test_a_line_that_arrives_in_pieces_is_one_line() -> None:
    whole = json.dumps(build_request(1, "tools/list")).encode() + b"\n"
    pieces = [build_initialize(), whole[:10], whole[10:30], whole[30:], call(2)]
    by_sdk = sort_messages(run([build_initialize(), whole, call(2)], by_sdk=True))
    for count in range(len(pieces) + 1):
        assert sort_messages(run(pieces, loaded_after=count)) == by_sdk


def test_the_snapshot_matches_the_sdk() -> None:
    assert RESPONSES_PATH.read_text("utf-8") == build_snapshot(), "run: dockerhub-mcp schemas"


def capabilities() -> st.SearchStrategy[Any]:
    inner = st.recursive(
        st.booleans() | st.none() | st.integers() | st.text(max_size=3),
        lambda deeper: (
            st.lists(deeper, max_size=2)
            | st.dictionaries(
                st.sampled_from(["listChanged", "form", "url", "context", "tools", "x"]), deeper, max_size=2
            )
        ),
        max_leaves=4,
    )
    names = st.sampled_from(
        ["roots", "sampling", "elicitation", "experimental", "extensions", "tasks", "other"]
    )
    return st.dictionaries(names, inner, max_size=3) | inner


@given(capabilities())
def test_accepted_capabilities_are_valid(value: Any) -> None:
    message = build_initialize(capabilities=value)
    if parse_request(message, legacy_version="", known_versions=["2025-11-25"]) is not None:
        try:
            ClientCapabilities.model_validate(value)
        except ValidationError as error:
            pytest.fail(f"the SDK would refuse {value}: {error}")
