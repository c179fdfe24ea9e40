"""Prebuilt results of the handshakes and lists, equal to those of the SDK. Needs the standard library only.

A host starts its servers with every conversation and waits for their tools. Loading the SDK takes ten times
as long as everything else, but what hosts ask first has results that never change; `responses.json` contains
them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from dockerhub_mcp.config import Settings
from dockerhub_mcp.server.instructions import build_instructions
from dockerhub_mcp.server.plain.requests import (
    LEGACY,
    LIST_METHODS,
    MODERN,
    PING,
    PlainRequest,
    get_client_capabilities,
)
from dockerhub_mcp.skills import declares_skills
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.filter_types import get_filter_type, list_called_tools
from dockerhub_mcp.tools.catalog.tool_lists import list_tool_infos

RESPONSES_PATH = Path(__file__).with_name("responses.json")
_MAX_RENDERED_LISTS = 32  # callers over HTTP may select their tools
_SHARED, _NOT_SHARED = '"cacheScope":"public"', '"cacheScope":"private"'


class _ListParts(NamedTuple):
    """The JSON texts that a list is built from.

    Attributes:
        entries: The entries: those of tools by name, others with the tools of which one must be enabled.
        legacy: The texts before and behind the entries for clients with a handshake.
        modern: The same for those of 2026-07-28.
    """

    entries: Any
    legacy: tuple[str, ...]
    modern: tuple[str, ...]


class PrebuiltResults:
    """The prebuilt results of a server, as JSON texts.

    Args:
        content: The content of `responses.json`; what these tools do not need of it is not kept.
        tools: The names of the tools that a caller may have.
        with_data: Whether tools have output schemas.
        lists_are_shared: Whether every caller sees the same lists, so that shared caches may keep them.
        instructions: The server's instructions for the model.
        called_tools: The tools that a tool calls, by its name, where an enabled tool makes others callable.

    Attributes:
        versions: The protocol versions that `initialize` may request.
        server_info: The information on this server that each modern result has, as JSON text.
    """

    def __init__(
        self,
        content: dict[str, Any],
        tools: Sequence[str],
        *,
        with_data: bool,
        instructions: str,
        lists_are_shared: bool = True,
        called_tools: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.versions: list[str] = content["versions"]
        self.server_info: str = content["server_info"]
        self._lists_are_shared = lists_are_shared
        self._called_tools = called_tools or {}
        self._handshakes = content["handshakes"]
        self._lists: dict[str, _ListParts] = {
            method: _ListParts(parts["entries"], tuple(parts[LEGACY]), tuple(parts[MODERN]))
            for method, parts in content["lists"].items()
        }
        entries = content["lists"]["tools/list"]["entries"]
        texts = {name: _join_tool(*entries[name], with_data=with_data) for name in tools}
        self._lists["tools/list"] = self._lists["tools/list"]._replace(entries=texts)
        self._instructions = json.dumps(instructions, ensure_ascii=False)
        self._render_list = lru_cache(_MAX_RENDERED_LISTS)(self._build_list)

    def build_result(self, request: PlainRequest, tools: Sequence[str]) -> str | None:
        """Return the result of a handshake, a list or a ping; None for other requests.

        Args:
            request: The request.
            tools: The names of the enabled tools, in order.
        """
        if request.method in LIST_METHODS:
            return self._render_list(request.generation, request.method, tuple(tools))
        if request.method in self._handshakes:
            return self._build_handshake(request)
        return "{}" if request.method == PING else None

    def _build_handshake(self, request: PlainRequest) -> str:
        """Insert the instructions, the protocol version, and the skills for clients that declare them."""
        capability, skills, rest, between, end = self._handshakes[request.method]
        declared = skills if declares_skills(get_client_capabilities(request)) else ""
        return f"{capability}{declared}{rest}{self._instructions}{between}{json.dumps(request.version)}{end}"

    def _build_list(self, generation: str, method: str, tools: tuple[str, ...]) -> str:
        """Return the result of a list request: the enabled tools, or the entries that need one of them."""
        entries, *around = self._lists[method]
        before, after = around[generation == MODERN]
        if method == "tools/list":
            items = [entries[name] for name in tools]
        else:
            usable = set(tools)
            if method == "resources/templates/list":
                usable.update(called for name in tools for called in self._called_tools.get(name, ()))
            items = [text for needs, text in entries if not needs or usable.intersection(needs)]
        if not self._lists_are_shared:
            before, after = (text.replace(_SHARED, _NOT_SHARED) for text in (before, after))
        return f"{before}{','.join(items)}{after}"


def _join_tool(head: str, output_schema: str, tail: str, *, with_data: bool) -> str:
    return f"{head}{output_schema if with_data else ''}{tail}"


def load_prebuilt_results(
    settings: Settings, tools: Sequence[str], *, lists_are_shared: bool = True
) -> PrebuiltResults:
    """Return the prebuilt results for valid settings.

    Args:
        settings: The settings.
        tools: The names of the enabled tools.
        lists_are_shared: Whether every caller sees the same lists.
    """
    return PrebuiltResults(
        read_responses(),
        tools,
        with_data=settings.results == "both",
        instructions=build_instructions(in_sandbox=settings.sandbox, names=settings.names, tools=tools),
        lists_are_shared=lists_are_shared,
        called_tools=list_called_tools(settings.names),
    )


def list_enabled_tools(settings: Settings) -> list[str]:
    """Return the names of the tools that valid settings enable, in order, without loading the tools."""
    filter_type = get_filter_type(settings.names)
    tool_filter = filter_type(
        Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools
    )
    infos = list_tool_infos(settings.names)
    return [tool.name for tool in infos if not tool_filter.disabled_reason(tool)]


def read_responses() -> dict[str, Any]:
    """Return the content of `responses.json`."""
    content: dict[str, Any] = json.loads(RESPONSES_PATH.read_text("utf-8"))
    return content
