"""The program as a subprocess, with the SDK's client at its pipes and the sandbox behind a real socket."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult, TextContent

from dockerhub_mcp.sandbox import Sandbox

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name == "DOCKER_CONFIG" or not name.startswith(("DOCKER", "HUB_"))
}
MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
Connect = Callable[..., AbstractAsyncContextManager[Client]]


def connecting(sandbox: Sandbox, sandbox_url: str) -> Connect:
    """Return what starts the program with options, signed in as a sample identity, and connects to it."""

    @asynccontextmanager
    async def start(
        *options: str,
        mode: str,
        identity: str | None = "owner",
        client: dict[str, Any] | None = None,
        **environment: str,
    ) -> AsyncIterator[Client]:
        variables = {"DOCKERHUB_API_URL": sandbox_url, "DOCKERHUB_SCIM_TOKEN": sandbox.scim_token}
        if identity is not None:
            whom = sandbox.get_identity(identity)
            variables |= {"DOCKERHUB_USERNAME": whom.username, "DOCKERHUB_TOKEN": whom.secret}
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "dockerhub_mcp", "--results", "both", *options],
            env=CLEAN | variables | environment,
        )
        async with Client(server, mode=mode, **(client or {})) as connected:
            yield connected

    return start


def text_of(result: CallToolResult) -> str:
    """Return the text of a result."""
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))
