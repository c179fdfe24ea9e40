"""Carrying out plans on the sandbox: the question, what is deleted, and what stops it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.cleanup.model import CleanupPlan
from dockerhub_mcp.tools.cleanup.plan_files import PlanDirectory
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode, Decision
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.cleanup_plans import CONTROLLER, add_plan, list_deletions, list_names, move_tag, thin_out
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, call, make_context

IMAGE = "milldale/shared-index"
INNER_401 = json.dumps(
    {
        "message": (
            'Delete "https://registry.s.us-east-1.aws.dckr.io/api/internal/repos/milldale/shared-index/tags/X": '
            'http: non-successful response (status=401 body="{\\"errors\\":[{\\"code\\":\\"UNAUTHORIZED\\"}]}")'
        ),
        "errinfo": {},
    }
)


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a sandbox with some of the tags of the large repository."""
    return thin_out(Sandbox(), pull_requests=260)


@pytest.fixture
def user() -> FakeUser:
    return FakeUser()


@pytest.fixture
def context(make_hub: MakeHub, user: FakeUser) -> ToolContext:
    return make_context(make_hub("owner"), confirmer=user)


async def apply(context: ToolContext, plan: CleanupPlan, **arguments: Any) -> ToolResult:
    return await call(context, "apply_tag_cleanup", plan_id=plan.plan_id, **arguments)


def data_of(result: ToolResult) -> dict[str, Any]:
    assert not result.is_error, result.text
    assert result.structured_content is not None
    return result.structured_content


def names_of(result: ToolResult, outcome: str) -> list[str]:
    return [
        name
        for group in data_of(result).get("outcomes", [])
        if group["outcome"] == outcome
        for name in group["names"]
    ]


def reasons_of(result: ToolResult, outcome: str) -> list[str]:
    return [each.get("reason", "") for each in data_of(result)["outcomes"] if each["outcome"] == outcome]


def some(sandbox: Sandbox, count: int) -> list[str]:
    """Return names of mutable tags of the large repository."""
    return [name for name in list_names(sandbox, CONTROLLER) if name.startswith("pr-")][:count]


async def test_one_question_deletes_exactly_the_tags_of_the_plan(
    context: ToolContext, sandbox: Sandbox, user: FakeUser
) -> None:
    before = list_names(sandbox, CONTROLLER)
    wanted = some(sandbox, 120)
    plan = await add_plan(context, CONTROLLER, wanted, max_bytes=123_000_000)
    result = await apply(context, plan)
    assert data_of(result)["status"] == "done"
    assert data_of(result)["deleted"] == 120
    assert set(before) - set(list_names(sandbox, CONTROLLER)) == set(wanted)
    assert sorted(list_deletions(sandbox)) == sorted(wanted)
    assert len(user.confirmations) == 1


async def test_the_question_names_counts_bytes_ends_and_what_stays(
    context: ToolContext, sandbox: Sandbox, user: FakeUser
) -> None:
    kept = len(list_names(sandbox, CONTROLLER)) - 30
    plan = await add_plan(context, CONTROLLER, some(sandbox, 30), max_bytes=123_000_000)
    await apply(context, plan)
    text = user.confirmations[0].text
    oldest, newest = plan.tags[0], plan.tags[-1]
    assert oldest.pushed_at is not None
    assert newest.pushed_at is not None
    assert (
        "30 tags of milldale/controller (with images of up to 123MB, which stay stored without a tag) are deleted; this cannot be undone."
        in text
    )
    assert f"The oldest is {oldest.name}, pushed {oldest.pushed_at:%Y-%m-%d}" in text
    assert f"the newest is {newest.name}, pushed {newest.pushed_at:%Y-%m-%d}" in text
    assert f"{kept} tags stay: {kept} kept." in text


