"""The tools of docker/hub-mcp, each of which calls a tool of this project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from dockerhub_mcp.tools.catalog.loading import build_tool, load_own_tool
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.hub_mcp import arguments as models
from dockerhub_mcp.tools.hub_mcp import translation
from dockerhub_mcp.tools.hub_mcp.arguments import HubMcpArguments
from dockerhub_mcp.tools.hub_mcp.naming import NAMESPACES_TOOL_NAME, OWN_TOOLS
from dockerhub_mcp.tools.hub_mcp.translation import Translation, pass_on
from dockerhub_mcp.tools.injected_arguments import set_aside_injected_arguments
from dockerhub_mcp.tools.results.projection import (
    SUMMARY,
    ProjectionError,
    extract_projection,
)
from dockerhub_mcp.tools.results.tool_result import ToolResult
from dockerhub_mcp.tools.tool import Tool, ToolCall
from dockerhub_mcp.tools.validation import ArgumentsError, validate_arguments

_EXTENDED_METHODS = {
    "media_types": "ListRepositoriesByMediaType",
    "extension_reviewed": "SearchReviewedExtensions",
    "status": "UpdateRepositoryStatus",
}
"""The methods that carry out a call with an argument that the called tool does not take."""

_NAMES = {called[0]: name for name, called in reversed(OWN_TOOLS.items())}
_OWN_NAME = re.compile(rf"\b(?:{'|'.join(_NAMES)})\b")
_SERVER_LINE = re.compile(r"^(?:Note: (?!\|)|PARTIAL, ).*$", re.MULTILINE)


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
        own = load_own_tool(OWN_TOOLS[name][0])
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
        tool = next(map(_load_extended_tool, filter(_EXTENDED_METHODS.get, given)), self._own)
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


def _load_extended_tool(argument: str) -> Tool:
    extended = import_module("dockerhub_mcp.hub.methods.extended")
    return build_tool(getattr(extended, _EXTENDED_METHODS[argument]))


def _rename_tools(text: str) -> str:
    return _OWN_NAME.sub(lambda name: _NAMES[name[0]], text)


@dataclass(frozen=True, slots=True)
class _Declaration:
    """What a tool has that the called one has not; see `HubMcpTool`."""

    title: str
    description: str
    arguments_model: type[HubMcpArguments]
    translate: Translation = pass_on


_DECLARATIONS = {
    "listRepositoriesByNamespace": _Declaration(
        "List repositories by namespace",
        "List the repositories of a namespace, a page at a time. Private ones appear only to an account that "
        "may see them.",
        models.ListRepositoriesArguments,
        translation.translate_repository_list,
    ),
    "createRepository": _Declaration(
        "Create repository",
        "Create an empty repository in a namespace. Ask the user for its name, and whether it is to be "
        "public or private.",
        models.CreateRepositoryArguments,
        translation.translate_creation,
    ),
    "getRepositoryInfo": _Declaration(
        "Get repository info",
        "Read one repository: description, overview, pulls, stars, dates, permissions, immutable tags. "
        "Official images are in the namespace library.",
        models.RepositoryArguments,
    ),
    "checkRepository": _Declaration(
        "Check repository",
        "Check whether a repository exists and is visible to the caller, without reading it.",
        models.RepositoryArguments,
    ),
    "updateRepositoryInfo": _Declaration(
        "Update repository info",
        "Change the description, the overview or the status of a repository; what is left out stays.",
        models.UpdateRepositoryArguments,
        translation.translate_update,
    ),
    "listRepositoryTags": _Declaration(
        "List repository tags",
        "List the tags of a repository, newest first, a page at a time, with digests, sizes and platforms.",
        models.ListTagsArguments,
    ),
    "getRepositoryTag": _Declaration(
        "Get repository tag",
        "Read one tag: the digest to pin, and each platform with its own digest and size.",
        models.TagArguments,
    ),
    "checkRepositoryTag": _Declaration(
        "Check repository tag",
        "Check whether a tag exists and is visible to the caller, without reading it.",
        models.TagArguments,
    ),
    "listNamespaces": _Declaration(
        "List namespaces",
        "List the organizations that the signed-in account belongs to, without its personal namespace.",
        models.PageArguments,
    ),
    "getPersonalNamespace": _Declaration(
        "Get personal namespace",
        "Read the profile of the signed-in account; its username is the personal namespace.",
        models.NoArguments,
    ),
    "search": _Declaration(
        "Search repositories",
        "Search Docker Hub by keywords, best match first. For hardened images of an organization, use "
        "dockerHardenedImages.",
        models.SearchArguments,
        translation.translate_search,
    ),
    "dockerHardenedImages": _Declaration(
        "List Docker Hardened Images",
        "List the Docker Hardened Images that an organization mirrors, each with its source. The "
        "organization must be entitled to them.",
        models.HardenedImagesArguments,
        translation.translate_hardened_images,
    ),
}


@cache
def load_hub_mcp_tool(name: str) -> Tool:
    """Return the tool with a name of docker/hub-mcp, always the same instance, and load what it calls.

    Raises:
        KeyError: No tool has the name.
    """
    if name == NAMESPACES_TOOL_NAME:
        from dockerhub_mcp.tools.hub_mcp.member_namespaces import build_namespaces_tool  # noqa: PLC0415

        return build_namespaces_tool()
    declared = _DECLARATIONS[name]
    return HubMcpTool(
        name, declared.title, declared.description, declared.arguments_model, declared.translate
    )


def list_hub_mcp_tools() -> tuple[Tool, ...]:
    """Return all of them, in the order of `OWN_TOOLS`."""
    return tuple(map(load_hub_mcp_tool, OWN_TOOLS))
