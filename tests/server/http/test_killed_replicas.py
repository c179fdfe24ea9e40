"""Replicas that are killed while they carry out a plan: nothing kept is deleted, nothing deleted twice or lost."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2 as httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from dockerhub_mcp.sandbox import Sandbox
from tests.support.cleanup_plans import list_deletions, list_names
from tests.support.elicitation import Person
from tests.support.nginx import PATIENCE
from tests.support.programs import text_of
from tests.support.redis_servers import run_redis
from tests.support.replicas import Replica, list_variables

IMAGE = "milldale/controller"
TAGS, KEPT, KILLS = 30, 5, 2


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a sandbox of which the large repository has a few tags only."""
    sandbox = Sandbox(signed_in_limit=None)
    tags = sandbox.state.repositories["milldale", "controller"].tags
    tags[:] = [tag for tag in tags if tag.name.startswith("pr-")][: TAGS + KEPT]
    return sandbox


@asynccontextmanager
async def connect(replica: Replica, person: Person | None = None) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        transport = streamable_http_client(f"http://{replica.address}/mcp", http_client=http)
        async with Client(transport, mode="2026-07-28", elicitation_callback=person) as client:
            yield client


async def apply_until_killed(
    replica: Replica, sandbox: Sandbox, plan_id: str, count: int, person: Person | None
) -> None:
    """Apply a plan, and kill the replica after some deletions."""

    async def apply() -> None:
        with suppress(Exception):  # the connection breaks
            async with connect(replica, person) as client:
                result = await client.call_tool("apply_tag_cleanup", {"plan_id": plan_id})
                pytest.fail(f"the call has ended: {text_of(result)}")

    calling = asyncio.create_task(apply())
    while len(list_deletions(sandbox)) < count:
        assert not calling.done()
        await asyncio.sleep(0.001)
    await replica.end(signal.SIGKILL)
    calling.cancel()
    await asyncio.wait([calling])


async def test_killed_replicas_lose_and_repeat_nothing(
    sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("0123456789abcdef" * 2)
    options = ["--access", "admin", "--toolsets", "cleanup", "--results", "both"]
    options += ["--state-key-file", str(tmp_path / "key")]
    person, before = Person(), list_names(sandbox, IMAGE)
    account = list_variables(sandbox, sandbox_url)
    with run_redis() as store:
        shared = {"DOCKERHUB_MCP_STORE_URL": store.url}
        replicas = [Replica(tmp_path, account, *options, environment=shared) for _ in range(KILLS + 1)]
        try:
            await asyncio.gather(*(replica.start() for replica in replicas))
            async with connect(replicas[-1]) as client:
                planned = await client.call_tool(
                    "plan_tag_cleanup",
                    {"repository": IMAGE, "delete_matching": ["pr-*"], "keep_newest": KEPT}
                    | {"keep_newest_per": "repository", "keep_younger_than": "1h", "undated": "old"},
                )
                plan = planned.structured_content or {}
                assert plan.get("deletes") == TAGS, text_of(planned)
                points = sorted(random.Random(7).sample(range(1, TAGS), KILLS))  # noqa: S311
                for replica, point in zip(replicas, points, strict=False):
                    only_first = person if point == points[0] else None
                    await apply_until_killed(replica, sandbox, plan["plan_id"], point, only_first)
                    refused = await client.call_tool("apply_tag_cleanup", {"plan_id": plan["plan_id"]})
                    assert "Another server carries out this plan" in text_of(refused)
                    assert store.execute("DEL", f"dockerhub-mcp:plan-lock:{plan['plan_id']}") == 1, "expired"
                result = await client.call_tool("apply_tag_cleanup", {"plan_id": plan["plan_id"]})
        finally:
            for replica in replicas:
                replica.process.kill()
                replica.process.wait()
    outcome = result.structured_content or {}
    assert (outcome["status"], outcome["deleted"], outcome["already_gone"]) == ("done", TAGS, 0)
    deleted = set(before) - set(list_names(sandbox, IMAGE))
    assert len(deleted) == TAGS
    assert Counter(list_deletions(sandbox)) == Counter(deleted), "each is asked for once"
    assert len(person.asked) == 1
