"""Declaring the extension, and the parameters of its methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from dockerhub_mcp.skills import EXTENSION_ID, EXTENSION_SETTINGS, declares_skills

LIST_METHOD = "skills/list"
GET_METHOD = "skills/get"
READ_DIRECTORY_METHOD = "resources/directory/read"


class GetSkillParams(types.RequestParams):
    """The parameters of `skills/get`."""

    uri: str


class ReadDirectoryParams(types.PaginatedRequestParams):
    """The parameters of `resources/directory/read`."""

    uri: str


PARAMETERS: Mapping[str, type[types.RequestParams]] = {
    LIST_METHOD: types.PaginatedRequestParams,
    GET_METHOD: GetSkillParams,
    READ_DIRECTORY_METHOD: ReadDirectoryParams,
}
"""The methods of the extension, with their parameters."""


async def declare_skills(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Add the extension to the first response for clients that declare it; a middleware of the MCP server.

    Others get the response that they would get from a server without skills.
    """
    result = await call_next(ctx)
    if not isinstance(result, dict) or not declares_skills(_find_client_capabilities(ctx)):
        return result
    capabilities = result["capabilities"]
    extensions = {**capabilities.get("extensions", {}), EXTENSION_ID: dict(EXTENSION_SETTINGS)}
    return {**result, "capabilities": {**capabilities, "extensions": extensions}}


def _find_client_capabilities(ctx: ServerRequestContext[Any, Any]) -> Any:
    """Return the capabilities of the client in a first request, and None for other requests."""
    params = ctx.params or {}
    if ctx.method == "initialize":
        return params.get("capabilities")
    if ctx.method == "server/discover":
        return (params.get("_meta") or {}).get(types.CLIENT_CAPABILITIES_META_KEY)
    return None
