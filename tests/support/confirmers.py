"""People to ask, and a call as somebody makes it who may do everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.gates import Access
from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Decision
from dockerhub_mcp.tools.mutations.execute import MutationPolicy
from dockerhub_mcp.tools.results.results import ToolResult

EVERYTHING = Registry(access=Access.ADMIN, toolsets=["all"])


@dataclass
class Person:
    """Somebody to ask, who remembers what was asked."""

    answer: Decision = Decision.ACCEPTED
    asked: list[Confirmation] = field(default_factory=list)

    async def __call__(self, question: Confirmation) -> Decision:
        self.asked.append(question)
        return self.answer


async def call(
    hub: Hub, name: str, writing: MutationPolicy = MutationPolicy(), /, **arguments: Any
) -> ToolResult:
    """Call a tool; by default there is nobody to ask."""
    return await call_tool(hub, EVERYTHING, name, arguments, pagination_timeout=30, policy=writing)


def changes(sandbox: Sandbox) -> list[str]:
    """Return the requests that could have changed something."""
    return [
        f"{request.method} {request.path}"
        for request in sandbox.requests
        if request.method not in {"GET", "HEAD"} and request.path not in {"/v2/auth/token", "/v1/graphql"}
    ]
