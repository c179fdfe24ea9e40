"""The tools of docker/hub-mcp, each of which calls a tool of this project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from dockerhub_mcp.hub.methods.extended import (
    ListRepositoriesByMediaType,
    SearchReviewedExtensions,
    UpdateRepositoryStatus,
)
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.hub_mcp import arguments as models
from dockerhub_mcp.tools.hub_mcp import translation
from dockerhub_mcp.tools.hub_mcp.arguments import HubMcpArguments
from dockerhub_mcp.tools.hub_mcp.member_namespaces import ListAllNamespacesMemberOf
from dockerhub_mcp.tools.hub_mcp.naming import OWN_TOOLS
from dockerhub_mcp.tools.hub_mcp.translation import Translation, pass_on
from dockerhub_mcp.tools.injected_arguments import set_aside_injected_arguments
from dockerhub_mcp.tools.method_tool import MethodTool
from dockerhub_mcp.tools.results.projection import (
    SUMMARY,
    ProjectionError,
    extract_projection,
)
from dockerhub_mcp.tools.results.tool_result import ToolResult
from dockerhub_mcp.tools.tool import Tool, ToolCall
from dockerhub_mcp.tools.validation import ArgumentsError, validate_arguments
from dockerhub_mcp.tools.workflows.base import WorkflowTool

_EXTENDED_TOOLS = {
    "media_types": MethodTool(ListRepositoriesByMediaType),
    "extension_reviewed": MethodTool(SearchReviewedExtensions),
    "status": MethodTool(UpdateRepositoryStatus),
}
"""The tools that carry out a call with an argument that the called tool does not take."""

_NAMES = {called[0]: name for name, called in reversed(OWN_TOOLS.items())}
_OWN_NAME = re.compile(rf"\b(?:{'|'.join(_NAMES)})\b")
_SERVER_LINE = re.compile(r"^(?:Note: (?!\|)|PARTIAL, ).*$", re.MULTILINE)


class _NamespacesTool(WorkflowTool):
    """The tool that lists all namespaces of the account."""

    @property
    def called_tools(self) -> tuple[str, ...]:
        """The names of the tools that read the account and its organizations."""
        return OWN_TOOLS[self.name]


class HubMcpTool(Tool):
    """A tool of docker/hub-mcp that calls one of this project.

    Args:
        name: Its name in docker/hub-mcp.
        title: A short title for people.
        description: What it does, for agents.
        arguments_model: The model of its arguments.
        translate: Returns the arguments of the called tool.
    """

    def __init__(
        self,
        name: str,
        title: str,
        description: str,
        arguments_model: type[HubMcpArguments],
        translate: Translation = pass_on,
    ) -> None:
        own = TOOLS_BY_NAME[OWN_TOOLS[name][0]]
        super().__init__(
            name=name,
            title=title,
            description=description,
            methods=own.methods,
            arguments_model=arguments_model,
            result_type=own.result_type,
            area=own.area,
            is_enabled_by_default=own.is_enabled_by_default,
        )
        self._own, self._translate = own, translate

    @property
    def summary(self) -> str:
        """The name of the called tool."""
        return self._own.name

    @property
    def called_tools(self) -> tuple[str, ...]:
        """The name of the called tool."""
        return (self._own.name,)

    def build_meta(self) -> dict[str, Any]:
        """Return the name of the called tool."""
        return {"tools": [self._own.name]}

    def parse(self, arguments: Mapping[str, Any]) -> ToolCall:
        """Validate the arguments of a call, and translate them into a call of the called tool.

        Raises:
            ArgumentsError: An argument is unknown, missing, invalid or not available.
        """
        known_names = list(self.input_schema["properties"])
        arguments, notes = set_aside_injected_arguments(arguments, known_names)
        projection = SUMMARY
        if self._own.item_model is not None:
            try:
                projection, arguments = extract_projection(self.name, self._own.item_model, arguments)
            except ProjectionError as error:
                msg = f"{self.name} was not called. {error}"
                raise ArgumentsError(msg) from None
        accepted = [*known_names, *(["dry_run"] if self.is_mutation else [])]
        call = validate_arguments(self.arguments_model, arguments, tool_name=self.name, known_names=accepted)
        notes = [*getattr(call, "notes", ()), *notes]
        try:
            translated = self._translate(call, notes)
        except ValueError as error:
            msg = f"{self.name} was not called. {error}."
            raise ArgumentsError(msg) from None
        given = {name: value for name, value in translated.items() if value is not None}
        tool = next((_EXTENDED_TOOLS[name] for name in given if name in _EXTENDED_TOOLS), self._own)
        own_call = validate_arguments(
            tool.arguments_model, given, tool_name=self.name, known_names=list(given)
        )
        return ToolCall(own_call, projection, (*getattr(own_call, "notes", ()), *notes), tool)

    async def run(self, context: ToolContext, call: ToolCall) -> ToolResult:
        """Let the called tool carry out the call."""
        return await (call.tool or self._own).run(context, call)

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of the structured content, that of the called tool."""
        return self._own.output_schema

    def adapt_result(self, result: ToolResult) -> ToolResult:
        """Return a result with the names of docker/hub-mcp in its notes, or in its error."""
        if result.is_error:
            return replace(result, text=_rename_tools(result.text))
        return replace(result, text=_SERVER_LINE.sub(lambda line: _rename_tools(line[0]), result.text))


