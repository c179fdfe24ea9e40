"""Load the handlers of prompts, resources and completions when the first request needs them.

Most hosts never send such a request, and the modules take memory and time to load.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from dockerhub_mcp.server.context import RequestContextResolver
from dockerhub_mcp.server.sdk import Handler

if TYPE_CHECKING:
    from dockerhub_mcp.server.handlers import Handlers

_METHOD_NAMES = {
    "on_list_prompts": "list_prompts",
    "on_get_prompt": "get_prompt",
    "on_list_resources": "list_resources",
    "on_list_resource_templates": "list_resource_templates",
    "on_read_resource": "read_resource",
    "on_completion": "complete_argument",
}


def defer_handlers(
    resolve_context: RequestContextResolver, *, in_sandbox: bool
) -> dict[str, Handler[Any, Any]]:
    """Return the handlers by the names of the SDK's keyword arguments.

    Args:
        resolve_context: Returns the context of a request.
        in_sandbox: Whether the Hub is the embedded sandbox.
    """

    @cache
    def load_handlers() -> Handlers:
        from dockerhub_mcp.server.handlers import Handlers  # noqa: PLC0415 - see above

        return Handlers(resolve_context, in_sandbox)

    def defer(method_name: str) -> Handler[Any, Any]:
        async def handle(ctx: Any, params: Any) -> Any:
            return await getattr(load_handlers(), method_name)(ctx, params)

        return handle

    return {name: defer(method_name) for name, method_name in _METHOD_NAMES.items()}
