"""Asking the user to confirm a tool call, as each protocol generation does it.

Clients of protocol 2025-11-25 and older are asked during the call. Clients of 2026-07-28 receive the question
as the result, and call again with the answer and a sealed state. The state binds the answer to this question:
if the current state on the Hub has changed in the meantime, the user is asked again. An answer that confirms
counts once, at all servers that have the key.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

import anyio
import mcp_types as types
from cachetools import FIFOCache
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.exceptions import MCPError, NoBackChannelError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Confirmer, Decision, DecisionPending

_INPUT_KEY = "confirm"
QUESTION_TIMEOUT = 600.0  # seconds for which an answer counts
_MAX_USED_IDS = 10_000  # questions older than these expired long ago
_REQUESTED_SCHEMA: types.ElicitRequestedSchema = {
    "type": "object",
    "properties": {"confirm": {"type": "boolean", "title": "Do it", "default": False}},
    "required": ["confirm"],
}


OnRejectedState = Callable[[ServerRequestContext[Any, Any]], Awaitable[None]]
"""Called with a request that carries an expired or changed state, or that of another call."""


class UsedAnswers(Protocol):
    """The record of answers that were used."""

    async def read_generation(self) -> str | None:
        """Return what identifies the record: another text once it may be incomplete; None if unknown."""

    async def claim(self, question_id: str) -> tuple[bool, str] | None:
        """Record that the answer to a question is used.

        Returns:
            Whether it is used for the first time as far as the record goes, and what identifies the record;
            None if that could not be recorded.
        """


class _UsedAnswersInMemory:
    """The record of a server that shares none."""

    def __init__(self) -> None:
        self._used_ids: FIFOCache[str, None] = FIFOCache(_MAX_USED_IDS)

    async def read_generation(self) -> str:
        """Return an empty text: servers that share a key accept each other's questions."""
        return ""

    async def claim(self, question_id: str) -> tuple[bool, str]:
        """Record that the answer to a question is used; see `UsedAnswers.claim`."""
        is_first = question_id not in self._used_ids
        self._used_ids[question_id] = None
        return is_first, ""


class _Question(NamedTuple):
    """What the sealed state says of a question.

    Attributes:
        fingerprint: The fingerprint of its confirmation.
        nonce: Its id, unique.
        generation: What identified the record of used answers when the user was asked.
    """

    fingerprint: str
    nonce: str
    generation: str


class InputRequired(DecisionPending):
    """The call waits for the user's answer; `result` contains the question."""

    def __init__(self, result: types.InputRequiredResult, *, expires_in: float) -> None:
        super().__init__("input required", expires_in=expires_in)
        self.result = result