@pytest.mark.parametrize("is_dated", [True, False])
async def test_a_single_tag_is_named_with_its_date(
    context: ToolContext, sandbox: Sandbox, user: FakeUser, is_dated: bool
) -> None:
    tags = sandbox.state.repositories["milldale", "controller"].tags
    name = next(tag.name for tag in tags if tag.is_undated != is_dated)
    plan = await add_plan(context, CONTROLLER, [name])
    await apply(context, plan)
    time = plan.tags[0].pushed_at
    pushed = "at an unknown time" if time is None else f"{time:%Y-%m-%d}"
    assert f"The tag is {name}, pushed {pushed}. " in user.confirmations[0].text


async def test_a_plan_of_every_tag_says_so(context: ToolContext, sandbox: Sandbox, user: FakeUser) -> None:
    plan = await add_plan(context, IMAGE)
    result = await apply(context, plan)
    assert "No tag of an image is left in the repository." in user.confirmations[0].text
    assert "The tags are " in user.confirmations[0].text
    assert (data_of(result)["status"], list_names(sandbox, IMAGE)) == ("done", [])


@pytest.mark.parametrize(
    "decision", [Decision.DECLINED, Decision.UNSUPPORTED, Decision.UNCONFIRMED, Decision.EXPIRED]
)
async def test_nothing_is_sent_without_a_yes(
    context: ToolContext, sandbox: Sandbox, user: FakeUser, decision: Decision
) -> None:
    user.decision = decision
    plan = await add_plan(context, IMAGE)
    result = await apply(context, plan)
    assert result.is_error
    assert list_deletions(sandbox) == []
    assert "dry_run" not in result.text
    user.decision = Decision.ACCEPTED
    assert data_of(await apply(context, plan))["status"] == "done"
    assert len(user.confirmations) == 2


async def test_without_questions_the_count_must_match(make_hub: MakeHub, sandbox: Sandbox) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    plan = await add_plan(context, IMAGE)
    for arguments in ({}, {"confirm_count": plan.count - 1}):
        result = await apply(context, plan, **arguments)
        assert result.is_error
        assert "confirm_count" in result.text
        assert list_deletions(sandbox) == []
    assert data_of(await apply(context, plan, confirm_count=plan.count))["deleted"] == plan.count


async def test_a_wrong_count_is_refused_before_the_question(
    context: ToolContext, sandbox: Sandbox, user: FakeUser
) -> None:
    plan = await add_plan(context, IMAGE)
    assert (await apply(context, plan, confirm_count=plan.count + 1)).is_error
    assert (user.confirmations, list_deletions(sandbox)) == ([], [])


async def test_a_plan_started_without_a_question_is_asked_about_by_a_server_that_asks(
    make_hub: MakeHub, sandbox: Sandbox, user: FakeUser
) -> None:
    hub = make_hub("owner")
    silent = make_context(hub, confirmation_mode=ConfirmationMode.NEVER)
    plan = await add_plan(silent, CONTROLLER, some(sandbox, 5))
    sandbox.faults.add(method="DELETE", status=403, body='{"detail":"no"}', times=5)
    assert data_of(await apply(silent, plan, confirm_count=5))["refused"] >= 3
    asking = make_context(hub, confirmer=user, plans=silent.plans)
    sandbox.faults.clear()
    assert data_of(await apply(asking, plan))["deleted"] == 5
    assert len(user.confirmations) == 1


async def test_a_tag_that_was_pushed_again_stays(context: ToolContext, sandbox: Sandbox) -> None:
    names = some(sandbox, 8)
    plan = await add_plan(context, CONTROLLER, names)
    move_tag(sandbox, CONTROLLER, names[3])
    result = await apply(context, plan)
    assert names_of(result, "moved") == [names[3]]
    assert names[3] in list_names(sandbox, CONTROLLER)
    assert (data_of(result)["deleted"], data_of(result)["status"]) == (7, "done")
    assert names[3] not in list_deletions(sandbox)


async def test_a_tag_that_was_pushed_again_with_the_same_content_stays(
    context: ToolContext, sandbox: Sandbox
) -> None:
    names = some(sandbox, 3)
    plan = await add_plan(context, CONTROLLER, names)
    tags = sandbox.state.repositories["milldale", "controller"].tags
    next(each for each in tags if each.name == names[0]).pushed_at += 5
    assert names_of(await apply(context, plan), "moved") == [names[0]]


