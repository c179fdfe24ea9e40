"""The data of a result as blocks for a person: tables, names with their values, and texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NAME_FIELDS = frozenset({"name", "slug", "label"})  # of things that a name says all about
_PAGINATION_FIELDS = frozenset({"page", "page_size", "count", "next_page", "partial"})


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a result.

    Attributes:
        title: What it is; empty for the first.
        rows: The rows of a table.
        header: The names of its columns; without them the first column holds names.
        text_lines: Lines instead of a table.
    """

    title: str = ""
    rows: Sequence[Sequence[str]] = ()
    header: Sequence[str] = ()
    text_lines: Sequence[str] = ()

    def rows_with_header(self) -> list[Sequence[str]]:
        """Return the rows with the head, where there is one."""
        return [*([self.header] if self.header else []), *self.rows]


def build_blocks(data: Mapping[str, Any]) -> list[Block]:
    """Return the blocks of a result, without what tells where in a list it is."""
    if _is_page(data):
        return _build_table_blocks("", data["results"])
    return _build_object_blocks("", data)


def format_pagination_hint(data: Mapping[str, Any]) -> str:
    """Return how much of a list it is and how to go on, in words of the command line; empty for a thing."""
    if not _is_page(data):
        return ""
    shown, count = len(data["results"]), data.get("count")
    if not shown and not count:
        return "Nothing matches."
    said = f"{shown} of {count} items." if count is not None else f"{shown} items."
    if "next_page" in data:
        said += f" Go on with --page {data['next_page']} --page-size {data['page_size']}."
    return said


def _is_page(data: Mapping[str, Any]) -> bool:
    return _is_table(data.get("results")) and data.keys() <= _PAGINATION_FIELDS | {"results"}


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _build_object_blocks(title: str, data: Mapping[str, Any]) -> list[Block]:
    pairs, texts, inner = [], [], []
    for name, value in data.items():
        called = f"{title}.{name}" if title else name
        if name == "columns" and _is_grid(data):
            continue
        if name == "rows" and _is_grid(data):
            rows = [[_format_cell(cell) for cell in row] for row in value]
            inner.append(Block(title, rows, header=[_format_cell(cell) for cell in data["columns"]]))
        elif isinstance(value, dict) and any(_has_table(item) for item in value.values()):
            inner += _build_object_blocks(called, value)
        elif _has_table(value):
            inner += _build_table_blocks(f"{called} ({len(value)})", value)
        elif isinstance(value, str) and "\n" in value.strip():
            texts.append(Block(called, text_lines=value.strip("\n").split("\n")))
        else:
            pairs.append((name, _format_cell(value)))
    return [*([Block(title, pairs)] if pairs else []), *inner, *texts]


def _is_grid(data: Mapping[str, Any]) -> bool:
    rows = data.get("rows")
    return isinstance(data.get("columns"), list) and isinstance(rows, list) and all(map(_is_list, rows))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _has_table(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_table(item) for item in value.values())
    return _is_table(value) and any(item.keys() - _NAME_FIELDS for item in value)


def _build_table_blocks(title: str, items: Sequence[Mapping[str, Any]]) -> list[Block]:
    head = list(dict.fromkeys(name for item in items for name in item))
    rows = [[_format_cell(item.get(name)) for name in head] for item in items]
    return [Block(title, rows, head)] if rows else []


def _format_cell(value: Any) -> str:
    """Return a value on one line."""
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        names = [item.get("name") if isinstance(item, dict) else item for item in value]
        if all(isinstance(name, str | int) for name in names):
            return ", ".join(map(_format_cell, names))
    elif isinstance(value, dict) and all(isinstance(item, str | int) for item in value.values()):
        return " ".join(f"{name}={_format_cell(item)}" for name, item in value.items())
    return str(value) if isinstance(value, int | float) else json.dumps(value, ensure_ascii=False)
