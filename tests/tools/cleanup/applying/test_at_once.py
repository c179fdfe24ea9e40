"""Clean-ups at the same time, in one directory of plans; and a directory that cannot be written."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import anyio
import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.cleanup.plan_files import PlanDirectory
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import Decision
from tests.support.cleanup_plans import add_plan, list_deletions, list_names
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, call, make_context

IMAGE = "milldale/shared-index"


def make_contexts(make_hub: MakeHub, folder: Path, count: int = 2) -> list[ToolContext]:
    """Return contexts as of servers of their own, with one directory of plans."""
    return [
        make_context(
            make_hub("owner"), confirmer=FakeUser(), plans=CleanupPlans(PlanDirectory(folder / "plans"))
        )
        for _ in range(count)
    ]


async def apply(context: ToolContext, plan_id: str) -> dict[str, Any]:
    result = await call(context, "apply_tag_cleanup", plan_id=plan_id)
    assert not result.is_error, result.text
    return result.structured_content or {}


async def test_two_plans_of_one_repository_at_once(
    make_hub: MakeHub, sandbox: Sandbox, tmp_path: Path
) -> None:
    contexts = make_contexts(make_hub, tmp_path)
    names = list_names(sandbox, IMAGE)
    plans = [await add_plan(context, IMAGE, max_bytes=number) for number, context in enumerate(contexts, 1)]
    results: list[dict[str, Any]] = []

    async def run(context: ToolContext, plan_id: str) -> None:
        results.append(await apply(context, plan_id))

    async with anyio.create_task_group() as tasks:
        for context, plan in zip(contexts, plans, strict=True):
            tasks.start_soon(run, context, plan.plan_id)
    assert list_names(sandbox, IMAGE) == []
    assert [each["status"] for each in results] == ["done", "done"]
    assert sum(each["deleted"] for each in results) == len(names)
    assert all(each["deleted"] + each["already_gone"] == len(names) for each in results)


async def test_one_plan_is_carried_out_by_one_server(
    make_hub: MakeHub, sandbox: Sandbox, tmp_path: Path
) -> None:
    first, second = make_contexts(make_hub, tmp_path)
    plan = await add_plan(first, IMAGE)
    await second.hub.sign_in()
    refusals: list[str] = []

    async def answer(_: object) -> Decision:
        refusals.append((await call(second, "apply_tag_cleanup", plan_id=plan.plan_id)).text)
        return Decision.ACCEPTED

    asking = make_context(first.hub, confirmer=answer, plans=first.plans)
    assert (await apply(asking, plan.plan_id))["status"] == "done"
    assert "Another server carries out this plan at the moment; nothing was sent." in refusals[0]
    assert len(list_deletions(sandbox)) == plan.count
    assert (await apply(second, plan.plan_id))["deleted"] == plan.count
    assert len(list_deletions(sandbox)) == plan.count


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not name open files")
@pytest.mark.parametrize("suffix", [".plan.json", ".progress.jsonl"])
async def test_a_full_disk_deletes_nothing_and_says_so(
    make_hub: MakeHub, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    [context] = make_contexts(make_hub, tmp_path, 1)
    rules = {"delete_matching": ["1.0*"]}
    planned = await call(context, "plan_tag_cleanup", repository=IMAGE, **rules)
    write = os.fsync

    def fail(descriptor: int) -> None:
        if suffix in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    if suffix == ".plan.json":
        result = await call(context, "plan_tag_cleanup", repository=IMAGE, delete_matching=["1.1*"])
    else:
        plan_id = (planned.structured_content or {})["plan_id"]
        result = await call(context, "apply_tag_cleanup", plan_id=plan_id)
    assert result.is_error
    assert "No space left on device" in result.text
    assert "Free the disk" in result.text
    assert list_deletions(sandbox) == []