async def test_undated_tags_are_deleted_as_they_were(context: ToolContext, sandbox: Sandbox) -> None:
    tags = sandbox.state.repositories["milldale", "controller"].tags
    names = [tag.name for tag in tags if tag.is_undated]
    plan = await add_plan(context, CONTROLLER, names)
    assert all(not tag.digest and tag.pushed_at is None for tag in plan.tags)
    assert data_of(await apply(context, plan))["deleted"] == len(names)


async def test_a_tag_that_is_gone_already_is_not_deleted(context: ToolContext, sandbox: Sandbox) -> None:
    names = some(sandbox, 4)
    plan = await add_plan(context, CONTROLLER, names)
    tags = sandbox.state.repositories["milldale", "controller"].tags
    tags[:] = [tag for tag in tags if tag.name != names[1]]
    result = await apply(context, plan)
    assert names_of(result, "already_gone") == [names[1]]
    assert names[1] not in list_deletions(sandbox)


async def test_immutable_tags_are_refused_with_the_reason(context: ToolContext, sandbox: Sandbox) -> None:
    plan = await add_plan(context, "milldale/immutable", ["v1.1.0", "v1.1.0-rc.1", "dev"])
    result = await apply(context, plan)
    assert names_of(result, "refused") == ["v1.1.0"]
    assert "immutable" in reasons_of(result, "refused")[0]
    assert data_of(result)["status"] == "partly"
    assert "v1.1.0" in list_names(sandbox, "milldale/immutable")


async def test_three_equal_refusals_stop_the_clean_up(context: ToolContext, sandbox: Sandbox) -> None:
    plan = await add_plan(context, CONTROLLER, some(sandbox, 40))
    sandbox.faults.add(method="DELETE", status=500, body=INNER_401)
    result = await apply(context, plan)
    data = data_of(result)
    assert 3 <= len(list_deletions(sandbox)) <= 6
    assert (data["refused"], data["deleted"]) == (len(list_deletions(sandbox)), 0)
    assert data["not_reached"] == 40 - data["refused"]
    assert "same reason" in data["partial"]
    assert "dckr.io" not in result.text
    assert len(reasons_of(result, "refused")) == 1


async def test_an_inner_401_is_a_refusal_and_not_repeated(context: ToolContext, sandbox: Sandbox) -> None:
    names = some(sandbox, 4)
    plan = await add_plan(context, CONTROLLER, names)
    sandbox.faults.add(match=names[2], method="DELETE", status=500, body=INNER_401)
    result = await apply(context, plan)
    assert names_of(result, "refused") == [names[2]]
    assert list_deletions(sandbox).count(names[2]) == 1


@pytest.mark.parametrize("preset", ["lost_response", "late_failure"])
async def test_a_lost_answer_is_checked_by_reading(
    context: ToolContext, sandbox: Sandbox, preset: str
) -> None:
    names = some(sandbox, 6)
    plan = await add_plan(context, CONTROLLER, names)
    sandbox.faults.add(match=names[2], method="DELETE", preset=preset)
    result = await apply(context, plan)
    assert (data_of(result)["deleted"], data_of(result)["status"]) == (6, "done")
    assert list_deletions(sandbox).count(names[2]) == 1


async def test_a_lost_answer_of_a_deletion_that_did_not_happen_is_unknown(
    context: ToolContext, sandbox: Sandbox
) -> None:
    names = some(sandbox, 6)
    plan = await add_plan(context, CONTROLLER, names)
    sandbox.faults.add(match=names[2], method="DELETE", status=502)
    result = await apply(context, plan)
    assert names_of(result, "unknown") == [names[2]]
    assert data_of(result)["deleted"] == 5
    sandbox.faults.clear()
    again = await apply(context, plan)
    assert names_of(again, "unknown") == [names[2]]
    assert list_deletions(sandbox).count(names[2]) == 1
    tags = sandbox.state.repositories["milldale", "controller"].tags
    tags[:] = [tag for tag in tags if tag.name != names[2]]  # the Hub carries it out later
    assert data_of(await apply(context, plan))["deleted"] == 6


