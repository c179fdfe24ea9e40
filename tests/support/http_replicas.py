"""HTTP servers in one process that share a key and a store, and what clients do with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client

from dockerhub_mcp.sandbox import Sandbox
from tests.support.elicitation import Person
from tests.support.web_servers import Running, call, modern, routed, served

STOREFRONT: dict[str, Any] = {"repository": "acme/storefront"}
PATIENCE = 60.0  # seconds; a safety margin for a busy machine


def build_environment(sandbox: Sandbox, url: str) -> dict[str, str]:
    """Return the variables of servers with the account of the sandbox's owner."""
    owner = sandbox.get_identity("owner")
    return {
        "DOCKERHUB_API_URL": url,
        "DOCKERHUB_USERNAME": owner.username,
        "DOCKERHUB_TOKEN": owner.secret,
    }


@asynccontextmanager
async def replicas(
    count: int, folder: Path, environment: dict[str, str], **options: Any
) -> AsyncIterator[list[Running]]:
    """Serve from several servers that share a key."""
    key = folder / "key"
    key.write_text("0123456789abcdef" * 2, "utf-8")
    options = {"access": "admin", "toolsets": "all", "state_key_file": str(key)} | options
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(served(environment=environment, **options)) for _ in range(count)
        ]


@asynccontextmanager
async def clients(
    servers: list[Running], *, mode: str = "2026-07-28", person: Person | None = None
) -> AsyncIterator[list[Client]]:
    options = {"elicitation_callback": person or Person()}
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(server.client(mode=mode, client=options)) for server in servers
        ]


def count_deletions(sandbox: Sandbox) -> int:
    return sum(seen.method == "DELETE" for seen in sandbox.requests)


async def post(server: Running, headers: dict[str, str], message: dict[str, Any] | None = None) -> Any:
    message = message or modern("tools/list")
    async with server.http() as http:
        return await http.post("/mcp", json=message, headers=routed(message) | headers)


def change(text: str) -> dict[str, Any]:
    return call("update_repository", **STOREFRONT, description=text)


async def say(server: Running, message: dict[str, Any]) -> str:
    answer = await post(server, {}, message)
    assert answer.status_code == 200
    result = answer.json()["result"]
    assert not result.get("isError"), result
    return str(result["content"][0]["text"])


async def read(server: Running) -> str:
    return await say(server, call("get_repository", **STOREFRONT))


async def until_cached(server: Running) -> None:
    """Read until the result is cached: the server is subscribed."""
    async with asyncio.timeout(PATIENCE):
        while "cached by this server" not in await read(server):
            pass
