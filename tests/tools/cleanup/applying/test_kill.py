"""A server that is killed while it carries out a plan: nothing kept is deleted, nothing deleted twice or lost.

`python -m benchmarks.cleanup --only kill` does the same with 3,000 tags.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.cleanup.model import CleanupPlan
from dockerhub_mcp.tools.cleanup.plan_files import PlanDirectory
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans
from tests.support.audit_logs import read_complete_lines
from tests.support.cleanup_plans import add_plan, list_deletions, list_names
from tests.support.fixture_types import MakeHub
from tests.support.manifest_plans import list_stored, plan_manifests
from tests.support.programs import CLEAN, forked_program
from tests.support.tool_calls import make_context

IMAGE = "milldale/controller"
TAGS, KEPT = 30, 5
KILLS = 5


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a sandbox of which the large repository has a few tags only."""
    sandbox = Sandbox(signed_in_limit=None)
    tags = sandbox.state.repositories["milldale", "controller"].tags
    tags[:] = [tag for tag in tags if tag.name.startswith("pr-")][: TAGS + KEPT]
    return sandbox


async def start(
    sandbox: Sandbox, url: str, folder: Path, plan: CleanupPlan, *options: str
) -> asyncio.subprocess.Process:
    owner = sandbox.get_identity("owner")
    return await asyncio.create_subprocess_exec(
        *forked_program("call", "apply_tag_cleanup", "--plan-id", plan.plan_id, *options),
        *("--access", "admin", "--plans-dir", str(folder / "plans"), "--output", "json"),
        *("--audit-log", str(folder / "audit.jsonl")),
        env=CLEAN
        | {
            "DOCKERHUB_API_URL": url,
            "DOCKERHUB_REGISTRY_URL": url,
            "DOCKERHUB_USERNAME": owner.username,
            "DOCKERHUB_TOKEN": owner.secret,
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_killed_servers_lose_and_repeat_nothing(
    make_hub: MakeHub, sandbox: Sandbox, sandbox_url: str, tmp_path: Path
) -> None:
    hub = make_hub("owner", base_url=sandbox_url, httpx_transport=None)
    before, stored = list_names(sandbox, IMAGE), list_stored(sandbox, IMAGE)
    wanted = before[:TAGS]
    manifests = plan_manifests(sandbox, IMAGE, wanted)
    context = make_context(hub, plans=CleanupPlans(PlanDirectory(tmp_path / "plans")))
    plan = await add_plan(context, IMAGE, wanted, manifests=manifests)
    planned = {*wanted, *(each.digest for each in manifests)}
    source = random.Random(7)  # noqa: S311 - not for cryptography
    points = sorted(source.sample(range(1, TAGS), KILLS - 1))
    for number, point in enumerate((*points, source.randrange(TAGS + 1, plan.count - 4))):
        if (
            number == KILLS // 2
        ):  # the Hub deletes at once and answers late, so that a kill falls between the two
            sandbox.faults.add(method="DELETE", latency=0.01, carry_out=True)
        # The user is asked once: later calls do without the answer in advance.
        process = await start(sandbox, sandbox_url, tmp_path, plan, *([] if number else ["--yes"]))
        while len(list_deletions(sandbox)) < point and process.returncode is None:
            await asyncio.sleep(0.001)
        await asyncio.sleep(source.random() / 200)
        assert process.returncode is None, (await process.communicate())[1]
        process.kill()
        await process.communicate()
        await wait_for_lock(tmp_path / "plans" / f"{plan.plan_id}.progress.jsonl")
        assert set(list_deletions(sandbox)) <= list_intents(tmp_path), "written down before it was sent"
    process = await start(sandbox, sandbox_url, tmp_path, plan)
    output, errors = await process.communicate()
    assert process.returncode == 0, errors
    result = json.loads(output)
    assert (result["status"], result["deleted"], result["already_gone"]) == ("done", plan.count, 0)
    assert set(before) - set(list_names(sandbox, IMAGE)) == set(wanted)
    assert stored - list_stored(sandbox, IMAGE) == {each.digest for each in manifests}
    assert Counter(list_deletions(sandbox)) == Counter(planned), "each is asked for once"
    audited = [each for each in read_complete_lines(tmp_path / "audit.jsonl") if each["event"] == "intent"]
    assert {
        each["target"].rpartition("@" if "@" in each["target"] else "/")[2] for each in audited
    } == planned
    assert all(each["confirmed"] for each in audited)


async def wait_for_lock(path: Path) -> None:
    """Wait until no process has a journal open."""
    with path.open("rb") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(0.001)
            else:
                return


def list_intents(folder: Path) -> set[str]:
    """Return the tags and manifests with an intent in the journal."""
    [path] = (folder / "plans").glob("*.progress.jsonl")
    return {each["item"] for each in read_complete_lines(path) if each["event"] == "intent"}
