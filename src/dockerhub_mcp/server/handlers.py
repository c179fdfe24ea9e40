"""What the server offers beside tools: prompts, resources and completions, for whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from dockerhub_mcp.server import resources
from dockerhub_mcp.server.completions import CompletionError, complete
from dockerhub_mcp.server.prompts.render import PromptError, menu, render
from dockerhub_mcp.server.status import state
from dockerhub_mcp.tools.cache import Reads
from dockerhub_mcp.tools.lookup import Lookup

if TYPE_CHECKING:
    from dockerhub_mcp.server.factory import Service


@dataclass(frozen=True, slots=True)
class Beside:
    """The handlers.

    Attributes:
        find: Finds what a request is served with.
        reads: What was answered a moment ago, to tools too.
        room: Bytes of text that a result may have.
        cache_ttl: Seconds that a read is kept.
        in_sandbox: Whether the Hub is the embedded one.
    """

    find: Callable[[Any], Service]
    reads: Reads
    room: int
    cache_ttl: float
    in_sandbox: bool

    def handlers(self) -> dict[str, Any]:
        """Return the handlers by the names that the SDK has for them."""
        return {
            "on_list_prompts": self.list_prompts,
            "on_get_prompt": self.get_prompt,
            "on_list_resources": self.list_resources,
            "on_list_resource_templates": self.list_templates,
            "on_read_resource": self.read_resource,
            "on_completion": self.complete,
        }

    async def list_prompts(
        self, ctx: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        """List the prompts that the tools of this request can carry out."""
        no_cursor(params)
        return types.ListPromptsResult(prompts=menu(self.find(ctx).registry))

    async def get_prompt(self, ctx: Any, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        """Fill in a prompt."""
        try:
            return render(params.name, params.arguments or {}, self.find(ctx).registry)
        except PromptError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None

    async def list_resources(
        self, _: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """List what has an address of its own."""
        no_cursor(params)
        return types.ListResourcesResult(resources=list(resources.RESOURCES))

    async def list_templates(
        self, ctx: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """List the addresses with names to fill in."""
        no_cursor(params)
        templates = resources.templates_of(self.find(ctx).registry)
        return types.ListResourceTemplatesResult(resource_templates=templates)

    async def read_resource(
        self, ctx: Any, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Read a resource."""
        service = self.find(ctx)

        async def own_state() -> str:
            return await state(
                service.hub,
                service.registry,
                service.writing,
                cache_ttl=self.cache_ttl,
                room=self.room,
                in_sandbox=self.in_sandbox,
            )

        return await resources.read(
            params.uri, self._lookup(service), own_state, protocol_version=ctx.protocol_version
        )

    async def complete(self, ctx: Any, params: types.CompleteRequestParams) -> types.CompleteResult:
        """Complete an argument."""
        try:
            return await complete(params, self._lookup(self.find(ctx)))
        except (CompletionError, PromptError) as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None

    def _lookup(self, service: Service) -> Lookup:
        return Lookup(service.hub, service.registry, self.reads, self.room)


def no_cursor(params: types.PaginatedRequestParams | None) -> None:
    """Refuse a cursor: nobody was given one.

    Raises:
        MCPError: There is one.
    """
    if params is not None and params.cursor is not None:
        raise MCPError(types.INVALID_PARAMS, "Unknown cursor: this list has one page. Ask again without one.")
