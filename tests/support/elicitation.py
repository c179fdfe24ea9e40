"""Clients that are asked to confirm a deletion, in one round or in two."""

from __future__ import annotations

from typing import Any

from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult, InputRequiredResult

from dockerhub_mcp.sandbox import Sandbox

DELETE = {"repository": "acme/storefront", "tag": "latest"}


class Person:
    """Somebody in front of the client."""

    def __init__(self, action: str = "accept", content: Any = None) -> None:
        self.action = action
        self.content = {"confirm": True} if content is None else content
        self.asked: list[str] = []

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG002
        self.asked.append(params.message)
        return ElicitResult(action=self.action, content=self.content if self.action == "accept" else None)


def has_latest(sandbox: Sandbox) -> bool:
    return any(tag.name == "latest" for tag in sandbox.state.repositories["acme", "storefront"].tags)


async def first_round(client: Client, arguments: dict[str, Any]) -> InputRequiredResult:
    waiting = await client.session.call_tool("delete_tag", arguments, allow_input_required=True)
    assert isinstance(waiting, InputRequiredResult)
    return waiting


YES = ElicitResult(action="accept", content={"confirm": True})


async def second_round(
    client: Client, arguments: dict[str, Any], state: str | None, answer: ElicitResult = YES
) -> Any:
    return await client.session.call_tool(
        "delete_tag",
        arguments,
        input_responses={"confirm": answer},
        request_state=state,
        allow_input_required=True,
    )