class _StateBoundary(RequestStateBoundary):
    """The SDK's boundary, which also reports requests with a state that does not count."""

    def __init__(
        self, security: RequestStateSecurity, *, default_audience: str, on_rejected: OnRejectedState | None
    ) -> None:
        super().__init__(security, default_audience=default_audience)
        self._on_rejected = on_rejected

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Handle a request, with its state unsealed."""
        try:
            return await super().__call__(ctx, call_next)
        except MCPError as error:
            data = error.error.data
            is_rejected = isinstance(data, dict) and data.get("reason") == "invalid_request_state"
            if is_rejected and self._on_rejected is not None:
                await self._on_rejected(ctx)
            raise


class Elicitor:
    """Asks users for confirmations. A server has one, so that each answer counts once.

    Args:
        keys: The first seals the state that the client keeps until the answer, and all unseal it; at least
            32 bytes each. Servers behind one address share them. By default a key that exists in this process
            only.
        used_answers: Makes sure that each answer counts once; by default within this process.
        timeout: Seconds for which an answer counts.
    """

    def __init__(
        self,
        keys: Sequence[bytes] = (),
        *,
        used_answers: UsedAnswers | None = None,
        timeout: float = QUESTION_TIMEOUT,
    ) -> None:
        self._timeout = timeout
        self._keys = keys or (secrets.token_bytes(32),)
        self._used_answers = used_answers or _UsedAnswersInMemory()

    def create_state_boundary(
        self, audience: str, *, on_rejected: OnRejectedState | None = None
    ) -> RequestStateBoundary:
        """Return the SDK middleware that seals the state for the caller and the arguments of a call."""
        security = RequestStateSecurity(keys=self._keys, ttl=self._timeout)
        return _StateBoundary(security, default_audience=audience, on_rejected=on_rejected)

    def confirmer_for(
        self, ctx: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> Confirmer:
        """Return the confirmer for one tool call."""

        async def confirm(confirmation: Confirmation) -> Decision:
            capabilities = ctx.session.client_capabilities
            elicitation = capabilities.elicitation if capabilities else None
            if elicitation is None or (elicitation.form is None and elicitation.url is not None):
                return Decision.UNSUPPORTED
            if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
                return await self._decide_or_suspend(confirmation, params)
            try:
                with anyio.fail_after(self._timeout):
                    result = await ctx.session.elicit_form(
                        confirmation.text, _REQUESTED_SCHEMA, related_request_id=ctx.request_id
                    )
            except TimeoutError:
                return Decision.EXPIRED
            except NoBackChannelError:
                return Decision.UNSUPPORTED
            except MCPError as error:
                is_unanswered = error.error.code in {types.CONNECTION_CLOSED, types.REQUEST_TIMEOUT}
                return Decision.EXPIRED if is_unanswered else Decision.UNSUPPORTED
            except ValidationError:
                return Decision.UNCONFIRMED
            return _parse_decision(result)

        return confirm

    async def _decide_or_suspend(
        self, confirmation: Confirmation, params: types.CallToolRequestParams
    ) -> Decision:
        """Return the decision in the parameters; an acceptance counts only if the answer can be claimed.

        Raises:
            InputRequired: There is no answer yet, or it belongs to another question.
        """
        response = (params.input_responses or {}).get(_INPUT_KEY)
        asked = _find_question(confirmation, params.request_state)
        if isinstance(response, types.ElicitResult) and asked is not None:
            decision = _parse_decision(response)
            refusal = await self._use_answer(asked)
            return refusal if refusal is not None and decision is Decision.ACCEPTED else decision
        generation = await self._used_answers.read_generation()
        if generation is None:
            return Decision.NOT_RECORDED  # no answer could be used
        state = json.dumps(_Question(confirmation.fingerprint, secrets.token_hex(16), generation)._asdict())
        question = types.ElicitRequest(
            params=types.ElicitRequestFormParams(
                message=confirmation.text, requested_schema=_REQUESTED_SCHEMA
            )
        )
        raise InputRequired(
            types.InputRequiredResult(input_requests={_INPUT_KEY: question}, request_state=state),
            expires_in=self._timeout,
        )

    async def _use_answer(self, asked: _Question) -> Decision | None:
        """Use the answer to a question, and return None; the decision to refuse it if it does not count."""
        claimed = await self._used_answers.claim(asked.nonce)
        if claimed is None:
            return Decision.NOT_RECORDED
        is_first, generation = claimed
        if generation != asked.generation:
            return Decision.RECORD_LOST
        return None if is_first else Decision.ALREADY_USED


def _find_question(confirmation: Confirmation, state: str | None) -> _Question | None:
    """Return the question that a state belongs to; None unless it is about this confirmation."""
    try:
        question = _Question(**json.loads(state or "{}"))
    except (ValueError, TypeError):
        return None
    return question if question.fingerprint == confirmation.fingerprint else None


def _parse_decision(result: types.ElicitResult) -> Decision:
    if result.action != "accept":
        return Decision.DECLINED
    return Decision.ACCEPTED if (result.content or {}).get("confirm") is True else Decision.UNCONFIRMED
