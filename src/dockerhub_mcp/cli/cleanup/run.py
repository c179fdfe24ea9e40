"""Plan the clean-up of repositories one after the other, ask once, and apply the plans."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace

import anyio

from dockerhub_mcp.cli.call.console import Console
from dockerhub_mcp.cli.call.progress import ProgressReporter
from dockerhub_mcp.cli.call.prompter import Prompter
from dockerhub_mcp.cli.call.result_data import find_server_notes
from dockerhub_mcp.cli.cleanup.jobs import CleanupJob
from dockerhub_mcp.cli.cleanup.options import APPLY_TOOL, PLAN_TOOL, format_rule
from dockerhub_mcp.cli.cleanup.report import RepositoryReport
from dockerhub_mcp.hub import HubError
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.cleanup.account import describe_account
from dockerhub_mcp.tools.cleanup.applying.command import start_plans
from dockerhub_mcp.tools.cleanup.applying.journal import open_journal
from dockerhub_mcp.tools.cleanup.applying.question import build_confirmation
from dockerhub_mcp.tools.cleanup.applying.report import build_result
from dockerhub_mcp.tools.cleanup.applying.run import RunReport
from dockerhub_mcp.tools.cleanup.model import CleanupPlan
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Decision
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.workflows.plan_tag_cleanup import PlanTagCleanup

_DEFAULT_MAX_DELETE: int = PlanTagCleanup.model_fields["max_delete"].default
_MOST_OF_A_PLAN: int = max(
    getattr(each, "le", 0) for each in PlanTagCleanup.model_fields["max_delete"].metadata
)
_LIMIT_REACHED = "It was not planned: the plans before it delete as many tags as --max-delete allows."
_FOR_AGENTS = re.compile(rf"\b(?:{APPLY_TOOL}|plan_id)\b")
_RULES_IN_QUESTION = re.compile(r"(?<=[0-9] by )keep_[a-z_]+|(?<=[0-9] beyond )max_delete")
_RESUME = re.compile(rf"Call {APPLY_TOOL}\b[^.]*\.")
_CALL_AGAIN = re.compile(r"Call again later: [^.]*\.")
RUN_AGAIN = "The same command makes a new plan of what is left."
_LOOK_LATER = "They may still be deleted; a new plan has those that are left."
_DECLINED = "You declined it; nothing was deleted."
_IN_FLIGHT = "Requests to delete that got no answer so far: {}. What they name may be deleted as well."


@dataclass(slots=True)
class CleanupRunner:
    """One run over several repositories.

    Attributes:
        registry: The tools, with the two of clean-ups enabled.
        context: The context of the calls.
        console: Where progress is shown and questions are asked.
        jobs: The repositories with their rules.
        max_total: The most tags, and manifests that had lost their tag before, that all plans together
            delete; None without a limit.
        reports: The reports of the repositories so far.
        has_file: Whether rules are keys of a file, not options.
    """

    registry: Registry
    context: ToolContext
    console: Console
    jobs: Sequence[CleanupJob]
    max_total: int | None = None
    reports: list[RepositoryReport] = field(default_factory=list)
    has_file: bool = False

    async def plan(self) -> None:
        """Make the plan of each repository."""
        self.context.plans.make_room(len(self.jobs))
        left = self.max_total
        for job in self.jobs:
            report = RepositoryReport(job.repository)
            self.reports.append(report)
            if left == 0:
                report.error = _LIMIT_REACHED
                continue
            limit = job.rules.get("max_delete", _DEFAULT_MAX_DELETE if left is None else left)
            arguments = {
                **job.arguments,
                "max_delete": limit if left is None else min(int(limit), left, _MOST_OF_A_PLAN),
            }
            with closing(ProgressReporter(self.console, f"tags of {job.repository} read")) as progress:
                context = replace(self.context, on_progress=progress)
                result = await call_tool(self.registry, context, PLAN_TOOL, arguments)
            if result.is_error:
                report.error = result.text
                continue
            report.plan = result.structured_content or {}
            # What to do next is said to an agent there, and to people at the end.
            report.notes = [note for note in find_server_notes(result.text) if not _FOR_AGENTS.search(note)]
            if left is not None:
                left -= sum(int(report.plan.get(name) or 0) for name in ("deletes", "formerly_untagged"))

    async def apply(self, *, ask: bool) -> None:
        """Carry the plans out, after one question for all of them or without a question."""
        planned = [report for report in self.reports if report.plan_id]
        confirmer = None
        if ask:
            prompter = Prompter(self.console)
            confirmer = _OneQuestion(
                self.context, prompter, await self._find_plans(planned), has_file=self.has_file
            )
        if confirmer is None:
            await start_plans(self.context, [report.plan_id for report in planned], is_confirmed=False)
        for report in planned:
            with closing(ProgressReporter(self.console, _label_progress(report))) as progress:
                context = replace(self.context, on_progress=progress)
                if confirmer is not None:
                    context = replace(context, confirmer=confirmer)
                try:
                    await self._apply_plan(report, context, confirm_count=None if ask else report.count)
                except (KeyboardInterrupt, anyio.get_cancelled_exc_class()):
                    with anyio.CancelScope(shield=True):
                        await self._record_interruption(report)
                    for each in planned[planned.index(report) + 1 :]:
                        each.is_interrupted = True
                    raise
            if confirmer is not None and confirmer.decision is Decision.DECLINED:
                for each in planned:
                    each.error = _DECLINED
                return

    async def _apply_plan(
        self, report: RepositoryReport, context: ToolContext, confirm_count: int | None
    ) -> None:
        arguments: dict[str, object] = {"plan_id": report.plan_id}
        if confirm_count is not None:
            arguments["confirm_count"] = confirm_count
        result = await call_tool(self.registry, context, APPLY_TOOL, arguments)
        if result.is_error:
            report.error = result.text
            return
        report.result = result.structured_content or {}
        notes = [_RESUME.sub(RUN_AGAIN, note) for note in find_server_notes(result.text)]
        notes = [_CALL_AGAIN.sub(_LOOK_LATER, note) for note in notes]
        report.notes = list(dict.fromkeys([*report.notes, *notes]))

    async def _find_plans(self, reports: Sequence[RepositoryReport]) -> list[CleanupPlan]:
        """Return the plans that can be used; carrying out another one tells why it cannot."""
        plans = []
        for report in reports:
            with suppress(HubError):
                plans.append(await self.context.plans.find(report.plan_id, describe_account(self.context)))
        return plans

    async def _record_interruption(self, report: RepositoryReport) -> None:
        """Record from the journal what was deleted before Ctrl-C or SIGTERM."""
        report.is_interrupted = True
        try:
            plan = await self.context.plans.find(report.plan_id, describe_account(self.context))
            async with open_journal(self.context.plans, report.plan_id) as journal:
                if journal.started_at is None:
                    return
                outcome = RunReport(plan, dict(journal.settlements), {})
                in_flight = len(journal.unanswered)
        except HubError as error:
            report.notes = [*report.notes, error_text(error)]
            return
        report.result = build_result(outcome).model_dump(mode="json", exclude_none=True)
        if in_flight:
            report.notes = [*report.notes, _IN_FLIGHT.format(in_flight)]


def _describe_total(repositories: int, tags: int, images: int) -> str:
    further = f" and {images:,} images without a tag" if images else ""
    return f"In all: {tags:,} tags{further} of {repositories:,} repositories."


def _label_progress(report: RepositoryReport) -> str:
    what = "tags and images" if (report.plan or {}).get("deleted_manifests") else "tags"
    return f"{what} of {report.repository} done"


class _OneQuestion:
    """Asks once for all plans of a run, and answers the question of each plan with that.

    Attributes:
        decision: The decision; None before the question.
    """

    def __init__(
        self,
        context: ToolContext,
        prompter: Prompter,
        plans: Sequence[CleanupPlan],
        *,
        has_file: bool = False,
    ) -> None:
        built = {plan.plan_id: build_confirmation(context, plan) for plan in plans}
        tags = sum(len(plan.tags) for plan in plans)
        images = sum(len(plan.manifests) for plan in plans)
        self._total = "" if len(built) < 2 else _describe_total(len(built), tags, images)  # noqa: PLR2004
        self._has_file = has_file
        self._confirmations = {each.fingerprint: each for each in built.values()}
        self._plan_ids = {each.fingerprint: plan_id for plan_id, each in built.items()}
        self._context = context
        self._prompter = prompter
        self.decision: Decision | None = None

    async def __call__(self, confirmation: Confirmation) -> Decision:
        if confirmation.fingerprint not in self._confirmations:  # of a plan that was not shown
            return Decision.UNSUPPORTED
        if self.decision is None:
            texts = [each.text for each in self._confirmations.values()]
            if not self._has_file:
                texts = [_RULES_IN_QUESTION.sub(lambda found: format_rule(found[0]), text) for text in texts]
            text = "\n".join(filter(None, [*texts, self._total]))
            self.decision = await self._prompter(confirmation._replace(text=text))
            if self.decision is Decision.ACCEPTED:
                own = self._plan_ids[confirmation.fingerprint]  # the journal of which the call has open
                others = [plan_id for plan_id in self._plan_ids.values() if plan_id != own]
                await start_plans(self._context, others, is_confirmed=True)
        return self.decision
