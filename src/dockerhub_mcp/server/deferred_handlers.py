"""Load the handlers of prompts, resources, skills and completions when the first request needs them.

Most hosts never send such a request, and the modules take memory and time to load.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dockerhub_mcp.server.context import RequestContextResolver
from dockerhub_mcp.server.sdk import Handler
from dockerhub_mcp.server.skills.extension import GET_METHOD, LIST_METHOD, READ_DIRECTORY_METHOD

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
_SKILL_METHOD_NAMES = {
    LIST_METHOD: "list_skills",
    GET_METHOD: "get_skill",
    READ_DIRECTORY_METHOD: "read_directory",
}


class DeferredHandlers(NamedTuple):
    """Handlers that are loaded with the first request.

    Attributes:
        of_sdk: The handlers by the names of the SDK's keyword arguments.
        of_skills: The handlers of the extension for skills by their methods.
    """

    of_sdk: dict[str, Handler[Any, Any]]
    of_skills: dict[str, Handler[Any, Any]]


def defer_handlers(
    resolve_context: RequestContextResolver, *, in_sandbox: bool, lists_are_shared: bool
) -> DeferredHandlers:
    """Return the handlers.

    Args:
        resolve_context: Returns the context of a request.
        in_sandbox: Whether the Hub is the embedded sandbox.
        lists_are_shared: Whether every caller sees the same lists.
    """

    @cache
    def load_handlers() -> Handlers:
        from dockerhub_mcp.server.handlers import Handlers  # noqa: PLC0415 - see above

        return Handlers(resolve_context, in_sandbox, lists_are_shared)

    def defer(method_name: str) -> Handler[Any, Any]:
        async def handle(ctx: Any, params: Any) -> Any:
            return await getattr(load_handlers(), method_name)(ctx, params)

        return handle

    return DeferredHandlers(
        {name: defer(method_name) for name, method_name in _METHOD_NAMES.items()},
        {method: defer(method_name) for method, method_name in _SKILL_METHOD_NAMES.items()},
    )
