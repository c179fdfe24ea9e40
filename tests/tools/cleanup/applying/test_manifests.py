"""Deleting manifests without a tag: the order, the rounds, and what the registry refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedManifest
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.cleanup_plans import add_plan, list_deletions, list_names
from tests.support.fixture_types import MakeHub
from tests.support.manifest_plans import list_stored, plan_manifests
from tests.support.registry_contexts import connect_registry
from tests.support.tool_calls import FakeUser, call, make_context

IMAGE = "milldale/shared-index"
REFERENCED = '{"errors":[{"code":"DENIED","message":"manifest cannot be deleted as it is referenced by other images"}]}'


@pytest.fixture
def user() -> FakeUser:
    return FakeUser()


@pytest.fixture
async def context(sandbox: Sandbox, make_hub: MakeHub, user: FakeUser) -> AsyncIterator[ToolContext]:
    async with connect_registry(sandbox) as make:
        yield make(make_hub("owner"), confirmer=user)


def data_of(result: ToolResult) -> dict[str, Any]:
    assert not result.is_error, result.text
    assert result.structured_content is not None
    return result.structured_content


async def apply(context: ToolContext, plan: CleanupPlan) -> ToolResult:
    return await call(context, "apply_tag_cleanup", plan_id=plan.plan_id)


async def test_tags_go_first_then_indexes_then_their_images(
    context: ToolContext, sandbox: Sandbox, user: FakeUser
) -> None:
    manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
    before = list_stored(sandbox, IMAGE)
    plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=manifests, max_bytes=5_000_000)
    result = data_of(await apply(context, plan))
    assert (result["status"], result["deleted"]) == ("done", 1 + len(manifests))
    sent = list_deletions(sandbox)
    index = next(each.digest for each in manifests if each.kind == "index")
    assert sent[:2] == ["1.0.0", index]
    assert sorted(sent[2:]) == sorted(each.digest for each in manifests if each.kind == "image")
    assert before - list_stored(sandbox, IMAGE) == {each.digest for each in manifests}
    assert f"and {len(manifests)} images without a tag (which frees up to 5.0MB) are deleted" in (
        user.confirmations[0].text
    )
    assert len(user.confirmations) == 1


async def test_what_a_tag_refers_to_again_is_not_sent(context: ToolContext, sandbox: Sandbox) -> None:
    manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
    plan = await add_plan(context, IMAGE, [], manifests=manifests)
    result = data_of(await apply(context, plan))
    assert list_deletions(sandbox) == []
    assert result["refused"] == len(manifests)
    assert {each["reason"] for each in result["outcomes"]} == {"a tag that stays refers to it"}


async def test_images_are_deleted_in_rounds(context: ToolContext, sandbox: Sandbox) -> None:
    manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
    image = next(each.digest for each in manifests if each.kind == "image")
    sandbox.faults.add(match=image, method="DELETE", status=403, body=REFERENCED, times=1)
    plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=manifests)
    result = data_of(await apply(context, plan))
    assert (result["status"], result["deleted"]) == ("done", 1 + len(manifests))
    assert list_deletions(sandbox).count(image) == 2


async def test_rounds_end_without_progress_and_tell_why(context: ToolContext, sandbox: Sandbox) -> None:
    manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
    sandbox.faults.add(match="manifests/sha256", method="DELETE", status=403, body=REFERENCED)
    plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=manifests)
    result = data_of(await apply(context, plan))
    assert (result["deleted"], result["refused"]) == (1, len(manifests))
    assert len(list_deletions(sandbox)) == 1 + len(manifests)
    assert any("referenced by other images" in each.get("reason", "") for each in result["outcomes"])
    assert "partial" not in result, "each was tried, and the registry keeps it"


@pytest.mark.parametrize("preset", ["lost_response", "late_failure"])
async def test_a_lost_answer_is_checked_by_asking(
    context: ToolContext, sandbox: Sandbox, preset: str
) -> None:
    manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
    image = next(each.digest for each in manifests if each.kind == "image")
    sandbox.faults.add(match=image, method="DELETE", preset=preset)
    plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=manifests)
    assert data_of(await apply(context, plan))["deleted"] == 1 + len(manifests)
    assert list_deletions(sandbox).count(image) == 1


async def test_a_deletion_that_failed_without_an_answer_is_unknown(
    context: ToolContext, sandbox: Sandbox
) -> None:
    manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
    image = next(each.digest for each in manifests if each.kind == "image")
    sandbox.faults.add(match=image, method="DELETE", status=502)
    plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=manifests)
    assert data_of(await apply(context, plan))["unknown"] == 1
    sandbox.faults.clear()
    assert data_of(await apply(context, plan))["unknown"] == 1
    assert list_deletions(sandbox).count(image) == 1


async def test_a_manifest_that_is_gone_counts_as_gone(context: ToolContext, sandbox: Sandbox) -> None:
    manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
    missing = PlannedManifest("sha256:" + "0" * 64, "index")
    plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=[missing, *manifests])
    result = data_of(await apply(context, plan))
    assert (result["already_gone"], result["deleted"]) == (1, 1 + len(manifests))


async def test_equal_refusals_of_the_registry_stop_the_clean_up(
    context: ToolContext, sandbox: Sandbox
) -> None:
    names = list_names(sandbox, IMAGE)
    manifests = plan_manifests(sandbox, IMAGE, names)
    body = '{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}'
    sandbox.faults.add(match="manifests/sha256", method="DELETE", status=403, body=body)
    plan = await add_plan(context, IMAGE, names, manifests=manifests)
    result = data_of(await apply(context, plan))
    sent = len(list_deletions(sandbox)) - len(names)
    assert 3 <= sent <= 6 < len(manifests)
    assert (result["deleted"], result["refused"], result["not_reached"]) == (
        len(names),
        sent,
        len(manifests) - sent,
    )
    assert "same reason" in result["partial"]


async def test_without_a_registry_the_manifests_are_not_reached(
    make_hub: MakeHub, sandbox: Sandbox, user: FakeUser
) -> None:
    context = make_context(make_hub("owner"), confirmer=user)
    manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
    plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=manifests)
    result = data_of(await apply(context, plan))
    assert (result["deleted"], result["not_reached"]) == (1, len(manifests))


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": True}, {"truncate": True}, {"status": 403}])
async def test_tags_that_cannot_be_listed_again_keep_all_manifests(
    context: ToolContext, sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
    plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=manifests)
    sandbox.faults.add(match="page_size=100", **fault)
    result = data_of(await apply(context, plan))
    assert (result["deleted"], result["not_reached"]) == (1, len(manifests))
    sandbox.faults.clear()
    assert data_of(await apply(context, plan))["deleted"] == 1 + len(manifests)


async def test_every_tag_and_every_manifest_can_go(context: ToolContext, sandbox: Sandbox) -> None:
    names = list_names(sandbox, IMAGE)
    manifests = plan_manifests(sandbox, IMAGE, names)
    plan = await add_plan(context, IMAGE, names, manifests=manifests)
    result = data_of(await apply(context, plan))
    assert (result["status"], result["refused"]) == ("done", 0)
    assert list_names(sandbox, IMAGE) == []
    assert list_stored(sandbox, IMAGE) & {each.digest for each in manifests} == set()


async def test_each_deletion_by_digest_has_two_lines_in_the_audit_log(
    sandbox: Sandbox, make_hub: MakeHub, user: FakeUser, tmp_path: Path
) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    async with connect_registry(sandbox) as make:
        context = make(make_hub("owner"), confirmer=user, audit_log=log)
        manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
        refused = next(each.digest for each in manifests if each.kind == "image")
        sandbox.faults.add(match=refused, method="DELETE", status=403, body=REFERENCED)
        plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=manifests)
        await apply(context, plan)
    log.close()
    lines = read_lines(tmp_path / "audit.jsonl")
    for manifest in manifests:
        mine = [each for each in lines if each["target"] == f"{IMAGE}@{manifest.digest}"]
        assert {each["tool"] for each in mine} == {"delete_manifest"}
        assert {(each["account"], each["confirmed"]) for each in mine} == {("ada", True)}
        assert [each["event"] for each in mine][:2] == ["intent", "outcome"]
        assert mine[1]["outcome"] == ("refused" if manifest.digest == refused else "done")


async def test_without_the_audit_log_nothing_is_deleted(
    sandbox: Sandbox, make_hub: MakeHub, user: FakeUser, tmp_path: Path
) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    log.close()  # as for a disk that is full: no line can be written any more
    async with connect_registry(sandbox) as make:
        context = make(make_hub("owner"), confirmer=user, audit_log=log)
        plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=plan_manifests(sandbox, IMAGE, ["1.0.0"]))
        result = data_of(await apply(context, plan))
    assert list_deletions(sandbox) == []
    assert result["not_reached"] == plan.count
    assert "audit log cannot be written" in result["partial"]


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_progress_counts_what_is_deleted_and_only_goes_up(
    context: ToolContext, sandbox: Sandbox
) -> None:
    reported: list[tuple[int, int | None]] = []

    async def on_progress(done: int, total: int | None) -> None:
        reported.append((done, total))

    manifests = plan_manifests(sandbox, IMAGE, ["1.0.0"])
    plan = await add_plan(context, IMAGE, ["1.0.0"], manifests=manifests)
    await apply(replace(context, on_progress=on_progress), plan)
    assert {total for _, total in reported} == {plan.count}
    assert [done for done, _ in reported] == [*range(1, plan.count + 1)]
