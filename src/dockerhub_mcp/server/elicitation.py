"""Asking the user to confirm a tool call, as each protocol generation does it.

Clients of protocol 2025-11-25 and older are asked during the call. Clients of 2026-07-28 receive the question
as the result, and call again with the answer and a sealed state. The state binds the answer to this question:
if the current state on the Hub has changed in the meantime, the user is asked again.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

import mcp_types as types
from cachetools import FIFOCache
from mcp.server.context import ServerRequestContext
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.exceptions import MCPError, NoBackChannelError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Confirmer, Decision

_INPUT_KEY = "confirm"
_MAX_USED_NONCES = 10_000  # states older than these expired long ago
_REQUESTED_SCHEMA: types.ElicitRequestedSchema = {
    "type": "object",
    "properties": {"confirm": {"type": "boolean", "title": "Do it", "default": False}},
    "required": ["confirm"],
}


class InputRequired(Exception):
    """The call waits for the user's answer; `result` contains the question."""

    def __init__(self, result: types.InputRequiredResult) -> None:
        super().__init__("input required")
        self.result = result


class Elicitor:
    """Asks users for confirmations. A server has one, so that each answer counts once.

    Args:
        key: Seals the state that the client keeps until the answer; at least 32 bytes. Servers behind one
            address share it. By default a key that exists in this process only.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._used_nonces: FIFOCache[str, None] = FIFOCache(_MAX_USED_NONCES)
        self._key = key or secrets.token_bytes(32)

    def create_state_boundary(self, audience: str) -> RequestStateBoundary:
        """Return the SDK middleware that seals the state for the caller and the arguments of a call."""
        return RequestStateBoundary(RequestStateSecurity(keys=[self._key]), default_audience=audience)

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
        """Return the decision in the parameters.

        Raises:
            InputRequired: There is no answer yet, or it belongs to another question.
        """
        response = (params.input_responses or {}).get(_INPUT_KEY)
        if isinstance(response, types.ElicitResult) and self._consume_state(
            confirmation, params.request_state
        ):
            return _parse_decision(response)
        state = json.dumps({"fingerprint": confirmation.fingerprint, "nonce": secrets.token_hex(16)})
        question = types.ElicitRequest(
            params=types.ElicitRequestFormParams(
                message=confirmation.text, requested_schema=_REQUESTED_SCHEMA
            )
        )
        raise InputRequired(
            types.InputRequiredResult(input_requests={_INPUT_KEY: question}, request_state=state)
        )

    def _consume_state(self, confirmation: Confirmation, state: str | None) -> bool:
        """Return whether a state was issued for this confirmation and is used for the first time."""
        try:
            data = json.loads(state or "{}")
        except ValueError:
            return False
        nonce = str(data.get("nonce", ""))
        if data.get("fingerprint") != confirmation.fingerprint or not nonce or nonce in self._used_nonces:
            return False
        self._used_nonces[nonce] = None
        return True


def _parse_decision(result: types.ElicitResult) -> Decision:
    if result.action != "accept":
        return Decision.DECLINED
    return Decision.ACCEPTED if (result.content or {}).get("confirm") is True else Decision.UNCONFIRMED
