"""Carrying out a change: read what is there, ask where something is lost, send, and note it down."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.api.enums import Service
from dockerhub_mcp.hub.api.mutation import Write
from dockerhub_mcp.hub.errors import Refused
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.tools.mutations.audit_log import Journal
from dockerhub_mcp.tools.mutations.confirmation import Answer, Ask, Confirm, Question, nobody_to_ask, refusal
from dockerhub_mcp.tools.mutations.preview import Prepared, prepare
from dockerhub_mcp.tools.mutations.secret_files import Slot, reserve
from dockerhub_mcp.tools.request_context import new_id, request_id
from dockerhub_mcp.tools.results.results import Outcome, brief, compact, plain_value, shape_object

logger = logging.getLogger(__name__)

_ROUNDS = 4  # questions about one change, when what it is about keeps changing


@dataclass(frozen=True, slots=True)
class Writing:
    """How changes are made: whether a person is asked, where secrets go, where changes are noted.

    Attributes:
        confirm: Whether a person is asked before something is lost.
        ask: How; set for each call.
        secrets_dir: Where new tokens go.
        journal: Where changes are noted.
        caller: Who calls the server, where several may.
        to_be_asked: What else would help where nobody can be asked, as a sentence.
    """

    confirm: Confirm = Confirm.ASK
    ask: Ask = nobody_to_ask
    secrets_dir: Path | None = None
    journal: Journal | None = None
    caller: str = ""
    to_be_asked: str = ""


async def write(hub: Hub, call: Write, writing: Writing, notes: Sequence[str]) -> Outcome:
    """Carry out a change, or show it when it is a dry run.

    After a yes what is there is read again; when it has changed meanwhile, the person is asked anew.

    Raises:
        HubError: The Hub refused, or could not be reached.
    """
    prepared = await prepare(hub, call)
    if call.only_shown:
        return _dry_run(prepared, notes)
    agreed = ""
    for _ in range(_ROUNDS):
        question = _question(hub, prepared, writing)
        if question is None or question.fingerprint == agreed:
            return await _send(hub, prepared.call, writing, notes, confirmed=question is not None)
        answer = await writing.ask(question)
        if answer is not Answer.YES:
            return Outcome(refusal(answer, question, to_be_asked=writing.to_be_asked), is_error=True)
        agreed = question.fingerprint
        prepared = await prepare(hub, call)
    what = f"{call.tool} was not sent: what it is about changes faster than a person can be asked."
    return Outcome(f"{what} Try again when it is quiet.", is_error=True)


def _question(hub: Hub, prepared: Prepared, writing: Writing) -> Question | None:
    call = prepared.call
    if writing.confirm is Confirm.NEVER or call.dry_run:  # a dry run that gets here is the Hub's own
        return None
    text = prepared.loss
    if not text and call.secret and writing.secrets_dir is None:
        text = (
            f"{call.title}: the value of the new token will be shown in this conversation, once. "
            "(With --secrets-dir it would go into a file instead.)"
        )
    return prepared.question(hub, text) if text else None


async def _send(hub: Hub, call: Write, writing: Writing, notes: Sequence[str], *, confirmed: bool) -> Outcome:
    slot = _slot(call, writing)
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
            slot.discard()
        _note_down(hub, call, writing, outcome=outcome, confirmed=confirmed)
    return _shape(call, result, slot, notes)


def _note_down(hub: Hub, call: Write, writing: Writing, *, outcome: str, confirmed: bool) -> None:
    request = request_id() or new_id()
    logger.info("wrote", extra={"tool": call.tool, "outcome": outcome, "request_id": request})
    if writing.journal is None:
        return
    who = "the SCIM token" if call.service is Service.SCIM else hub.caller.username or "anonymous"
    try:
        writing.journal.write(
            tool=call.tool,
            target=hub.redact(call.target),
            change=call.change,
            outcome=outcome,
            confirmed=confirmed,
            request_id=request,
            who=who,
            dry_run=call.dry_run,
            **({"caller": writing.caller} if writing.caller else {}),
        )
    except OSError:
        logger.exception("the audit journal cannot be written", extra={"tool": call.tool, "outcome": outcome})


def _slot(call: Write, writing: Writing) -> Slot | None:
    if not call.secret or writing.secrets_dir is None:
        return None
    label = str(getattr(call, "token_label", None) or getattr(call, "label", None) or call.tool)
    try:
        return reserve(writing.secrets_dir, label)
    except OSError as error:
        what = f"{call.tool} was not sent: the new secret could not be written to {writing.secrets_dir}"
        what += f" ({error.strerror})."
        raise HubError(what, remedy="Check the directory that --secrets-dir names.") from None


def _shape(call: Write, result: Any, slot: Slot | None, notes: Sequence[str]) -> Outcome:
    if not isinstance(result, HubModel):
        return Outcome(f"{call.title}: done.")
    shaped = shape_object(result, notes)
    if not call.secret or shaped.data is None:
        return shaped
    secret = getattr(result, call.secret, None)
    if not secret:
        if slot is not None:
            slot.discard()
        return replace(shaped, text=f"The Hub made the token but did not tell its value.\n{shaped.text}")
    if slot is None:
        return replace(
            shaped,
            data={**shaped.data, "token": "in the text of this result"},
            secret=f"The token, shown this once (keep it safe, it cannot be read again): {secret}",
        )
    try:
        slot.fill(secret)
    except OSError as error:
        logger.exception("a new token could not be kept", extra={"tool": call.tool})
        line = f"The token was made, but its value could not be written to {slot.path} ({error.strerror}) "
        line += "and is lost. Delete the token (its id is below) and make another when there is room."
        return replace(shaped, text=f"{line}\n{shaped.text}", is_error=True)
    line = f"The token is in the file {slot.path}, readable by its owner only."
    return replace(
        shaped, text=f"{line}\n{shaped.text}", data={**shaped.data, "token": f"in the file {slot.path}"}
    )


def _dry_run(prepared: Prepared, notes: Sequence[str]) -> Outcome:
    call, present = prepared.call, prepared.present
    request: dict[str, Any] = {"method": call.http.verb, "path": call.path()}
    if query := call.query():
        request["query"] = query
    if body := call.body():
        request["body"] = plain_value(body)
    data: dict[str, Any] = {"dry_run": True, "request": request}
    if isinstance(present, HubModel) and not isinstance(present, Page):
        data["before"] = brief(present)
        data["after"] = plain_value(call.after())
    if prepared.loss:
        data["loss"] = prepared.loss
    head = "Dry run: nothing was sent. This is the request that would be."
    return Outcome("\n".join([head, *(f"Note: {note}" for note in notes), compact(data)]), data)
