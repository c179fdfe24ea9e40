"""A server that is killed while it carries out a plan: nothing kept is deleted, nothing deleted twice or lost."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.cleanup.store import PlanStore
from tests.support.cleanup_plans import add_plan, list_deletions, list_names
from tests.support.fixture_types import MakeHub
from tests.support.programs import CLEAN
from tests.support.tool_calls import make_context

IMAGE = "milldale/controller"
TAGS = 90
KILLS = 5


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(signed_in_limit=None)


def count_deleted(sandbox: Sandbox) -> Counter[str]:
    """Return how often each tag was deleted, apart from those of the sample data's own history."""
    events = sandbox.state.audit_events[len(Sandbox().state.audit_events) :]
    events = [each for each in events if each.action == "repo.tag.delete"]
    return Counter(str(each.data["tag"]) for each in events)


async def start(sandbox: Sandbox, url: str, plans: Path, *arguments: str) -> asyncio.subprocess.Process:
    owner = sandbox.get_identity("owner")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dockerhub_mcp", "call", "apply_tag_cleanup", *arguments),
        *("--access", "admin", "--confirm", "never", "--plans-dir", str(plans), "--output", "json"),
        env=CLEAN
        | {
            "DOCKERHUB_API_URL": url,
            "DOCKERHUB_USERNAME": owner.username,
            "DOCKERHUB_TOKEN": owner.secret,
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def wait_for_deletions(sandbox: Sandbox, process: asyncio.subprocess.Process, count: int) -> None:
    while len(list_deletions(sandbox)) < count and process.returncode is None:
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("seed", range(2))
async def test_killed_servers_lose_and_repeat_nothing(
    make_hub: MakeHub, sandbox: Sandbox, sandbox_url: str, tmp_path: Path, seed: int
) -> None:
    plans = tmp_path / "plans"
    context = make_context(
        make_hub("owner", base_url=sandbox_url, httpx_transport=None), plans=PlanStore(plans)
    )
    before = list_names(sandbox, IMAGE)
    wanted = [name for name in before if re.match(r"pr-", name)][:TAGS]
    plan = await add_plan(context, IMAGE, wanted)
    arguments = ("--plan-id", plan.plan_id, "--confirm-count", str(TAGS))
    choice = random.Random(seed)  # noqa: S311 - the points may be guessed
    points = sorted(choice.sample(range(1, TAGS - 5), KILLS))
    if seed:  # the Hub deletes at once and answers late, so that a kill falls between the two
        sandbox.faults.add(method="DELETE", latency=0.03, carry_out=True)
    for point in points:
        process = await start(sandbox, sandbox_url, plans, *arguments)
        await wait_for_deletions(sandbox, process, point)
        await asyncio.sleep(choice.random() / 100)
        assert process.returncode is None, (await process.communicate())[1]
        process.kill()
        await process.communicate()
        await settle(sandbox)
        recorded = read_journal(plans)
        assert set(count_deleted(sandbox)) <= recorded, "each deletion was written down before it was sent"
    process = await start(sandbox, sandbox_url, plans, *arguments)
    output, errors = await process.communicate()
    assert process.returncode == 0, errors
    result = json.loads(output)
    assert set(before) - set(list_names(sandbox, IMAGE)) == set(wanted)
    assert count_deleted(sandbox) == Counter(wanted)
    assert (result["status"], result["deleted"], result["already_gone"]) == ("done", TAGS, 0)


async def settle(sandbox: Sandbox) -> None:
    """Wait until the sandbox has handled the requests of a process that was killed."""
    seen = -1
    while seen != (seen := len(sandbox.requests)):
        await asyncio.sleep(0.05)


def read_journal(plans: Path) -> set[str]:
    """Return the tags with an intent in the journal."""
    found: set[str] = set()
    for path in plans.glob("*.progress.jsonl"):
        for line in path.read_bytes().splitlines():
            try:
                event: dict[str, Any] = json.loads(line)
            except ValueError:
                continue
            if event["event"] == "intent":
                found.add(event["item"])
    return found