async def test_ten_errors_stop_the_clean_up(context: ToolContext, sandbox: Sandbox) -> None:
    plan = await add_plan(context, CONTROLLER, some(sandbox, 60))
    sandbox.faults.add(match="/tags/pr-", method="GET", status=503)
    result = await apply(context, plan)
    assert list_deletions(sandbox) == []
    assert (data_of(result)["not_reached"], data_of(result)["deleted"]) == (60, 0)
    assert "10 requests failed" in data_of(result)["partial"]
    sandbox.faults.clear()
    assert data_of(await apply(context, plan))["deleted"] == 60


async def test_a_single_failed_reading_leaves_one_tag_for_the_next_call(
    context: ToolContext, sandbox: Sandbox, user: FakeUser
) -> None:
    names = some(sandbox, 5)
    plan = await add_plan(context, CONTROLLER, names)
    sandbox.faults.add(match=names[1], method="GET", status=503)
    result = await apply(context, plan)
    assert names_of(result, "not_reached") == [names[1]]
    assert "not reached" in data_of(result)["partial"]
    sandbox.faults.clear()
    assert data_of(await apply(context, plan))["deleted"] == 5
    assert len(user.confirmations) == 1, "a resume asks no second question"


async def test_a_repository_that_disappears_is_not_taken_for_deleted_tags(
    context: ToolContext, sandbox: Sandbox
) -> None:
    plan = await add_plan(context, CONTROLLER, some(sandbox, 5))
    sandbox.faults.add(
        match="/repositories/controller/tags", status=404, body='{"message":"object not found"}'
    )
    result = await apply(context, plan)
    assert (data_of(result)["already_gone"], data_of(result)["not_reached"]) == (0, 5)
    assert list_deletions(sandbox) == []


async def test_a_sign_in_that_fails_is_not_taken_for_deleted_tags(
    context: ToolContext, sandbox: Sandbox
) -> None:
    before = len(list_names(sandbox, CONTROLLER))
    plan = await add_plan(context, CONTROLLER, some(sandbox, 5))
    sandbox.faults.add(match="/tags/pr-", status=401, body='{"detail":"token has expired"}', times=1)
    sandbox.faults.add(match="/v2/auth/token", status=503)
    data = data_of(await apply(context, plan))
    assert (data["already_gone"], data["unknown"]) == (0, 0)
    assert data["not_reached"] == len(list_names(sandbox, CONTROLLER)) - (before - 5) > 0
    assert "sign" in data["partial"].lower()


@pytest.mark.parametrize("identity", ["reader-pat", "org-token"])
async def test_a_token_without_the_right_to_delete_is_refused_before_the_question(
    make_hub: MakeHub, sandbox: Sandbox, user: FakeUser, identity: str
) -> None:
    context = make_context(make_hub(identity), confirmer=user)
    plan = await add_plan(context, "acme/storefront", ["latest"])
    result = await apply(context, plan)
    assert result.is_error
    assert "nothing was sent" in result.text.lower()
    assert (user.confirmations, list_deletions(sandbox)) == ([], [])


async def test_missing_permission_is_found_before_the_question(
    make_hub: MakeHub, sandbox: Sandbox, user: FakeUser
) -> None:
    context = make_context(make_hub("member"), confirmer=user)
    plan = await add_plan(context, "acme/billing-api", ["latest"])
    result = await apply(context, plan)
    assert result.is_error
    assert "permission" in result.text
    assert (user.confirmations, list_deletions(sandbox)) == ([], [])


