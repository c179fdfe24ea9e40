"""Edit JSON text in place, keeping the formatting and comments of everything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dockerhub_mcp.install.editors.jsonc import Item, JSONDialect, Node, parse

PathSegment = str | int
_WHITESPACE = " \t\r\n"


def render_document(value: Any) -> str:
    """Return a value as the text of a new file."""
    return render_value(value, "", "  ", "\n") + "\n"


def render_value(value: Any, prefix: str, indent: str, newline: str) -> str:
    """Return a value as JSON: each member of an object on its own line, lists of scalars on one.

    Args:
        value: The value.
        prefix: The indentation of the line that it begins on.
        indent: One level of indentation; without any, everything is on one line.
        newline: The line end of the file.
    """
    if isinstance(value, dict) and value:
        parts = [
            f"{_dump_inline(key)}: {render_value(member, prefix + indent, indent, newline)}"
            for key, member in value.items()
        ]
        return _render_container(parts, "{}", prefix, indent, newline)
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        parts = [render_value(item, prefix + indent, indent, newline) for item in value]
        return _render_container(parts, "[]", prefix, indent, newline)
    return _dump_inline(value)


def _render_container(parts: list[str], brackets: str, prefix: str, indent: str, newline: str) -> str:
    inner = prefix + indent
    if not indent:
        return f"{brackets[0]}{', '.join(parts)}{brackets[1]}"
    separator = "," + newline + inner
    return f"{brackets[0]}{newline}{inner}{separator.join(parts)}{newline}{prefix}{brackets[1]}"


def _dump_inline(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def set_value(text: str, path: Sequence[PathSegment], value: Any, dialect: JSONDialect) -> str:
    """Set the value at a path, creating missing objects on the way."""
    node = root = parse(text, dialect)
    for depth, segment in enumerate(path):
        item = _find_item(node, segment)
        if item is None:
            for missing_key in reversed(path[depth + 1 :]):
                value = {missing_key: value}
            return _insert_item(text, root, node, str(segment), value)
        node = item.node
    if node.value == value:
        return text
    indent, newline = _detect_indent(text, root), _detect_newline(text)
    rendered = render_value(value, _get_indentation(text, node.start), indent, newline)
    return text[: node.start] + rendered + text[node.end :]


def read_text(text: str, path: Sequence[PathSegment], dialect: JSONDialect) -> str:
    """Return the text of the value at a path, which must exist."""
    node = _find_node(parse(text, dialect), path)
    return text[node.start : node.end]


def replace_text(text: str, path: Sequence[PathSegment], new_text: str, dialect: JSONDialect) -> str:
    """Replace the text of the value at a path, which must exist, by another."""
    node = _find_node(parse(text, dialect), path)
    return text[: node.start] + new_text + text[node.end :]


def _find_node(node: Node, path: Sequence[PathSegment]) -> Node:
    for segment in path:
        item = _find_item(node, segment)
        assert item is not None  # noqa: S101 - checked by the caller
        node = item.node
    return node


def append_value(text: str, path: Sequence[PathSegment], value: Any, dialect: JSONDialect) -> str:
    """Append an element to the array at a path, creating the array if it is missing."""
    node = root = parse(text, dialect)
    for segment in path:
        item = _find_item(node, segment)
        if item is None:
            return set_value(text, path, [value], dialect)
        node = item.node
    return _insert_item(text, root, node, None, value)


def remove_value(text: str, path: Sequence[PathSegment], dialect: JSONDialect) -> str:
    """Remove the value at a path, if it exists."""
    node = parse(text, dialect)
    for segment in path[:-1]:
        item = _find_item(node, segment)
        if item is None:
            return text
        node = item.node
    item = _find_item(node, path[-1])
    return text if item is None else _remove_item(text, node, node.items.index(item))


def _find_item(node: Node, segment: PathSegment) -> Item | None:
    if isinstance(segment, int):
        return node.items[segment] if segment < len(node.items) else None
    return node.find_item(segment)


def _insert_item(text: str, root: Node, node: Node, key: str | None, value: Any) -> str:
    name = "" if key is None else f"{_dump_inline(key)}: "
    indent, newline = _detect_indent(text, root), _detect_newline(text)
    end = node.end - 1
    content_end = len(text[:end].rstrip(_WHITESPACE))  # before the whitespace in front of the closing bracket
    if not node.items:
        outer = _get_indentation(text, node.start)
        inner = outer + indent
        if not indent and "//" not in text[node.start : content_end]:
            return text[:content_end] + name + render_value(value, "", "", newline) + text[end:]
        member = name + render_value(value, inner, indent, newline)
        return f"{text[:content_end]}{newline}{inner}{member}{newline}{outer}{text[end:]}"
    last = node.items[-1]
    has_own_line = _is_first_on_line(text, last.start)
    prefix = _get_indentation(text, last.start)
    member = name + render_value(value, prefix, indent if has_own_line else "", newline)
    needs_newline = has_own_line or "//" in text[last.node.end : content_end]
    separator = newline + prefix if needs_newline else " "
    if last.comma_offset is not None:
        return f"{text[:content_end]}{separator}{member},{text[content_end:]}"
    return (
        f"{text[: last.node.end]},{text[last.node.end : content_end]}{separator}{member}{text[content_end:]}"
    )


def _remove_item(text: str, node: Node, index: int) -> str:
    item = node.items[index]
    start = len(text[: item.start].rstrip(_WHITESPACE))
    end = item.node.end if item.comma_offset is None else item.comma_offset + 1
    line = text[end : len(text) if (stop := text.find("\n", end)) < 0 else stop]
    before = node.items[index - 1].comma_offset if index else node.start
    if "//" in text[before:start].rpartition("\n")[2] and line.strip():
        # The rest of the line would become part of the comment before the item.
        start = item.start
        end += len(line) - len(line.lstrip(" \t"))
    if index and item.comma_offset is None:
        comma = node.items[index - 1].comma_offset
        assert comma is not None  # noqa: S101 - the text was parsed
        text = text[:comma] + text[comma + 1 :]
        start, end = start - 1, end - 1
        closing = node.end - 2
    else:
        closing = node.end - 1
    rest = text[end:closing]
    if len(node.items) == 1 and not (text[node.start + 1 : start] + rest).strip(_WHITESPACE):
        return text[: node.start + 1] + text[closing:]
    return text[:start] + text[end:]


def _detect_newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _detect_indent(text: str, root: Node) -> str:
    """Return one step of this file's indentation, or nothing where all stands on one line."""
    for item in root.items:
        if _is_first_on_line(text, item.start):
            own, outer = _get_indentation(text, item.start), _get_indentation(text, root.start)
            return own.removeprefix(outer) or "  "
    return "" if root.items else "  "


def _get_indentation(text: str, offset: int) -> str:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _is_first_on_line(text: str, offset: int) -> bool:
    start = text.rfind("\n", 0, offset) + 1
    return start > 0 and not text[start:offset].strip(" \t")
