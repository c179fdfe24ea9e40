"""Asking the person behind the client, in the way of each protocol generation.

Clients of 2025 and before are asked in the middle of the call (elicitation). Clients of 2026-07-28 get the
question as the result and call again with the answer and a sealed state, which binds the answer to this very
question: when what is there has changed meanwhile, the person is asked anew.
"""

from __future__ import annotations

import json
import secrets
from collections import OrderedDict
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.exceptions import MCPError, NoBackChannelError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from dockerhub_mcp.tools.mutations.confirmation import Answer, Ask, Question

_KEY = "confirm"
_REMEMBERED = 10_000  # states that were used; older ones have expired long ago
_SCHEMA: types.ElicitRequestedSchema = {
    "type": "object",
    "properties": {"confirm": {"type": "boolean", "title": "Do it", "default": False}},
    "required": ["confirm"],
}


class SuspendedError(Exception):
    """The call waits for the person; `result` carries the question."""

    def __init__(self, result: types.InputRequiredResult) -> None:
        super().__init__("waiting for a person")
        self.result = result


class Asking:
    """Puts questions to the person. One for each server: an answer counts once.

    Args:
        key: Seals what the client keeps until the answer; at least 32 bytes. Processes that answer for one
            another share it. Without one the key lives and dies with this process.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._used: OrderedDict[str, None] = OrderedDict()
        self._key = key or secrets.token_bytes(32)

    def boundary(self, audience: str) -> RequestStateBoundary:
        """Return the middleware that seals the state, for the caller and the arguments that it is about."""
        return RequestStateBoundary(RequestStateSecurity(keys=[self._key]), default_audience=audience)

    def of(self, ctx: ServerRequestContext[Any, Any], params: types.CallToolRequestParams) -> Ask:
        """Return how to ask the person behind a call."""

        async def ask(question: Question) -> Answer:
            capabilities = ctx.session.client_capabilities
            elicitation = capabilities.elicitation if capabilities else None
            if elicitation is None or (elicitation.form is None and elicitation.url is not None):
                return Answer.CANNOT_ASK
            if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
                return self._answered(question, params)
            try:
                result = await ctx.session.elicit_form(
                    question.text, _SCHEMA, related_request_id=ctx.request_id
                )
            except (NoBackChannelError, MCPError):
                return Answer.CANNOT_ASK
            except ValidationError:
                return Answer.UNCLEAR
            return _read(result)

        return ask

    def _answered(self, question: Question, params: types.CallToolRequestParams) -> Answer:
        response = (params.input_responses or {}).get(_KEY)
        if isinstance(response, types.ElicitResult) and self._is_for(question, params.request_state):
            return _read(response)
        state = json.dumps({"question": question.fingerprint, "once": secrets.token_hex(16)})
        asked = types.ElicitRequest(
            params=types.ElicitRequestFormParams(message=question.text, requested_schema=_SCHEMA)
        )
        raise SuspendedError(types.InputRequiredResult(input_requests={_KEY: asked}, request_state=state))

    def _is_for(self, question: Question, state: str | None) -> bool:
        """Tell whether a state was given out for this question and has not been used."""
        try:
            data = json.loads(state or "{}")
        except ValueError:
            return False
        once = str(data.get("once", ""))
        if data.get("question") != question.fingerprint or not once or once in self._used:
            return False
        self._used[once] = None
        if len(self._used) > _REMEMBERED:
            self._used.popitem(last=False)
        return True


def _read(result: types.ElicitResult) -> Answer:
    if result.action != "accept":
        return Answer.NO
    return Answer.YES if (result.content or {}).get("confirm") is True else Answer.UNCLEAR
