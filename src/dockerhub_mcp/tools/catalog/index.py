"""The index of all tools: what is known of each without loading it, and where it is defined.

`index.json` is generated from the tools. Reading it needs the standard library and plain enumerations only,
so that a server lists, enables and refuses tools without importing what only their calls need.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dockerhub_mcp.hub.api.enums import Area, Effect, Scope, Service
from dockerhub_mcp.tools.access import Access, MethodInfo, ToolInfo

INDEX_PATH = Path(__file__).with_name("index.json")


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """The class that defines a tool: a Hub method or a workflow.

    Attributes:
        module: The dotted name of its module.
        class_name: Its name.
    """

    module: str
    class_name: str


@cache
def load_tool_infos() -> tuple[ToolInfo, ...]:
    """Return the facts about every tool of this project, in the order of the API reference."""
    index = _read_index()
    methods = {name: _parse_method(values) for name, values in index["methods"].items()}
    return tuple(
        ToolInfo(
            name,
            Access(entry["access"]),
            entry["area"],
            entry["default"],
            Effect(entry["effect"]),
            secret_arguments=tuple(entry.get("secrets", ())),
            required_methods=tuple(methods[method] for method in entry["requires"]),
        )
        for name, entry in index["tools"].items()
    )


def find_definition(name: str) -> ToolDefinition | None:
    """Return what defines the tool with a name of this project; None for other names."""
    entry = _read_index()["tools"].get(name)
    return None if entry is None else ToolDefinition(entry["module"], entry["class"])


def load_routes() -> frozenset[tuple[str, str]]:
    """Return the verb and the path template of every request that a tool may send to the Hub."""
    return frozenset((verb, path) for verb, path in _read_index()["routes"])


def forget_index() -> None:
    """Let the next use read the index again, which was just generated."""
    _read_index.cache_clear()
    load_tool_infos.cache_clear()


def _parse_method(values: list[Any]) -> MethodInfo:
    service, effect, area, scope, *rest = values
    return MethodInfo(Service(service), Effect(effect), Area(area), Scope(scope), *rest)


@cache
def _read_index() -> dict[str, Any]:
    index: dict[str, Any] = json.loads(INDEX_PATH.read_text("utf-8"))
    return index
