"""Servers that share a real store sign in once, and the store contains nothing readable."""

from __future__ import annotations

import asyncio
import base64
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.redis_servers import RedisServer
from tests.support.web_servers import served

PRIVATE = {"repository": "acme/storefront"}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for the store: all servers share this process, and the machine may be busy."""
    defaults = RedisState.__init__.__kwdefaults__ or {}
    monkeypatch.setitem(defaults, "timeout", 10.0)


async def test_servers_with_one_account_sign_in_once(
    sandbox: Sandbox, sandbox_url: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    owner = sandbox.get_identity("owner")
    key_file = tmp_path / "key"
    key_file.write_text("k" * 64, "utf-8")
    environment = {
        "DOCKERHUB_MCP_STORE_URL": redis_server.url,
        "DOCKERHUB_API_URL": sandbox_url,
        "DOCKERHUB_USERNAME": owner.username,
        "DOCKERHUB_TOKEN": owner.secret,
    }
    options: dict[str, Any] = {"state_key_file": str(key_file), "cache_ttl": 0}
    sandbox.faults.add(match="/v2/auth/token", latency=0.2)
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(3):
            server = await stack.enter_async_context(served(environment=environment, **options))
            clients.append(await stack.enter_async_context(server.client()))
        calls = [clients[number % 3].call_tool("get_repository", PRIVATE) for number in range(30)]
        results = await asyncio.gather(*calls)
        assert not any(result.is_error for result in results)
        assert sandbox.login_count == 1
        dump = redis_server.dump()
        assert b"bearer:" in dump
        for text in (owner.secret, "eyJ", "acme"):
            assert text.encode() not in dump
            assert base64.b64encode(text.encode()).rstrip(b"=") not in dump
        sandbox.revoke_bearer_tokens()
        for client in clients:
            assert not (await client.call_tool("get_repository", PRIVATE)).is_error
        assert sandbox.login_count == 2


@pytest.mark.parametrize("is_shared", [True, False])
async def test_a_wrong_secret_is_sent_once_only_with_a_store(
    sandbox: Sandbox, sandbox_url: str, redis_server: RedisServer, tmp_path: Path, is_shared: bool
) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("k" * 64, "utf-8")
    environment = {
        "DOCKERHUB_API_URL": sandbox_url,
        "DOCKERHUB_USERNAME": "ada",
        "DOCKERHUB_TOKEN": "dckr_pat_wrong_secret",
    }
    if is_shared:
        environment["DOCKERHUB_MCP_STORE_URL"] = redis_server.url
    for _ in range(3):  # each as after a restart
        async with (
            served(environment=environment, state_key_file=str(key_file)) as server,
            server.client() as client,
        ):
            result = await client.call_tool("get_org_settings", {"name": "acme"})
            assert result.is_error
            assert ("is still refused for 24 hours" in str(result.content)) is is_shared
    assert sandbox.login_count == (1 if is_shared else 3)


async def test_a_secret_that_is_valid_again_is_sent_once_its_records_are_deleted(
    sandbox: Sandbox, sandbox_url: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    """The guide tells operators to do so; the replicas have to restart as well."""
    key_file = tmp_path / "key"
    key_file.write_text("k" * 64, "utf-8")
    environment = {
        "DOCKERHUB_MCP_STORE_URL": redis_server.url,
        "DOCKERHUB_API_URL": sandbox_url,
        "DOCKERHUB_USERNAME": "ada",
        "DOCKERHUB_TOKEN": "reactivated-secret",
    }

    async def is_signed_in() -> bool:
        async with (
            served(environment=environment, state_key_file=str(key_file)) as server,
            server.client() as client,
        ):
            return not (await client.call_tool("get_org_settings", {"name": "acme"})).is_error

    assert not await is_signed_in()
    sandbox.state.users["ada"].password = "reactivated-secret"
    assert not await is_signed_in()
    redis_server.execute("DEL", *redis_server.execute("KEYS", "dockerhub-mcp:refused:*"))
    assert await is_signed_in()
