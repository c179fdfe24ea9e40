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

from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Confirmer, Decision

_INPUT_KEY = "confirm"
_MAX_USED_NONCES = 10_000  # states that were used; older ones have expired long ago
_REQUESTED_SCHEMA: types.ElicitRequestedSchema = {
    "type": "object",
    "properties": {"confirm": {"type": "boolean", "title": "Do it", "default": False}},
    "required": ["confirm"],
}


class InputRequired(Exception):
    """The call waits for the person; `result` carries the question."""

    def __init__(self, result: types.InputRequiredResult) -> None:
        super().__init__("waiting for a person")
        self.result = result


class Elicitor:
    """Puts questions to the person. One for each server: an answer counts once.

    Args:
        key: Seals what the client keeps until the answer; at least 32 bytes. Processes that answer for one
            another share it. Without one the key lives and dies with this process.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._used_nonces: OrderedDict[str, None] = OrderedDict()
        self._key = key or secrets.token_bytes(32)

    def create_state_boundary(self, audience: str) -> RequestStateBoundary:
        """Return the middleware that seals the state, for the caller and the arguments that it is about."""
        return RequestStateBoundary(RequestStateSecurity(keys=[self._key]), default_audience=audience)

    def confirmer_for(
        self, ctx: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> Confirmer:
        """Return how to ask the person behind a call."""

        async def confirm(confirmation: Confirmation) -> Decision:
            capabilities = ctx.session.client_capabilities
            elicitation = capabilities.elicitation if capabilities else None
            if elicitation is None or (elicitation.form is None and elicitation.url is not None):
                return Decision.UNSUPPORTED
            if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
                return self._decide_or_suspend(confirmation, params)
            try:
                result = await ctx.session.elicit_form(
                    confirmation.text, _REQUESTED_SCHEMA, related_request_id=ctx.request_id
                )
            except (NoBackChannelError, MCPError):
                return Decision.UNSUPPORTED
            except ValidationError:
                return Decision.UNCONFIRMED
            return _parse_decision(result)

        return confirm

    def _decide_or_suspend(self, confirmation: Confirmation, params: types.CallToolRequestParams) -> Decision:
        response = (params.input_responses or {}).get(_INPUT_KEY)
        if isinstance(response, types.ElicitResult) and self._consume_state(
            confirmation, params.request_state
        ):
            return _parse_decision(response)
        state = json.dumps({"question": confirmation.fingerprint, "once": secrets.token_hex(16)})
        asked = types.ElicitRequest(
            params=types.ElicitRequestFormParams(
                message=confirmation.text, requested_schema=_REQUESTED_SCHEMA
            )
        )
        raise InputRequired(
            types.InputRequiredResult(input_requests={_INPUT_KEY: asked}, request_state=state)
        )

    def _consume_state(self, confirmation: Confirmation, state: str | None) -> bool:
        """Tell whether a state was given out for this question and has not been used."""
        try:
            data = json.loads(state or "{}")
        except ValueError:
            return False
        once = str(data.get("once", ""))
        if data.get("question") != confirmation.fingerprint or not once or once in self._used_nonces:
            return False
        self._used_nonces[once] = None
        if len(self._used_nonces) > _MAX_USED_NONCES:
            self._used_nonces.popitem(last=False)
        return True


def _parse_decision(result: types.ElicitResult) -> Decision:
    if result.action != "accept":
        return Decision.DECLINED
    return Decision.ACCEPTED if (result.content or {}).get("confirm") is True else Decision.UNCONFIRMED
