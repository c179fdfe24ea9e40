"""Arrange the data of a result in blocks: tables, names with their values, and multi-line texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dockerhub_mcp.tools.results.position import ListPosition

_NAME_FIELDS = frozenset({"name", "slug", "label"})  # items with no other fields are shown as a list of names
_PAGINATION_FIELDS = frozenset(ListPosition.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a result: a table, with column names in `header` or names in the first column, or text."""

    title: str = ""
    rows: Sequence[Sequence[str]] = ()
    header: Sequence[str] = ()
    text_lines: Sequence[str] = ()


def build_blocks(data: Mapping[str, Any]) -> list[Block]:
    """Return the blocks of a result, without the fields that describe its page."""
    return _build_table_blocks("", data["results"]) if _is_page(data) else _build_object_blocks("", data)


def format_pagination_hint(data: Mapping[str, Any]) -> str:
    """Return how many of the items are shown and the options for the next page; empty for a single object."""
    if not _is_page(data):
        return ""
    position = ListPosition.from_data(data)
    if position.page == 1:
        position = replace(position, page=None)  # goes without saying at a terminal
    has_next = position.next_page is not None
    following = f"--page {position.next_page} --page-size {position.page_size}" if has_next else ""
    return position.describe(len(data["results"]), following)


def _is_page(data: Mapping[str, Any]) -> bool:
    return _is_list_of(dict, data.get("results")) and data.keys() <= _PAGINATION_FIELDS | {"results"}


def _is_list_of(item_type: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, item_type) for item in value)


def _build_object_blocks(title: str, data: Mapping[str, Any]) -> list[Block]:
    is_grid = isinstance(data.get("columns"), list) and _is_list_of(list, data.get("rows"))
    pairs, nested, texts = [], [], []
    for name, value in data.items():
        path = f"{title}.{name}" if title else name
        if is_grid and name == "columns":
            continue
        if is_grid and name == "rows":
            rows = [[_format_cell(cell) for cell in row] for row in value]
            nested.append(Block(title, rows, header=[_format_cell(cell) for cell in data["columns"]]))
        elif isinstance(value, dict) and any(map(_contains_table, value.values())):
            nested += _build_object_blocks(path, value)
        elif _contains_table(value):
            nested += _build_table_blocks(f"{path} ({len(value)})", value)
        elif isinstance(value, str) and "\n" in value.strip():
            texts.append(Block(path, text_lines=value.strip("\n").split("\n")))
        else:
            pairs.append((name, _format_cell(value)))
    return [*([Block(title, pairs)] if pairs else []), *nested, *texts]


def _contains_table(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_contains_table, value.values()))
    return _is_list_of(dict, value) and any(item.keys() - _NAME_FIELDS for item in value)


def _build_table_blocks(title: str, items: Sequence[Mapping[str, Any]]) -> list[Block]:
    header = list(dict.fromkeys(name for item in items for name in item))
    rows = [[_format_cell(item.get(name)) for name in header] for item in items]
    return [Block(title, rows, header)] if rows else []


def _format_cell(value: Any) -> str:
    """Return a value as one line of text."""
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
