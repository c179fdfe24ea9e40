"""The index of all tools: what is known of each without loading it, and where it is defined.

`index.json` is generated from the tools. Reading it needs the standard library and plain enumerations only,
so that a server lists, enables and refuses tools without importing what only their calls need.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

from dockerhub_mcp.hub.api.enums import Area, Effect, Scope, Service
from dockerhub_mcp.tools.access import Access, MethodInfo, ToolInfo

INDEX_PATH = Path(__file__).with_name("index.json")


class ToolDefinition(NamedTuple):
    """The class that defines a tool: a Hub method or a workflow.

    Attributes:
        module: The dotted name of its module.
        class_name: Its name.
    """

    module: str
    class_name: str


class _Index(NamedTuple):
    infos: tuple[ToolInfo, ...]
    definitions: dict[str, ToolDefinition]


def load_tool_infos() -> tuple[ToolInfo, ...]:
    """Return the facts about every tool of this project, in the order of the API reference."""
    return _load_index().infos


def find_definition(name: str) -> ToolDefinition | None:
    """Return what defines the tool with a name of this project; None for other names."""
    return _load_index().definitions.get(name)


def load_routes() -> frozenset[tuple[str, str]]:
    """Return the verb and the path template of every request that a tool may send to the Hub."""
    return frozenset((verb, path) for verb, path in _read_file()["routes"])


def forget_index() -> None:
    """Let the next use read the index again, which was just generated."""
    _load_index.cache_clear()


@cache
def _load_index() -> _Index:
    """Return what is needed of the index at any time, a third of the whole."""
    content = _read_file()
    methods = {name: _parse_method(values) for name, values in content["methods"].items()}
    infos = tuple(_parse_tool(name, entry, methods) for name, entry in content["tools"].items())
    definitions = {
        name: ToolDefinition(intern(entry["module"]), entry["class"])
        for name, entry in content["tools"].items()
    }
    return _Index(infos, definitions)


def _parse_tool(name: str, entry: dict[str, Any], methods: dict[str, MethodInfo]) -> ToolInfo:
    return ToolInfo(
        name,
        Access(entry["access"]),
        intern(entry["area"]),
        entry["default"],
        Effect(entry["effect"]),
        secret_arguments=tuple(entry.get("secrets", ())),
        required_methods=tuple(methods[method] for method in entry["requires"]),
    )


def _parse_method(values: list[Any]) -> MethodInfo:
    service, effect, area, scope, *rest = values
    return MethodInfo(Service(service), Effect(effect), Area(area), Scope(scope), *rest)


def _read_file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(INDEX_PATH.read_text("utf-8"))
    return content
