"""Find a plan, ask about it once, and carry it out or go on with it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.tools.cleanup.account import describe_account
from dockerhub_mcp.tools.cleanup.applying.journal import Journal, open_journal
from dockerhub_mcp.tools.cleanup.applying.question import TOOL_NAME, build_confirmation, describe_call
from dockerhub_mcp.tools.cleanup.applying.run import CleanupRun, RunReport
from dockerhub_mcp.tools.cleanup.model import RESUME_WITHIN, START_WITHIN, CleanupPlan
from dockerhub_mcp.tools.cleanup.plans import UnusablePlanError
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_recorder import Outcome
from dockerhub_mcp.tools.mutations.confirmation import NotConfirmedError

_NEW_PLAN = "Nothing was sent. Make a new plan with plan_tag_cleanup."


async def apply_plan(context: ToolContext, plan_id: str, confirm_count: int | None) -> RunReport:
    """Carry out a plan, or go on with one that was started.

    Args:
        context: The context of the tool call.
        plan_id: The identifier of the plan.
        confirm_count: How many tags and manifests the caller expects to be deleted.

    Raises:
        UnusablePlanError: The plan is unknown, was changed, has expired, or belongs to another account.
        NotConfirmedError: The user did not confirm it.
        HubError: Nothing could be sent.
    """
    await context.hub.sign_in()
    plan = await context.plans.find(plan_id, describe_account(context))
    if confirm_count is not None and confirm_count != plan.count:
        await _refuse(context, plan, f"confirm_count is {confirm_count}, and the plan deletes another number")
    async with open_journal(context.plans, plan_id) as journal:
        run = CleanupRun(context, plan, journal)
        if run.open_tags or run.open_manifests:
            _check_age(context, plan, journal)
            await run.reader.check_permission()
            await _start(context, plan, journal, confirm_count)
        return await run.run()


async def start_plans(context: ToolContext, plan_ids: Iterable[str], *, is_confirmed: bool) -> None:
    """Start plans that are carried out one after the other, so that none expires while others are.

    One that cannot be started is left out; carrying it out tells why.

    Args:
        context: The context of the tool calls.
        plan_ids: The identifiers of the plans.
        is_confirmed: Whether the user confirmed them.
    """
    for plan_id in plan_ids:
        with suppress(HubError):
            plan = await context.plans.find(plan_id, describe_account(context))
            async with open_journal(context.plans, plan_id) as journal:
                if plan.is_usable(context.clock(), None):
                    await journal.record_start(context.clock(), is_confirmed=is_confirmed)


async def _start(
    context: ToolContext, plan: CleanupPlan, journal: Journal, confirm_count: int | None
) -> None:
    """Ask about a plan that was not confirmed yet, and record that it starts.

    One that was started without a question, by a server with `--confirm never`, is asked about by another.
    """
    must_ask = context.mutation_policy.confirmation_mode.requires(gives=False, takes=True)
    if journal.started_at is not None and (journal.is_confirmed or not must_ask):
        return
    if must_ask:
        await context.require_confirmation(build_confirmation(context, plan))
    elif confirm_count is None:
        reason = "this server does not ask the user (--confirm never), and confirm_count is missing; it must "
        await _refuse(context, plan, f"{reason}be the number of deletions that the plan names")
    _check_age(context, plan, journal)
    await journal.record_start(context.clock(), is_confirmed=must_ask)


def _check_age(context: ToolContext, plan: CleanupPlan, journal: Journal) -> None:
    if plan.is_usable(context.clock(), journal.started_at):
        return
    if journal.started_at is None:
        minutes = int(START_WITHIN.total_seconds()) // 60
        what = (
            f"The plan has expired: it was made at {plan.created_at:%Y-%m-%d %H:%M} UTC, and must be started "
        )
        what += f"within {minutes} minutes, because tags change."
    else:
        hours = int(RESUME_WITHIN.total_seconds()) // 3600
        what = f"The plan has expired: it was started at {journal.started_at:%Y-%m-%d %H:%M} UTC, and can be "
        what += f"resumed for {hours} hours."
    raise UnusablePlanError(what, remedy=_NEW_PLAN)


async def _refuse(context: ToolContext, plan: CleanupPlan, reason: str) -> None:
    await context.audit.record_unsent(describe_call(plan), Outcome.REFUSED, reason)
    msg = f"{TOOL_NAME} was not carried out: {reason}. Nothing was sent."
    raise NotConfirmedError(msg)
