"""Carrying out a change: read what is there, ask where something is lost, send, and note it down."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.api.enums import Service
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.errors import Refused
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from dockerhub_mcp.tools.mutations.confirmation import (
    Confirmation,
    ConfirmationMode,
    Confirmer,
    Decision,
    build_refusal_message,
    no_confirmer,
)
from dockerhub_mcp.tools.mutations.preview import MutationPlan, plan_mutation
from dockerhub_mcp.tools.mutations.secret_files import SecretFile, create_secret_file
from dockerhub_mcp.tools.request_context import generate_request_id, get_request_id
from dockerhub_mcp.tools.results.results import (
    ToolResult,
    build_object_result,
    dump_compact_json,
    project_summary,
    to_json_value,
)

logger = logging.getLogger(__name__)

_MAX_CONFIRMATION_ROUNDS = 4  # questions about one change, when what it is about keeps changing


@dataclass(frozen=True, slots=True)
class MutationPolicy:
    """How changes are made: whether a person is asked, where secrets go, where changes are noted.

    Attributes:
        confirmation_mode: Whether a person is asked before something is lost.
        confirmer: How; set for each call.
        secrets_dir: Where new tokens go.
        audit_log: Where changes are noted.
        caller: Who calls the server, where several may.
        confirmation_hint: What else would help where nobody can be asked, as a sentence.
    """

    confirmation_mode: ConfirmationMode = ConfirmationMode.ASK
    confirmer: Confirmer = no_confirmer
    secrets_dir: Path | None = None
    audit_log: AuditLog | None = None
    caller: str = ""
    confirmation_hint: str = ""


async def execute_mutation(
    hub: Hub, call: Mutation, policy: MutationPolicy, notes: Sequence[str]
) -> ToolResult:
    """Carry out a change, or show it when it is a dry run.

    After a yes what is there is read again; when it has changed meanwhile, the person is asked anew.

    Raises:
        HubError: The Hub refused, or could not be reached.
    """
    prepared = await plan_mutation(hub, call)
    if call.is_local_dry_run:
        return _build_dry_run_result(prepared, notes)
    agreed = ""
    for _ in range(_MAX_CONFIRMATION_ROUNDS):
        question = _build_required_confirmation(hub, prepared, policy)
        if question is None or question.fingerprint == agreed:
            return await _send_mutation(hub, prepared.call, policy, notes, confirmed=question is not None)
        answer = await policy.confirmer(question)
        if answer is not Decision.ACCEPTED:
            return ToolResult(
                build_refusal_message(answer, question, confirmation_hint=policy.confirmation_hint),
                is_error=True,
            )
        agreed = question.fingerprint
        prepared = await plan_mutation(hub, call)
    what = f"{call.tool_name} was not sent: what it is about changes faster than a person can be asked."
    return ToolResult(f"{what} Try again when it is quiet.", is_error=True)


def _build_required_confirmation(hub: Hub, plan: MutationPlan, policy: MutationPolicy) -> Confirmation | None:
    call = plan.call
    if (
        policy.confirmation_mode is ConfirmationMode.NEVER or call.dry_run
    ):  # a dry run that gets here is the Hub's own
        return None
    text = plan.loss
    if not text and call.secret_field and policy.secrets_dir is None:
        text = (
            f"{call.title}: the value of the new token will be shown in this conversation, once. "
            "(With --secrets-dir it would go into a file instead.)"
        )
    return plan.build_confirmation(hub, text) if text else None


async def _send_mutation(
    hub: Hub, call: Mutation, policy: MutationPolicy, notes: Sequence[str], *, confirmed: bool
) -> ToolResult:
    slot = _reserve_secret_file(call, policy)
    outcome = "interrupted"
    try:
        result = await hub.send(call)
        outcome = "done"
    except Refused as error:
        outcome = f"refused {error.status}"
        raise
    except HubError as error:
        outcome = type(error).__name__
        raise
    finally:
        if slot is not None and outcome != "done":
            slot.delete()
        _record_outcome(hub, call, policy, outcome=outcome, confirmed=confirmed)
    return _build_result(call, result, slot, notes)


def _record_outcome(
    hub: Hub, call: Mutation, policy: MutationPolicy, *, outcome: str, confirmed: bool
) -> None:
    request = get_request_id() or generate_request_id()
    logger.info("wrote", extra={"tool": call.tool_name, "outcome": outcome, "request_id": request})
    if policy.audit_log is None:
        return
    who = "the SCIM token" if call.service is Service.SCIM else hub.principal.username or "anonymous"
    try:
        policy.audit_log.append_entry(
            tool=call.tool_name,
            target=hub.redact(call.target),
            change=call.audited_changes,
            outcome=outcome,
            confirmed=confirmed,
            request_id=request,
            who=who,
            dry_run=call.dry_run,
            **({"caller": policy.caller} if policy.caller else {}),
        )
    except OSError:
        logger.exception(
            "the audit journal cannot be written", extra={"tool": call.tool_name, "outcome": outcome}
        )


def _reserve_secret_file(call: Mutation, policy: MutationPolicy) -> SecretFile | None:
    if not call.secret_field or policy.secrets_dir is None:
        return None
    label = str(getattr(call, "token_label", None) or getattr(call, "label", None) or call.tool_name)
    try:
        return create_secret_file(policy.secrets_dir, label)
    except OSError as error:
        what = f"{call.tool_name} was not sent: the new secret could not be written to {policy.secrets_dir}"
        what += f" ({error.strerror})."
        raise HubError(what, remedy="Check the directory that --secrets-dir names.") from None


def _build_result(
    call: Mutation, result: Any, secret_file: SecretFile | None, notes: Sequence[str]
) -> ToolResult:
    if not isinstance(result, HubModel):
        return ToolResult(f"{call.title}: done.")
    shaped = build_object_result(result, notes)
    if not call.secret_field or shaped.structured_content is None:
        return shaped
    secret = getattr(result, call.secret_field, None)
    if not secret:
        if secret_file is not None:
            secret_file.delete()
        return replace(shaped, text=f"The Hub made the token but did not tell its value.\n{shaped.text}")
    if secret_file is None:
        return replace(
            shaped,
            structured_content={**shaped.structured_content, "token": "in the text of this result"},
            secret_line=f"The token, shown this once (keep it safe, it cannot be read again): {secret}",
        )
    try:
        secret_file.write_secret(secret)
    except OSError as error:
        logger.exception("a new token could not be kept", extra={"tool": call.tool_name})
        line = f"The token was made, but its value could not be written to {secret_file.path} ({error.strerror}) "
        line += "and is lost. Delete the token (its id is below) and make another when there is room."
        return replace(shaped, text=f"{line}\n{shaped.text}", is_error=True)
    line = f"The token is in the file {secret_file.path}, readable by its owner only."
    return replace(
        shaped,
        text=f"{line}\n{shaped.text}",
        structured_content={**shaped.structured_content, "token": f"in the file {secret_file.path}"},
    )


def _build_dry_run_result(plan: MutationPlan, notes: Sequence[str]) -> ToolResult:
    call, present = plan.call, plan.current
    request: dict[str, Any] = {"method": call.http.verb, "path": call.build_path()}
    if query := call.build_query():
        request["query"] = query
    if body := call.build_body():
        request["body"] = to_json_value(body)
    data: dict[str, Any] = {"dry_run": True, "request": request}
    if isinstance(present, HubModel) and not isinstance(present, Page):
        data["before"] = project_summary(present)
        data["after"] = to_json_value(call.resulting_fields())
    if plan.loss:
        data["loss"] = plan.loss
    head = "Dry run: nothing was sent. This is the request that would be."
    return ToolResult("\n".join([head, *(f"Note: {note}" for note in notes), dump_compact_json(data)]), data)
