"""What the audit log says about a call: the intent before its request, and the outcome.

An intent without an outcome means that the process ended in between: the Hub may have made the change. A call
that sends nothing has an outcome only. Entries contain no secrets and no free text such as descriptions.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import anyio

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.api.enums import Effect, Service
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.errors import Refused
from dockerhub_mcp.tools.mutations.audit_log import AuditLog, wait_until_written
from dockerhub_mcp.tools.request_context import generate_request_id, get_request_id

logger = logging.getLogger(__name__)

INTENT_TIMEOUT = 5.0  # seconds for an intent to reach the disk, after which the request is not sent
OUTCOME_TIMEOUT = 2.0  # seconds in which an outcome delays the result, or the end of the process


_recorded_errors: ContextVar[list[HubError] | None] = ContextVar("recorded errors", default=None)
"""The errors of the current call that have an outcome line, for `AuditRecorder.record_unsent_errors`."""


class Outcome(StrEnum):
    """How a call ended."""

    DONE = "done"
    REFUSED = "refused"
    """Not carried out: by the Hub, by this server, or because the request failed before it was sent."""
    UNKNOWN = "unknown"
    """Sent without a clear answer."""
    DECLINED = "declined"
    """Not sent, because the user did not confirm it."""


@dataclass(frozen=True, slots=True)
class AuditedCall:
    """A call as the audit log describes it.

    Attributes:
        tool: The name of the tool or of the Hub method.
        target: The object that would change; empty where it is unknown.
        change: The roles, permissions and states that the call sets.
        dry_run: Whether it is a dry run that the Hub carries out.
        account: The account, where it is not the one that is signed in.
    """

    tool: str
    target: str = ""
    change: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False
    account: str = ""

    @classmethod
    def from_method(cls, call: Method[Any]) -> AuditedCall:
        """Describe a call of a mutation, or of a method that signs in."""
        if not isinstance(call, Mutation):
            name = getattr(call, "identifier", None) or getattr(call, "username", None) or ""
            return cls(call.tool_name, str(name))
        account = "the SCIM token" if call.service is Service.SCIM else ""
        return cls(call.tool_name, call.target, call.audited_changes, call.dry_run, account)


@dataclass(frozen=True, slots=True)
class AuditRecorder:
    """Records the calls of one request; does nothing without an audit log.

    Attributes:
        hub: The client, which knows the account and the secrets to redact.
        log: The audit log.
        caller: The name of the authenticated caller, where several share the server.
        called_as: The name of the tool that was called, where it is not the one that is recorded.
    """

    hub: Hub
    log: AuditLog | None
    caller: str = ""
    called_as: str = ""

    async def record_unsent(self, call: AuditedCall, outcome: Outcome, reason: str) -> None:
        """Record a call of which nothing was sent. Never raises an error of the log."""
        if self.log is None:
            return
        entry = self._build_outcome(call, outcome) | {"reason": self._redact(reason)}
        self.settle_question(call)
        await _wait_and_log_failure(self.log.enqueue(entry), call)

    @asynccontextmanager
    async def record_unsent_errors(self, call: Method[Any]) -> AsyncIterator[None]:
        """Sign in, so that lines name the account; record an error of the block that has no line yet."""
        recorded: list[HubError] = []
        token = _recorded_errors.set(recorded)
        try:
            await self._sign_in(call)
            yield
        except HubError as error:
            if not any(error is each for each in recorded):
                reason = describe_reason(error)
                await self.record_unsent(AuditedCall.from_method(call), Outcome.REFUSED, reason)
            raise
        finally:
            _recorded_errors.reset(token)

    def settle_question(self, call: AuditedCall) -> None:
        """Forget the open question about a call, which is decided."""
        if self.log is not None:
            self.log.open_questions.settle(self._key_of(call))

    def expect_answer(self, call: AuditedCall, *, seconds: float) -> None:
        """Record later that a question about a call got no answer, unless one arrives in time."""
        if self.log is not None:
            entry = self._build_outcome(call, Outcome.DECLINED)
            self.log.open_questions.add(self._key_of(call), entry, seconds=seconds)

    @asynccontextmanager
    async def record_request(
        self, call: Method[Any] | AuditedCall, *, confirmed: bool
    ) -> AsyncIterator[None]:
        """Record the intent of a request before the block that sends it, and the outcome after it.

        A request that is no call of the Hub, such as one to the registry, is given as it is recorded.

        Raises:
            HubError: The intent could not be recorded; the block was not entered.
        """
        audited = call if isinstance(call, AuditedCall) else AuditedCall.from_method(call)
        request_id = get_request_id() or generate_request_id()
        await self._sign_in(call)
        intent = self._build_entry("intent", audited, confirmed=confirmed, request_id=request_id)
        await self._write_intent(intent, audited)
        outcome, reason = Outcome.UNKNOWN, "interrupted"
        try:
            yield
            outcome, reason = Outcome.DONE, ""
        except HubError as error:
            outcome = Outcome.UNKNOWN if error.may_be_done else Outcome.REFUSED
            reason = describe_reason(error)
            _mark_recorded(error)
            raise
        finally:
            if isinstance(call, AuditedCall) or call.effect.is_mutation:
                extra = {"tool": audited.tool, "outcome": str(outcome), "request_id": request_id}
                logger.info("wrote", extra=extra)
            if self.log is not None:
                entry = {
                    **intent,
                    "event": "outcome",
                    "outcome": outcome,
                    **({"reason": reason} if reason else {}),
                    **self._name_account(audited, default=intent["account"]),
                }
                await _wait_and_log_failure(self.log.enqueue(entry), audited)

    async def _sign_in(self, call: Method[Any] | AuditedCall) -> None:
        if self.log is None:
            return
        if isinstance(call, AuditedCall):
            audited = call
        elif call.service is Service.SCIM or call.effect is Effect.SIGN_IN:
            return
        else:
            audited = AuditedCall.from_method(call)
        try:
            await self.hub.sign_in()
        except HubError as error:
            await self.record_unsent(audited, Outcome.REFUSED, describe_reason(error))
            _mark_recorded(error)
            raise

    async def _write_intent(self, intent: Mapping[str, Any], call: AuditedCall) -> None:
        if self.log is None:
            return
        self.settle_question(call)
        written = self.log.enqueue(intent)
        try:
            await wait_until_written(written, timeout=INTENT_TIMEOUT)
        except BaseException as error:
            if not written.cancel():  # it may have reached the disk, or may still do
                reason = "the audit log failed" if isinstance(error, OSError) else "interrupted"
                outcome = {"event": "outcome", "outcome": Outcome.REFUSED, "reason": reason}
                self.log.enqueue({**intent, **outcome})
            if not isinstance(error, OSError):
                raise
            logger.error(  # noqa: TRY400 - the error says all
                "the audit log cannot be written", extra={"tool": call.tool, "error": str(error)}
            )
            what = f"{call.tool} was not sent: the audit log cannot be written ({error.strerror or error})."
            remedy = "Nothing was changed. Free the disk, or correct the file that --audit-log names."
            failure = HubError(what, remedy=remedy)
            _mark_recorded(failure)
            raise failure from None

    def _build_outcome(self, call: AuditedCall, outcome: Outcome) -> dict[str, Any]:
        request_id = get_request_id() or generate_request_id()
        entry = self._build_entry("outcome", call, confirmed=False, request_id=request_id)
        return entry | {"outcome": outcome}

    def _build_entry(
        self, event: str, call: AuditedCall, *, confirmed: bool, request_id: str
    ) -> dict[str, Any]:
        return {
            "id": secrets.token_hex(8),
            "event": event,
            "tool": call.tool,
            "target": self._redact(call.target),
            "change": self._redact(call.change),
            "confirmed": confirmed,
            "request_id": request_id,
            "dry_run": call.dry_run,
            **self._name_account(call),
            **({"caller": self.caller} if self.caller else {}),
            **({"called_as": self.called_as} if self.called_as else {}),
        }

    def _name_account(self, call: AuditedCall, *, default: str = "") -> dict[str, str]:
        unnamed = default or ("not signed in" if self.hub.has_credentials else "anonymous")
        account = call.account or self.hub.principal.username or unnamed
        return {"account": account, "who": account}  # the second key is the older name of the first

    def _key_of(self, call: AuditedCall) -> str:
        change = json.dumps(call.change, default=str, sort_keys=True)
        account = self.hub.principal.username
        return json.dumps([self.caller, account, call.tool, call.target, change])

    def _redact(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.hub.redact(value)
        if isinstance(value, Mapping):
            return {key: self._redact(item) for key, item in value.items()}
        return [self._redact(item) for item in value] if isinstance(value, list) else value


def describe_reason(error: HubError) -> str:
    """Return the status of the Hub's answer, or the kind of the error."""
    return str(error.status) if isinstance(error, Refused) else type(error).__name__


def _mark_recorded(error: HubError) -> None:
    if (recorded := _recorded_errors.get()) is not None:
        recorded.append(error)


async def _wait_and_log_failure(written: Future[None], call: AuditedCall) -> None:
    """Wait for a line, even if the call is cancelled meanwhile; log it if it cannot be written."""
    try:
        with anyio.CancelScope(shield=True):
            await wait_until_written(written, timeout=OUTCOME_TIMEOUT)
    except OSError as error:
        extra = {"tool": call.tool, "error": str(error)}
        logger.error("the audit log cannot be written", extra=extra)  # noqa: TRY400 - the error says all
