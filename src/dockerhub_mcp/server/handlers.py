"""The SDK handlers of prompts, resources and completions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from dockerhub_mcp.server import resources
from dockerhub_mcp.server.completions import CompletionError, complete_argument
from dockerhub_mcp.server.context import RequestContextResolver
from dockerhub_mcp.server.prompts.render import PromptError, list_available_prompts, render_prompt
from dockerhub_mcp.server.sdk import reject_cursor
from dockerhub_mcp.server.status import render_status


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers.

    Attributes:
        resolve_context: Returns the context of a request.
        in_sandbox: Whether the Hub is the embedded sandbox.
    """

    resolve_context: RequestContextResolver
    in_sandbox: bool

    async def list_prompts(
        self, ctx: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        """List the prompts that the enabled tools can carry out."""
        reject_cursor(params)
        return types.ListPromptsResult(prompts=list_available_prompts(self.resolve_context(ctx).registry))

    async def get_prompt(self, ctx: Any, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        """Render a prompt with its arguments."""
        try:
            return render_prompt(params.name, params.arguments or {}, self.resolve_context(ctx).registry)
        except PromptError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None

    async def list_resources(
        self, _: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """List the resources with a fixed URI."""
        reject_cursor(params)
        return types.ListResourcesResult(resources=list(resources.RESOURCES))

    async def list_resource_templates(
        self, ctx: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """List the URI templates with enabled tools."""
        reject_cursor(params)
        templates = resources.list_enabled_templates(self.resolve_context(ctx).registry)
        return types.ListResourceTemplatesResult(resource_templates=templates)

    async def read_resource(
        self, ctx: Any, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Read a resource."""
        request = self.resolve_context(ctx)

        async def read_status() -> str:
            return await render_status(request, in_sandbox=self.in_sandbox)

        return await resources.read_resource(
            params.uri, request, read_status, protocol_version=ctx.protocol_version
        )

    async def complete_argument(self, ctx: Any, params: types.CompleteRequestParams) -> types.CompleteResult:
        """Complete an argument of a prompt or a URI template."""
        try:
            return await complete_argument(params, self.resolve_context(ctx))
        except (CompletionError, PromptError) as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