async def test_the_kept_tags_must_still_be_there(context: ToolContext, sandbox: Sandbox) -> None:
    plan = await add_plan(context, IMAGE, list_names(sandbox, IMAGE)[:-1])
    tags = sandbox.state.repositories["milldale", "shared-index"].tags
    tags[:] = [tag for tag in tags if tag.name in {each.name for each in plan.tags}]
    result = await apply(context, plan)
    assert list_deletions(sandbox) == []
    assert "tags that it keeps are gone" in data_of(result)["partial"]


async def test_a_plan_expires(context: ToolContext, user: FakeUser) -> None:
    made = datetime.now(UTC).replace(microsecond=0)
    for minutes, is_error in ((16, True), (14, False)):
        plan = await add_plan(context, IMAGE, created_at=made - timedelta(minutes=minutes))
        result = await apply(context, plan)
        assert result.is_error == is_error
        assert ("expired" in result.text) == is_error
    assert len(user.confirmations) == 1


async def test_a_plan_that_expires_under_the_question_is_not_started(
    context: ToolContext, sandbox: Sandbox
) -> None:
    now = datetime.now(UTC)

    async def answer_late(_: object) -> Decision:
        nonlocal now
        now += timedelta(minutes=16)
        return Decision.ACCEPTED

    context = replace(context, clock=lambda: now, confirmer=answer_late)
    plan = await add_plan(context, IMAGE)
    result = await apply(context, plan)
    assert "expired" in result.text
    assert list_deletions(sandbox) == []


async def test_a_started_plan_can_be_resumed_for_a_day(
    context: ToolContext, sandbox: Sandbox, user: FakeUser
) -> None:
    now = datetime.now(UTC)
    context = replace(context, clock=lambda: now)
    names = some(sandbox, 6)
    plan = await add_plan(context, CONTROLLER, names)
    sandbox.faults.add(match=names[1], method="GET", status=503)
    await apply(context, plan)
    sandbox.faults.clear()
    now += timedelta(hours=25)
    assert "expired" in (await apply(context, plan)).text
    now -= timedelta(hours=2)
    assert data_of(await apply(context, plan))["deleted"] == 6
    assert len(user.confirmations) == 1


async def test_a_plan_of_another_account_or_none_is_refused(
    context: ToolContext, make_hub: MakeHub, sandbox: Sandbox, user: FakeUser
) -> None:
    plan = await add_plan(context, IMAGE)
    other = make_context(make_hub("member"), confirmer=user, plans=context.plans)
    assert "another account" in (await apply(other, plan)).text
    assert (await call(context, "apply_tag_cleanup", plan_id="cleanup-" + "0" * 32)).is_error
    assert (await call(context, "apply_tag_cleanup", plan_id="../x")).is_error
    assert (user.confirmations, list_deletions(sandbox)) == ([], [])


async def test_a_changed_plan_is_refused(
    context: ToolContext, sandbox: Sandbox, user: FakeUser, tmp_path: Path
) -> None:
    context = replace(context, plans=CleanupPlans(PlanDirectory(tmp_path / "plans")))
    plan = await add_plan(context, IMAGE, list_names(sandbox, IMAGE)[:1])
    path = context.plans.get_plan_path(plan.plan_id)
    assert path is not None
    path.write_text(path.read_text().replace(plan.tags[0].name, "9.9.9"))
    restarted = replace(context, plans=CleanupPlans(PlanDirectory(tmp_path / "plans")))
    result = await apply(restarted, plan)
    assert result.is_error
    assert (user.confirmations, list_deletions(sandbox)) == ([], [])


async def test_an_empty_plan_asks_nothing(context: ToolContext, sandbox: Sandbox, user: FakeUser) -> None:
    plan = await add_plan(context, IMAGE, [])
    assert data_of(await apply(context, plan))["status"] == "done"
    assert (user.confirmations, list_deletions(sandbox)) == ([], [])


async def test_a_plan_that_is_done_sends_nothing_more(context: ToolContext, sandbox: Sandbox) -> None:
    plan = await add_plan(context, IMAGE)
    first = await apply(context, plan)
    count = len(sandbox.requests)
    assert data_of(await apply(context, plan)) == data_of(first)
    assert len(sandbox.requests) == count


