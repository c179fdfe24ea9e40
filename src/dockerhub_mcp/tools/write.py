"""Carrying out a change: read what is there, ask where something is lost, send, and note it down."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dockerhub_mcp.hub import Effect, Hub, HubError
from dockerhub_mcp.hub.errors import Forbidden, Refused
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.hub.redaction import plain
from dockerhub_mcp.hub.writing import Write
from dockerhub_mcp.tools.confirm import Answer, Ask, Confirm, Question, nobody_to_ask, refusal
from dockerhub_mcp.tools.journal import Journal
from dockerhub_mcp.tools.secrets import Slot, reserve
from dockerhub_mcp.tools.shape import Outcome, brief, compact, plain_value, shape_object

logger = logging.getLogger(__name__)

_MOST = 10_000  # members or groups that are looked through before a change


@dataclass(frozen=True, slots=True)
class Writing:
    """How changes are made: whether a person is asked, where secrets go, where changes are noted."""

    confirm: Confirm = Confirm.ASK
    ask: Ask = nobody_to_ask
    secrets_dir: Path | None = None
    journal: Journal | None = None


async def write(hub: Hub, call: Write, writing: Writing, notes: Sequence[str]) -> Outcome:
    """Carry out a change, or show it when it is a dry run.

    Raises:
        HubError: The Hub refused, or could not be reached.
    """
    present = await _read_before(hub, call)
    call = call.completed(present)
    loss = _loss(call, present)
    if call.dry_run and not call.sends_dry_run:
        return _dry_run(call, present, loss, notes)
    if question := _question(call, loss, writing):
        answer = await writing.ask(question)
        if answer is not Answer.YES:
            return Outcome(refusal(answer, question), is_error=True)
    return await _send(hub, call, writing, notes)


async def _read_before(hub: Hub, call: Write) -> Any:
    """Return what is there now; None where nothing can be read, or this caller may change but not read it."""
    reading = call.before()
    if reading is None:
        return None
    try:
        if issubclass(reading.result_type(), Page):
            walked = await hub.walk(reading, max_items=_MOST)
            if walked.stopped_by is not None:
                raise walked.stopped_by
            return Page(results=walked.results)
        return await hub.send(reading)
    except Forbidden:
        if call.must_read:
            raise
        return None


def _loss(call: Write, present: Any) -> str:
    if present is None and call.before() is not None and call.effect is not Effect.CREATE:
        target = plain(repr(call.target), 200)
        return f"{call.title} {target}. What is there now could not be read: this sign-in may not read it."
    return call.loss(present)


def _question(call: Write, loss: str, writing: Writing) -> Question | None:
    if writing.confirm is Confirm.NEVER or (call.sends_dry_run and call.dry_run):
        return None
    text = loss
    if not text and call.secret and writing.secrets_dir is None:
        text = (
            f"{call.title}: the value of the new token will be shown in this conversation, once. "
            "(With --secrets-dir it would go into a file instead.)"
        )
    return Question(call.tool, text) if text else None


async def _send(hub: Hub, call: Write, writing: Writing, notes: Sequence[str]) -> Outcome:
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
        _note_down(hub, call, writing, outcome)
    return _shape(call, result, slot, notes)


def _note_down(hub: Hub, call: Write, writing: Writing, outcome: str) -> None:
    if writing.journal is None:
        return
    try:
        writing.journal.write(
            tool=call.tool,
            target=call.target,
            outcome=outcome,
            request=uuid.uuid4().hex,
            who=hub.caller.username or "anonymous",
            dry_run=call.dry_run,
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
    secret = getattr(result, call.secret, None) if call.secret else None
    shaped = shape_object(result, notes)
    if not secret or shaped.data is None:
        return shaped
    if slot is None:
        line = f"The token, shown this once (keep it safe, it cannot be read again): {secret}"
        return Outcome(f"{line}\n{shaped.text}", {**shaped.data, "token": "in the text of this result"})
    slot.fill(secret)
    told = {**shaped.data, "token": f"in the file {slot.path}"}
    return Outcome(f"The token is in the file {slot.path}, readable by its owner only.\n{shaped.text}", told)


def _dry_run(call: Write, present: Any, loss: str, notes: Sequence[str]) -> Outcome:
    request: dict[str, Any] = {"method": call.http.verb, "path": call.path()}
    if query := call.query():
        request["query"] = query
    if body := call.body():
        request["body"] = plain_value(body)
    data: dict[str, Any] = {"dry_run": True, "request": request}
    if isinstance(present, HubModel) and not isinstance(present, Page):
        data["before"] = brief(present)
        data["after"] = plain_value(call.after())
    if loss:
        data["loss"] = loss
    head = "Dry run: nothing was sent. This is the request that would be."
    return Outcome("\n".join([head, *(f"Note: {note}" for note in notes), compact(data)]), data)
