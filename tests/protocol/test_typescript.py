"""The server over HTTP through both generations of the official TypeScript SDK."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.registry import Registry
from tests.support.server_processes import SERVER_OPTIONS, run_server

MODULES = os.environ.get("DOCKERHUB_MCP_TYPESCRIPT_SDK", "")
NODE = os.environ.get("DOCKERHUB_MCP_NODE") or shutil.which("node") or ""
if not MODULES or not NODE:
    pytest.skip(
        "the TypeScript SDK is not here; set DOCKERHUB_MCP_TYPESCRIPT_SDK to a node_modules directory with "
        "@modelcontextprotocol/sdk and @modelcontextprotocol/client, and DOCKERHUB_MCP_NODE to Node 22 or later "
        "where that is not `node` (.ci/run does)",
        allow_module_level=True,
    )

CLIENT = Path(__file__).parent / "clients" / "typescript.mjs"
EVERYTHING = Registry(access=Access.ADMIN, toolsets=("all",))
TOKEN = "a-token-for-the-tests-of-typescript-0123456789"


class Way(NamedTuple):
    """A way to connect, and its expected outcome."""

    package: str
    mode: Any  # how the second generation detects the protocol version
    transport: str
    server: str
    version: str | None
    can_ask: bool


PINNED = {"pin": "2026-07-28"}
WAYS = {
    "sdk, http": Way("sdk", None, "http", "stateless", "2025-11-25", can_ask=False),
    "sdk, http, session": Way("sdk", None, "http", "sessions", "2025-11-25", can_ask=True),
    "sdk, sse": Way("sdk", None, "sse", "stateless", None, can_ask=True),  # its transport forgets the version
    "client, 2025, http": Way("client", "legacy", "http", "stateless", "2025-11-25", can_ask=False),
    "client, 2025, http, session": Way("client", "legacy", "http", "sessions", "2025-11-25", can_ask=True),
    "client, 2025, sse": Way("client", "legacy", "sse", "sessions", "2025-11-25", can_ask=True),
    "client, 2026, http": Way("client", PINNED, "http", "stateless", "2026-07-28", can_ask=True),
    "client, 2026, sse": Way("client", PINNED, "sse", "stateless", "2026-07-28", can_ask=True),
    "client, newest, http": Way("client", "auto", "http", "stateless", "2026-07-28", can_ask=True),
    "client, newest, http, server with sessions": Way(
        "client", "auto", "http", "sessions", "2026-07-28", can_ask=True
    ),
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """The URLs of a server without sessions and of one with sessions, both with admin access.

    Results have data, which the SDK validates against its schema, and are not cached across tests.
    """
    admin = (
        *SERVER_OPTIONS,
        "--access",
        "admin",
        "--toolsets",
        "all",
        "--results",
        "both",
        "--cache-ttl",
        "0",
    )
    with run_server(*admin) as stateless, run_server(*admin, "--sessions") as sessions:
        yield {"stateless": stateless, "sessions": sessions}


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """The URL of a read-only server that requires a token."""
    with run_server(*SERVER_OPTIONS, DOCKERHUB_MCP_AUTH_TOKEN=TOKEN) as address:
        yield address


def build_plan(name: str, address: str, **plan: Any) -> dict[str, Any]:
    """Return what a client that connects in a way does at a server."""
    way = WAYS[name]
    path = {"http": "/mcp", "sse": "/sse"}[way.transport]
    plan |= {"modules": MODULES, "package": way.package, "transport": way.transport, "url": address + path}
    return plan | ({"mode": way.mode} if way.mode else {})


def use(plans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run a client for each plan, one after the other, and return their reports."""
    done = subprocess.run(
        [NODE, str(CLIENT), json.dumps(plans)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    saw = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(saw) == len(plans)
    return saw


def test_a_host_uses_the_server(servers: dict[str, str]) -> None:
    # Each deletes a tag of its own.
    tags = {name: f"4.1.{number}" for number, name in enumerate(WAYS)}
    plans = [
        build_plan(
            name,
            servers[way.server],
            write={"repository": "acme/storefront", "tag": tags[name]},
            answers=["decline", "accept"],
        )
        for name, way in WAYS.items()
    ]
    for name, saw in zip(WAYS, use(plans), strict=True):
        try:
            check_use(WAYS[name], saw, tags[name])
        except Exception as error:
            error.add_note(name)
            raise


def check_use(way: Way, saw: dict[str, Any], tag: str) -> None:
    assert "refused" not in saw, saw["refused"]
    assert saw["server"] == "dockerhub-mcp"
    assert saw["version"] == way.version
    assert saw["session"] is (
        way.server == "sessions" and way.transport == "http" and way.version == "2025-11-25"
    )
    assert set(saw["tools"]) == {tool.name for tool in EVERYTHING.tools}

    assert saw["read"]["isError"] is False
    assert saw["read"]["data"]["name"] == "8.2"
    assert saw["read"]["data"]["digest"].startswith("sha256:")
    assert saw["wrong"]["isError"] is True
    assert "tga: get_tag has no such argument" in saw["wrong"]["text"]
    assert saw["unknown"]["code"] == -32602
    assert "Unknown tool: 'no_such_tool'" in saw["unknown"]["message"]

    declined, accepted = saw["writes"]
    assert declined["isError"] is True
    if way.can_ask:
        assert len(saw["questions"]) == 2
        assert f"acme/storefront:{tag}" in saw["questions"][0]
        assert "The user declined" in declined["text"]
        assert accepted["isError"] is False, accepted["text"]
    else:
        assert saw["questions"] == []
        assert accepted["isError"] is True

    assert saw["walk"]["isError"] is False, saw["walk"]["text"]
    assert saw["walk"]["data"]["results"]
    assert len(saw["progress"]) > 1
    assert saw["progress"] == sorted(saw["progress"])
    assert saw["progress"][-1] == 400


GUARDED = ["sdk, http", "sdk, sse", "client, 2025, http", "client, 2025, sse", "client, 2026, http"]


def test_a_request_with_the_token_is_accepted(guarded: str) -> None:
    write = {"repository": "acme/storefront", "tag": "latest"}
    plans = [build_plan(name, guarded, token=TOKEN, write=write, answers=["accept"]) for name in GUARDED]
    for name, saw in zip(GUARDED, use(plans), strict=True):
        assert "refused" not in saw, (name, saw["refused"])
        assert "data" not in saw["read"], name
        assert "sha256:" in saw["read"]["text"], name
        [refused] = saw["writes"]
        assert refused["isError"] is True, name
        assert "The tool delete_tag is switched off on this server" in refused["text"], name
        assert saw["questions"] == [], name


def test_a_request_without_the_token_is_rejected(guarded: str) -> None:
    cases = [(name, token) for name in GUARDED for token in (None, "another-token")]
    plans = [build_plan(name, guarded, token=token, write={}, answers=[]) for name, token in cases]
    for case, saw in zip(cases, use(plans), strict=True):
        assert saw.keys() == {"refused"}, case
        assert saw["refused"]["code"] == 401, case