async def test_each_deletion_has_two_lines_in_the_audit_log(
    context: ToolContext, sandbox: Sandbox, tmp_path: Path
) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    context = make_context(context.hub, confirmer=context.confirmer, audit_log=log)
    names = some(sandbox, 5)
    plan = await add_plan(context, CONTROLLER, names)
    sandbox.faults.add(match=names[1], method="DELETE", status=500, body=INNER_401)
    await apply(context, plan)
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    for name in names:
        mine = [each for each in lines if each["target"] == f"{CONTROLLER}/{name}"]
        assert [each["event"] for each in mine] == ["intent", "outcome"]
        assert mine[1]["outcome"] == ("refused" if name == names[1] else "done")
        assert all(each["confirmed"] and each["tool"] == "delete_tag" for each in mine)


async def test_results_have_the_published_shape(context: ToolContext, sandbox: Sandbox) -> None:
    names = some(sandbox, 9)
    plan = await add_plan(context, CONTROLLER, names)
    move_tag(sandbox, CONTROLLER, names[0])
    sandbox.faults.add(match=names[1], method="DELETE", status=502)
    sandbox.faults.add(match=names[2], method="DELETE", status=500, body=INNER_401)
    sandbox.faults.add(match=names[3], method="GET", status=503)
    data = data_of(await apply(context, plan))
    assert [each["outcome"] for each in data["outcomes"]] == [
        "deleted",
        "moved",
        "refused",
        "unknown",
        "not_reached",
    ]
    Draft202012Validator(TOOLS_BY_NAME["apply_tag_cleanup"].output_schema).validate(data)


async def test_progress_reaches_the_whole_count(context: ToolContext, sandbox: Sandbox) -> None:
    reports: list[tuple[int, int | None]] = []

    async def on_progress(done: int, total: int | None) -> None:
        reports.append((done, total))

    context = replace(context, on_progress=on_progress)
    plan = await add_plan(context, CONTROLLER, some(sandbox, 250))
    await apply(context, plan)
    counts = [done for done, _ in reports]
    assert counts == sorted(set(counts))
    assert reports[-1] == (250, 250)
    assert len(reports) <= 130


async def test_two_calls_do_not_carry_out_one_plan_at_once(context: ToolContext) -> None:
    plan = await add_plan(context, IMAGE)

    async def ask(_: object) -> Decision:
        assert "Another call" in (await apply(context, plan)).text
        return Decision.ACCEPTED

    assert data_of(await apply(replace(context, confirmer=ask), plan))["status"] == "done"


async def test_signatures_stay_with_images_that_stay(context: ToolContext, sandbox: Sandbox) -> None:
    signed = "milldale/signed"
    digests = {
        tag.name: tag.name.removeprefix("sha256-")[:64]
        for tag in sandbox.state.repositories["milldale", "signed"].tags
        if tag.name.startswith("sha256-")
    }
    plan = await add_plan(context, signed)
    of_latest = next(tag.digest for tag in plan.tags if tag.name == "1.1.0").removeprefix("sha256:")
    move_tag(sandbox, signed, "1.1.0")
    result = await apply(context, plan)
    assert names_of(result, "moved") == ["1.1.0"]
    left = set(list_names(sandbox, signed))
    known = {tag.digest.removeprefix("sha256:") for tag in plan.tags if tag.name not in digests}
    kept = {name for name, subject in digests.items() if subject == of_latest or subject not in known}
    assert left == {"1.1.0", *kept}
    assert len(kept) == 3
    assert set(reasons_of(result, "not_reached")) == {"not all tags of its image are deleted"}
    assert set(names_of(result, "not_reached")) == kept


async def test_signatures_go_with_their_images(context: ToolContext, sandbox: Sandbox) -> None:
    plan = await add_plan(context, "milldale/signed")
    assert data_of(await apply(context, plan))["status"] == "done"
    assert list_names(sandbox, "milldale/signed") == []