def _rename_tools(text: str) -> str:
    return _OWN_NAME.sub(lambda name: _NAMES[name[0]], text)


HUB_MCP_TOOLS: tuple[Tool, ...] = (
    HubMcpTool(
        "listRepositoriesByNamespace",
        "List repositories by namespace",
        "List the repositories of a namespace, a page at a time. Private ones appear only to an account that "
        "may see them.",
        models.ListRepositoriesArguments,
        translation.translate_repository_list,
    ),
    HubMcpTool(
        "createRepository",
        "Create repository",
        "Create an empty repository in a namespace. Ask the user for its name, and whether it is to be "
        "public or private.",
        models.CreateRepositoryArguments,
        translation.translate_creation,
    ),
    HubMcpTool(
        "getRepositoryInfo",
        "Get repository info",
        "Read one repository: description, overview, pulls, stars, dates, permissions, immutable tags. "
        "Official images are in the namespace library.",
        models.RepositoryArguments,
    ),
    HubMcpTool(
        "checkRepository",
        "Check repository",
        "Check whether a repository exists and is visible to the caller, without reading it.",
        models.RepositoryArguments,
    ),
    HubMcpTool(
        "updateRepositoryInfo",
        "Update repository info",
        "Change the description, the overview or the status of a repository; what is left out stays.",
        models.UpdateRepositoryArguments,
        translation.translate_update,
    ),
    HubMcpTool(
        "listRepositoryTags",
        "List repository tags",
        "List the tags of a repository, newest first, a page at a time, with digests, sizes and platforms.",
        models.ListTagsArguments,
    ),
    HubMcpTool(
        "getRepositoryTag",
        "Get repository tag",
        "Read one tag: the digest to pin, and each platform with its own digest and size.",
        models.TagArguments,
    ),
    HubMcpTool(
        "checkRepositoryTag",
        "Check repository tag",
        "Check whether a tag exists and is visible to the caller, without reading it.",
        models.TagArguments,
    ),
    HubMcpTool(
        "listNamespaces",
        "List namespaces",
        "List the organizations that the signed-in account belongs to, without its personal namespace.",
        models.PageArguments,
    ),
    HubMcpTool(
        "getPersonalNamespace",
        "Get personal namespace",
        "Read the profile of the signed-in account; its username is the personal namespace.",
        models.NoArguments,
    ),
    _NamespacesTool(ListAllNamespacesMemberOf),
    HubMcpTool(
        "search",
        "Search repositories",
        "Search Docker Hub by keywords, best match first. For hardened images of an organization, use "
        "dockerHardenedImages.",
        models.SearchArguments,
        translation.translate_search,
    ),
    HubMcpTool(
        "dockerHardenedImages",
        "List Docker Hardened Images",
        "List the Docker Hardened Images that an organization mirrors, each with its source. The "
        "organization must be entitled to them.",
        models.HardenedImagesArguments,
        translation.translate_hardened_images,
    ),
)
"""The tools, in the order of `OWN_TOOLS`."""
