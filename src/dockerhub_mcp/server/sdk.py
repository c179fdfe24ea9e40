"""The low-level SDK server around a set of handlers."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import SERVER_INFO_META_KEY

from dockerhub_mcp import __version__
from dockerhub_mcp.server.elicitation import Elicitor, OnRejectedState
from dockerhub_mcp.server.icons import ICONS
from dockerhub_mcp.server.parameter_errors import name_invalid_parameters
from dockerhub_mcp.server.skills.extension import PARAMETERS, declare_skills
from dockerhub_mcp.server.telemetry.instrumentation import InstrumentationMiddleware
from dockerhub_mcp.server.telemetry.observers import Observers
from dockerhub_mcp.tools.request_context import generate_request_id, get_request_id

logger = logging.getLogger(__name__)

SERVER_NAME = "dockerhub-mcp"
LIST_TTL_MS = 3_600_000
"""How long clients may cache lists, in milliseconds."""

ParamsT = TypeVar("ParamsT")
ResultT = TypeVar("ResultT")
Handler = Callable[[Any, ParamsT], Awaitable[ResultT]]
InputSchemaLookup = Callable[[str], dict[str, Any] | None]


def create_sdk_server(
    elicitor: Elicitor,
    *,
    instructions: str,
    find_input_schema: InputSchemaLookup,
    lists_are_shared: bool = True,
    observers: Observers | None = None,
    known_targets: Mapping[str, Collection[str]] | None = None,
    on_rejected_state: OnRejectedState | None = None,
    skill_handlers: Mapping[str, Handler[Any, Any]] | None = None,
    **handlers: Handler[Any, Any],
) -> SDKServer:
    """Create a server from handlers, named as the SDK names them (`on_list_tools`, `on_call_tool`...).

    Args:
        elicitor: Asks users for confirmations, and seals the state that clients keep until the answer.
        instructions: The server's instructions for the model.
        find_input_schema: Returns a tool's input schema; without it the SDK lists all tools on each call.
        lists_are_shared: Whether every caller sees the same lists, so that shared caches may keep them.
        observers: Observers of each message, for logs, metrics and traces.
        known_targets: The names of tools and prompts that observers may see, by MCP method.
        on_rejected_state: Called with a request that carries an answer of the user which does not count.
        skill_handlers: The handlers of the extension for skills, by method; without any, it is not declared.
        **handlers: The handlers; unexpected exceptions in them are logged and not sent to the client.
    """
    list_hint = CacheHint(ttl_ms=LIST_TTL_MS, scope="public" if lists_are_shared else "private")
    list_handlers = {
        "tools/list": "on_list_tools",
        "prompts/list": "on_list_prompts",
        "resources/list": "on_list_resources",
        "resources/templates/list": "on_list_resource_templates",
    }
    hints: dict[Any, CacheHint] = {
        method: list_hint for method, name in list_handlers.items() if name in handlers
    }
    masked: dict[str, Any] = {name: _mask_internal_errors(handler) for name, handler in handlers.items()}
    server = SDKServer(
        SERVER_NAME,
        version=__version__,
        title="Docker Hub",
        description="The Docker Hub API for agents.",
        instructions=instructions,
        icons=[types.Icon.model_validate(icon) for icon in ICONS],
        cache_hints={**hints, "server/discover": CacheHint(ttl_ms=LIST_TTL_MS, scope="public")},
        get_tool_input_schema=find_input_schema,
        **masked,
    )
    # This replaces the SDK's own list, which begins with its tracing.
    server.middleware[:] = [
        InstrumentationMiddleware(observers or Observers(), known_targets),
        name_invalid_parameters,
        _decode_string_arguments,
        _add_icons,
        elicitor.create_state_boundary(SERVER_NAME, on_rejected=on_rejected_state),
    ]
    if skill_handlers:
        server.middleware.append(declare_skills)
        for method, handler in skill_handlers.items():
            server.add_request_handler(method, PARAMETERS[method], _mask_internal_errors(handler))
    return server


class SDKServer(Server[Any]):
    """A server that leaves its icons out of the server information in results for clients of 2026-07-28.

    Hosts read the icons from the first response; in every result they would be most of the bytes.
    """

    @property
    def server_info_stamp(self) -> dict[str, Any]:
        """The server information for one result, a new copy."""
        return {**self._server_info_without_icons}

    @cached_property
    def _server_info_without_icons(self) -> dict[str, Any]:
        return self.server_info.model_dump(by_alias=True, mode="json", exclude_none=True, exclude={"icons"})


async def _add_icons(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Add the icons to the first response for clients of 2026-07-28."""
    result = await call_next(ctx)
    if ctx.method == "server/discover" and isinstance(result, dict):
        stamp = (result.get("_meta") or {}).get(SERVER_INFO_META_KEY)
        if isinstance(stamp, dict):
            stamp["icons"] = list(ICONS)
    return result


async def _decode_string_arguments(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Decode arguments that some models send as a JSON string."""
    params = ctx.params
    if ctx.method == "tools/call" and params is not None and isinstance(params.get("arguments"), str):
        try:
            decoded = json.loads(params["arguments"] or "{}")
        except (ValueError, RecursionError):
            decoded = None
        if not isinstance(decoded, dict):
            msg = 'arguments must be an object, such as {"repository": "redis"}'
            raise MCPError(types.INVALID_PARAMS, msg)
        ctx = replace(ctx, params={**params, "arguments": decoded})
    return await call_next(ctx)


def _mask_internal_errors(handler: Handler[ParamsT, ResultT]) -> Handler[ParamsT, ResultT]:
    """Log unexpected exceptions instead of sending their text to the client, as the SDK would."""

    async def call_handler(ctx: Any, params: ParamsT) -> ResultT:
        try:
            return await handler(ctx, params)
        except MCPError:
            raise
        except Exception:
            request_id = get_request_id() or generate_request_id()
            logger.exception("a handler failed", extra={"request_id": request_id})
            msg = f"Internal error; the server's log has details under {request_id}."
            raise MCPError(types.INTERNAL_ERROR, msg) from None

    return call_handler


def reject_cursor(params: types.PaginatedRequestParams | None) -> None:
    """Reject a cursor: every list has one page.

    Raises:
        MCPError: The client sent a cursor.
    """
    if params is not None and params.cursor is not None:
        raise MCPError(types.INVALID_PARAMS, "Unknown cursor: this list has one page. Ask again without one.")
