"""The view that a conformance fixture has of its request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

Question = types.ElicitRequest | types.CreateMessageRequest | types.ListRootsRequest
Answer = types.ElicitResult | types.CreateMessageResult | types.ListRootsResult
Params = types.CallToolRequestParams | types.GetPromptRequestParams

_ANSWERS: dict[type[Question], type[Answer]] = {
    types.ElicitRequest: types.ElicitResult,
    types.CreateMessageRequest: types.CreateMessageResult,
    types.ListRootsRequest: types.ListRootsResult,
}
_CAPABILITIES: dict[type[Question], str] = {
    types.ElicitRequest: "elicitation",
    types.CreateMessageRequest: "sampling",
    types.ListRootsRequest: "roots",
}


class WaitingError(Exception):
    """The response waits for the client; `result` contains the questions."""

    def __init__(self, result: types.InputRequiredResult) -> None:
        super().__init__("waiting for the client")
        self.result = result


@dataclass(frozen=True, slots=True)
class Call:
    """A request, with the operations that fixtures need in both protocol generations."""

    ctx: ServerRequestContext[Any, Any]
    params: Params

    @property
    def arguments(self) -> Mapping[str, Any]:
        return self.params.arguments or {}

    @property
    def state(self) -> dict[str, Any]:
        """The unsealed state of an earlier round."""
        return dict(json.loads(self.params.request_state or "{}"))

    def may_ask(self, kind: type[Question]) -> bool:
        """Return whether the client declared the capability for this kind of request."""
        return getattr(self.ctx.session.client_capabilities, _CAPABILITIES[kind], None) is not None

    def need(self, kind: type[Question]) -> None:
        """Reject a client without the capability for this kind of request, with the error code for it."""
        if not self.may_ask(kind):
            missing = _CAPABILITIES[kind]
            data: dict[str, Any] = {"requiredCapabilities": {missing: {}}}
            msg = f"This needs a client with the capability {missing}."
            raise MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, msg, data)

    async def ask(
        self, questions: Mapping[str, Question], state: Mapping[str, Any] | None = None
    ) -> list[Answer]:
        """Return the client's responses: requested during the call, or sent with a further round.

        Raises:
            WaitingError: A client of 2026-07-28 must send them with another call.
        """
        for question in questions.values():
            self.need(type(question))
        if self.ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
            return self._brought(questions, state)
        of_this_call = ServerMessageMetadata(related_request_id=self.ctx.request_id)
        return [
            await self.ctx.session.send_request(question, _ANSWERS[type(question)], metadata=of_this_call)
            for question in questions.values()
        ]

    def _brought(self, questions: Mapping[str, Question], state: Mapping[str, Any] | None) -> list[Answer]:
        brought = self.params.input_responses or {}
        answers = [
            answer
            for key, question in questions.items()
            if isinstance(answer := brought.get(key), _ANSWERS[type(question)])
        ]
        if len(answers) < len(questions):
            kept = None if state is None else json.dumps(dict(state))
            raise WaitingError(types.InputRequiredResult(input_requests=dict(questions), request_state=kept))
        return answers


def form(message: str, properties: Mapping[str, Any], *, required: bool = True) -> types.ElicitRequest:
    """Return an elicitation request; a property is a schema, or the name of a type."""
    schemas = {name: {"type": of} if isinstance(of, str) else of for name, of in properties.items()}
    schema = {"type": "object", "properties": schemas} | ({"required": list(schemas)} if required else {})
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def prompt(text: str, *, tokens: int = 100) -> types.CreateMessageRequest:
    """Return a sampling request."""
    message = types.SamplingMessage(role="user", content=types.TextContent(type="text", text=text))
    return types.CreateMessageRequest(
        params=types.CreateMessageRequestParams(messages=[message], max_tokens=tokens)
    )


def told(answer: Answer) -> str:
    """Return a response in the form that fixtures pass on."""
    if isinstance(answer, types.ElicitResult):
        return f"action={answer.action}, content={json.dumps(answer.content)}"
    if isinstance(answer, types.ListRootsResult):
        return ", ".join(str(root.uri) for root in answer.roots)
    return answer.content.text if isinstance(answer.content, types.TextContent) else answer.content.type
