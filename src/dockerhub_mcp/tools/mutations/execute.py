"""Carrying out a mutation: read the current state, get confirmation, send the request, record it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_recorder import AuditedCall, Outcome
from dockerhub_mcp.tools.mutations.bulk import send_each
from dockerhub_mcp.tools.mutations.confirmation import Confirmation
from dockerhub_mcp.tools.mutations.plan_results import (
    build_checked_result,
    build_dry_run_result,
    build_unchanged_result,
    describe_secret_destination,
)
from dockerhub_mcp.tools.mutations.policy import MutationPolicy
from dockerhub_mcp.tools.mutations.preview import MutationPlan, plan_mutation
from dockerhub_mcp.tools.mutations.secret_files import SecretFile, SecretNotStored, create_secret_file
from dockerhub_mcp.tools.results.annotations import mark_expired_tokens
from dockerhub_mcp.tools.results.object_results import build_object_result
from dockerhub_mcp.tools.results.tool_result import ToolResult

logger = logging.getLogger(__name__)

_MAX_CONFIRMATION_ROUNDS = 4
"""How often a user is asked about one mutation when the current state changes between the answers."""


async def execute_mutation(
    context: ToolContext,
    call: Mutation,
    notes: Sequence[str],
    *,
    read_preface: Callable[[], Awaitable[str]] | None = None,
    tool_name: str = "",
    bound_to: str = "",
) -> ToolResult:
    """Carry out a mutation, or preview it if the call is a dry run.

    After the user's confirmation the current state is read again. If it has changed in the meantime, the
    confirmation does not count and the user is asked again.

    Args:
        context: The context of the tool call.
        call: The mutation.
        notes: Notes for the agent.
        read_preface: Returns what the question and the plan say before they describe the mutation; called
            whenever the current state is read. It may refuse the mutation with a `HubError`.
        tool_name: The tool that asks; by default that of the mutation alone.
        bound_to: What the confirmation counts for in addition to the mutation and the current state.

    Raises:
        HubError: The Hub refused a request, or could not be reached.
        NotConfirmedError: The user did not confirm.
    """

    async def plan_with_preface() -> MutationPlan:
        plan = await plan_mutation(context.hub, call, context.clock())
        preface = await read_preface() if read_preface is not None else ""
        text = f"{preface} {plan.impact.text}".strip()
        return replace(plan, impact=replace(plan.impact, text=text))

    plan = await plan_with_preface()
    if call.is_local_dry_run:
        return build_dry_run_result(plan, context.mutation_policy, notes)
    if not plan.impact.is_change:
        return build_unchanged_result(plan, notes)
    if (probe := _reserve_secret_file(call, context.mutation_policy)) is not None:
        probe.delete()  # the user is asked only if the answer can be carried out
    confirmed_fingerprint = ""
    for _ in range(_MAX_CONFIRMATION_ROUNDS):
        confirmation = _build_required_confirmation(context, plan, tool_name or call.tool_name, bound_to)
        if confirmation is None or confirmation.fingerprint == confirmed_fingerprint:
            return await _send_planned(context, plan, notes, confirmed=confirmation is not None)
        await context.require_confirmation(confirmation)
        confirmed_fingerprint = confirmation.fingerprint
        plan = await plan_with_preface()
        if not plan.impact.is_change:
            return build_unchanged_result(plan, notes)
    reason = "the current state keeps changing"
    await context.audit.record_unsent(AuditedCall.from_method(plan.call), Outcome.REFUSED, reason)
    what = f"{call.tool_name} was not sent: the current state changes faster than the user can confirm."
    return ToolResult(f"{what} Try again later.", is_error=True)


def _build_required_confirmation(
    context: ToolContext, plan: MutationPlan, tool_name: str, bound_to: str
) -> Confirmation | None:
    call, impact, policy = plan.call, plan.impact, context.mutation_policy
    # A dry run that gets here is sent, because the Hub itself offers it.
    if call.dry_run or not policy.confirmation_mode.requires(gives=impact.gives, takes=impact.takes):
        return None
    text = impact.text
    if call.secret_field:
        text += f" {describe_secret_destination(policy)}"
    confirmation = plan.build_confirmation(context.hub, text)
    binding = f"{confirmation.binding}\n{bound_to}" if bound_to else confirmation.binding
    return confirmation._replace(tool=tool_name, binding=binding)


async def _send_planned(
    context: ToolContext, plan: MutationPlan, notes: Sequence[str], *, confirmed: bool
) -> ToolResult:
    calls = plan.call.split(plan.facts)
    if len(calls) > 1:
        return await send_each(calls, lambda each: send_mutation(context, each, confirmed=confirmed), notes)
    call = calls[0]
    secret_file = _reserve_secret_file(call, context.mutation_policy)
    is_sent = False
    try:
        result = await send_mutation(context, call, confirmed=confirmed)
        is_sent = True
    finally:
        if secret_file is not None and not is_sent:
            secret_file.delete()
    mark_expired_tokens([result], context.clock())
    notes = [*notes, *call.explain_result(result)]
    if call.dry_run:
        return build_checked_result(plan, result, notes)
    return _build_result(call, result, secret_file, notes)


async def send_mutation(context: ToolContext, call: Mutation, *, confirmed: bool) -> Any:
    """Send a mutation between its two lines in the audit log, and return the Hub's result.

    Args:
        context: The context of the tool call.
        call: The mutation.
        confirmed: Whether the user confirmed it.

    Raises:
        HubError: The Hub refused the request or could not be reached, or the intent could not be recorded.
    """
    context.hub.check_sendable(call)
    async with context.audit.record_request(call, confirmed=confirmed):
        return await context.hub.send(call)


def _reserve_secret_file(call: Mutation, policy: MutationPolicy) -> SecretFile | None:
    if not call.secret_field or policy.secrets_dir is None:
        return None
    label = str(getattr(call, "token_label", None) or getattr(call, "label", None) or call.tool_name)
    try:
        return create_secret_file(policy.secrets_dir, label)
    except OSError as error:
        what = f"{call.tool_name} was not sent: the new secret could not be written to {policy.secrets_dir}"
        what += f" ({error.strerror})."
        raise SecretNotStored(what, remedy="Check the directory that --secrets-dir names.") from None


def _build_result(
    call: Mutation, result: Any, secret_file: SecretFile | None, notes: Sequence[str]
) -> ToolResult:
    if not isinstance(result, HubModel):
        return ToolResult(f"{call.title}: done.")
    built = build_object_result(result, notes)
    if not call.secret_field or built.structured_content is None:
        return built
    secret = getattr(result, call.secret_field)
    if secret_file is None:
        return replace(
            built,
            structured_content={**built.structured_content, "token": "in the text of this result"},
            secret_line=f"The token, shown only once (store it safely, it cannot be read again): {secret}",
        )
    try:
        secret_file.write_secret(secret)
    except OSError as error:
        logger.exception("a new token could not be kept", extra={"tool": call.tool_name})
        with contextlib.suppress(OSError):
            secret_file.delete()  # a file without the whole value must not pass for one with it
        line = f"The token was created, but its value could not be written to {secret_file.path} "
        line += f"({error.strerror}) and is lost. Delete the token (its id is below) and create another one."
        return replace(built, text=f"{line}\n{built.text}", is_error=True)
    line = f"The token is in the file {secret_file.path}, readable by its owner only."
    return replace(
        built,
        text=f"{line}\n{built.text}",
        structured_content={**built.structured_content, "token": f"in the file {secret_file.path}"},
    )
