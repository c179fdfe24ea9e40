"""The SDK handlers of prompts, resources, skills and completions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from dockerhub_mcp.server import resources
from dockerhub_mcp.server.completions import CompletionError, complete_argument
from dockerhub_mcp.server.context import RequestContextResolver
from dockerhub_mcp.server.prompts.render import PromptError, list_available_prompts, render_prompt
from dockerhub_mcp.server.sdk import LIST_TTL_MS, reject_cursor
from dockerhub_mcp.server.skills import resources as skill_resources
from dockerhub_mcp.server.skills.extension import GetSkillParams, ReadDirectoryParams
from dockerhub_mcp.server.status import render_status


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers.

    Attributes:
        resolve_context: Returns the context of a request.
        in_sandbox: Whether the Hub is the embedded sandbox.
        lists_are_shared: Whether every caller sees the same skills, so that shared caches may keep them.
    """

    resolve_context: RequestContextResolver
    in_sandbox: bool
    lists_are_shared: bool

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
        """Read a resource, or a file of a skill."""
        request = self.resolve_context(ctx)
        if params.uri.startswith(skill_resources.SCHEME):
            contents = skill_resources.read_file(params.uri, request.registry)
            return types.ReadResourceResult(
                contents=[contents], ttl_ms=LIST_TTL_MS, cache_scope=self._cache_scope
            )

        async def read_status() -> str:
            return await render_status(request, in_sandbox=self.in_sandbox)

        return await resources.read_resource(
            params.uri, request, read_status, protocol_version=ctx.protocol_version
        )

    async def list_skills(self, ctx: Any, params: types.PaginatedRequestParams) -> dict[str, Any]:
        """List the skills with enabled tools."""
        reject_cursor(params)
        skills = skill_resources.list_entries(self.resolve_context(ctx).registry)
        return {"skills": skills, **self._build_cache_fields(ctx)}

    async def get_skill(self, ctx: Any, params: GetSkillParams) -> dict[str, Any]:
        """Describe one skill."""
        skill = skill_resources.get_entry(params.uri, self.resolve_context(ctx).registry)
        return {"skill": skill, **self._build_cache_fields(ctx)}

    async def read_directory(self, ctx: Any, params: ReadDirectoryParams) -> dict[str, Any]:
        """List what is directly in a directory of skills."""
        reject_cursor(params)
        found = skill_resources.list_directory(params.uri, self.resolve_context(ctx).registry)
        children = [each.model_dump(by_alias=True, mode="json", exclude_none=True) for each in found]
        return {"resources": children, **self._build_cache_fields(ctx)}

    @property
    def _cache_scope(self) -> Literal["public", "private"]:
        return "public" if self.lists_are_shared else "private"

    def _build_cache_fields(self, ctx: Any) -> dict[str, Any]:
        """Return what allows clients to cache a result, which protocols before 2026-07-28 do not have."""
        if ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return {}
        return {"ttlMs": LIST_TTL_MS, "cacheScope": self._cache_scope}

    async def complete_argument(self, ctx: Any, params: types.CompleteRequestParams) -> types.CompleteResult:
        """Complete an argument of a prompt or a URI template."""
        try:
            return await complete_argument(params, self.resolve_context(ctx))
        except (CompletionError, PromptError) as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
