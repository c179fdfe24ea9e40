"""What the server offers beside tools: prompts, resources and completions, for whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from dockerhub_mcp.server import resources
from dockerhub_mcp.server.completions import CompletionError, complete_argument
from dockerhub_mcp.server.prompts.render import PromptError, list_available_prompts, render_prompt
from dockerhub_mcp.server.status import render_status
from dockerhub_mcp.tools.cache import ResultCache
from dockerhub_mcp.tools.lookup import Lookup

if TYPE_CHECKING:
    from dockerhub_mcp.server.factory import RequestContext


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers.

    Attributes:
        resolve_context: Finds what a request is served with.
        cache: What was answered a moment ago, to tools too.
        max_bytes: Bytes of text that a result may have.
        cache_ttl: Seconds that a read is kept.
        in_sandbox: Whether the Hub is the embedded one.
    """

    resolve_context: Callable[[Any], RequestContext]
    cache: ResultCache
    max_bytes: int
    cache_ttl: float
    in_sandbox: bool

    def as_sdk_handlers(self) -> dict[str, Any]:
        """Return the handlers by the names that the SDK has for them."""
        return {
            "on_list_prompts": self.list_prompts,
            "on_get_prompt": self.get_prompt,
            "on_list_resources": self.list_resources,
            "on_list_resource_templates": self.list_resource_templates,
            "on_read_resource": self.read_resource,
            "on_completion": self.complete_argument,
        }

    async def list_prompts(
        self, ctx: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        """List the prompts that the tools of this request can carry out."""
        reject_cursor(params)
        return types.ListPromptsResult(prompts=list_available_prompts(self.resolve_context(ctx).registry))

    async def get_prompt(self, ctx: Any, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        """Fill in a prompt."""
        try:
            return render_prompt(params.name, params.arguments or {}, self.resolve_context(ctx).registry)
        except PromptError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None

    async def list_resources(
        self, _: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """List what has an address of its own."""
        reject_cursor(params)
        return types.ListResourcesResult(resources=list(resources.RESOURCES))

    async def list_resource_templates(
        self, ctx: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """List the addresses with names to fill in."""
        reject_cursor(params)
        templates = resources.list_enabled_templates(self.resolve_context(ctx).registry)
        return types.ListResourceTemplatesResult(resource_templates=templates)

    async def read_resource(
        self, ctx: Any, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Read a resource."""
        service = self.resolve_context(ctx)

        async def read_status() -> str:
            return await render_status(
                service.hub,
                service.registry,
                service.mutation_policy,
                cache_ttl=self.cache_ttl,
                max_bytes=self.max_bytes,
                in_sandbox=self.in_sandbox,
            )

        return await resources.read_resource(
            params.uri, self._create_lookup(service), read_status, protocol_version=ctx.protocol_version
        )

    async def complete_argument(self, ctx: Any, params: types.CompleteRequestParams) -> types.CompleteResult:
        """Complete an argument."""
        try:
            return await complete_argument(params, self._create_lookup(self.resolve_context(ctx)))
        except (CompletionError, PromptError) as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None

    def _create_lookup(self, context: RequestContext) -> Lookup:
        return Lookup(context.hub, context.registry, self.cache, self.max_bytes)


def reject_cursor(params: types.PaginatedRequestParams | None) -> None:
    """Refuse a cursor: nobody was given one.

    Raises:
        MCPError: There is one.
    """
    if params is not None and params.cursor is not None:
        raise MCPError(types.INVALID_PARAMS, "Unknown cursor: this list has one page. Ask again without one.")
