"""Runs over several repositories: no plan expires while others are carried out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.cli.call.console import Console
from dockerhub_mcp.cli.cleanup.jobs import CleanupJob
from dockerhub_mcp.cli.cleanup.run import CleanupRunner
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.cleanup.plan_files import PlanDirectory
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from tests.support.cleanup_plans import list_names
from tests.support.command_line import Stream
from tests.support.fixture_types import MakeHub
from tests.support.image_calls import make_image_context
from tests.support.tool_calls import EVERYTHING

IMAGES = ["milldale/branches", "milldale/shared-index", "milldale/last-tag"]
RULES = {"older_than": "5d", "keep_matching": ["none"], "allow_everything": True}


@pytest.mark.parametrize("ask", [True, False])
async def test_no_plan_expires_while_others_are_carried_out(
    make_hub: MakeHub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, ask: bool
) -> None:
    now = datetime.now(UTC)
    serve: Any = sandbox.app

    async def serve_slowly(scope: Any, receive: Any, send: Any) -> None:
        nonlocal now
        if scope["method"] == "DELETE":
            now += timedelta(minutes=10)
        await serve(scope, receive, send)

    monkeypatch.setattr(sandbox, "app", serve_slowly)
    mode = ConfirmationMode.DESTRUCTIVE if ask else ConfirmationMode.NEVER
    context = make_image_context(sandbox, make_hub("owner"), clock=lambda: now, confirmation_mode=mode)
    stderr = Stream(is_terminal=True)
    console = Console(Stream("y\n", is_terminal=True), Stream(), stderr, {})
    runner = CleanupRunner(EVERYTHING, context, console, [CleanupJob(image, RULES) for image in IMAGES])
    await runner.plan()
    await runner.apply(ask=ask)
    assert [(report.error, report.status) for report in runner.reports] == [("", "done")] * len(IMAGES)
    assert [list_names(sandbox, image) for image in IMAGES] == [[], [], []]
    assert stderr.getvalue().count("Do it?") == int(ask)


async def test_plans_that_expire_under_the_question_are_not_carried_out(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    now = datetime.now(UTC)

    class Slow(Stream):
        def readline(self, *_: Any) -> str:  # type: ignore[override]  # of the text stream
            nonlocal now
            now += timedelta(minutes=16)
            return "y\n"

    context = make_image_context(
        sandbox, make_hub("owner"), clock=lambda: now, confirmation_mode=ConfirmationMode.DESTRUCTIVE
    )
    console = Console(Slow(is_terminal=True), Stream(), Stream(is_terminal=True), {})
    runner = CleanupRunner(EVERYTHING, context, console, [CleanupJob(image, RULES) for image in IMAGES])
    await runner.plan()
    before = [list_names(sandbox, image) for image in IMAGES]
    await runner.apply(ask=True)
    assert all("The plan has expired" in report.error for report in runner.reports)
    assert [list_names(sandbox, image) for image in IMAGES] == before


@pytest.mark.parametrize("ask", [True, False])
async def test_a_run_keeps_the_plans_of_all_its_repositories(
    make_hub: MakeHub, sandbox: Sandbox, ask: bool
) -> None:
    last = sandbox.state.repositories["milldale", "last-tag"]
    for number in range(14):
        copy = replace(last, id=9000 + number, name=f"copy-{number}", _tags=None, cache={})
        sandbox.state.repositories["milldale", copy.name] = copy
    names = [f"milldale/copy-{number}" for number in range(14)]
    mode = ConfirmationMode.DESTRUCTIVE if ask else ConfirmationMode.NEVER
    context = make_image_context(sandbox, make_hub("owner"), confirmation_mode=mode)
    console = Console(Stream("y\n", is_terminal=True), Stream(), Stream(is_terminal=True), {})
    runner = CleanupRunner(EVERYTHING, context, console, [CleanupJob(name, RULES) for name in names])
    await runner.plan()
    await runner.apply(ask=ask)
    assert [(report.error, report.status) for report in runner.reports] == [("", "done")] * len(names)


async def test_a_plan_that_is_lost_before_the_question_is_reported(
    make_hub: MakeHub, sandbox: Sandbox, tmp_path: Path
) -> None:
    plans = CleanupPlans(PlanDirectory(tmp_path / "plans"))
    context = make_image_context(
        sandbox, make_hub("owner"), confirmation_mode=ConfirmationMode.DESTRUCTIVE, plans=plans
    )
    console = Console(Stream("y\n", is_terminal=True), Stream(), Stream(is_terminal=True), {})
    runner = CleanupRunner(EVERYTHING, context, console, [CleanupJob(image, RULES) for image in IMAGES])
    await runner.plan()
    for path in (tmp_path / "plans").glob(f"{runner.reports[0].plan_id}.*"):
        path.write_bytes(b"{}")
    runner.context = replace(context, plans=CleanupPlans(PlanDirectory(tmp_path / "plans")))
    await runner.apply(ask=True)
    assert "was changed after it was made" in runner.reports[0].error
    assert [report.status for report in runner.reports[1:]] == ["done", "done"]
