"""MCP clients with the extension for skills."""

from __future__ import annotations

from typing import Any, Literal

import mcp_types as types
from mcp import Client
from mcp.client.extension import advertise
from pydantic import ConfigDict

from dockerhub_mcp.skills import EXTENSION_ID

ASKING = [advertise(EXTENSION_ID)]
"""For `Client(extensions=...)`: the client declares the extension."""


class ExtensionResult(types.Result):
    """The result of a method of the extension, with all of its fields."""

    model_config = ConfigDict(extra="allow")


class ExtensionRequest(types.Request[dict[str, Any], Literal["skills/list"]]):
    """A request of a method of the extension."""

    method: Any
    params: dict[str, Any]


async def ask(client: Client, method: str, **params: Any) -> dict[str, Any]:
    """Send a request of the extension, and return its result as JSON."""
    result = await client.session.send_request(
        ExtensionRequest(method=method, params=params), ExtensionResult
    )
    return result.model_dump(by_alias=True, mode="json", exclude_none=True)
