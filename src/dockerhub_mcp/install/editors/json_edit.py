"""Changes in a JSON text that touch nothing but what they are about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dockerhub_mcp.install.editors.jsonc import Item, Node, Rules, parse

Step = str | int
_SPACE = " \t\r\n"


def fresh(value: Any) -> str:
    """Return the text of a new file."""
    return render(value, "", "  ", "\n") + "\n"


def render(value: Any, prefix: str, unit: str, newline: str) -> str:
    """Return a value as people write it: an object's members on lines of their own, lists of words on one.

    Args:
        value: What to write.
        prefix: The indentation of the line that it begins on.
        unit: One more step of indentation; without any, all of it stands on one line.
        newline: How this file ends its lines.
    """
    if isinstance(value, dict) and value:
        parts = [f"{_text(key)}: {render(one, prefix + unit, unit, newline)}" for key, one in value.items()]
        return _lines(parts, "{}", prefix, unit, newline)
    if isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        parts = [render(one, prefix + unit, unit, newline) for one in value]
        return _lines(parts, "[]", prefix, unit, newline)
    return _text(value)


def _lines(parts: list[str], around: str, prefix: str, unit: str, newline: str) -> str:
    inner = prefix + unit
    if not unit:
        return f"{around[0]}{', '.join(parts)}{around[1]}"
    between = "," + newline + inner
    return f"{around[0]}{newline}{inner}{between.join(parts)}{newline}{prefix}{around[1]}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def put(text: str, path: Sequence[Step], value: Any, rules: Rules) -> str:
    """Set what a path leads to, and make the objects on the way that are not there."""
    node = root = parse(text, rules)
    for depth, step in enumerate(path):
        item = _find(node, step)
        if item is None:
            for missing in reversed(path[depth + 1 :]):
                value = {missing: value}
            return _add(text, root, node, str(step), value)
        node = item.node
    if node.value == value:
        return text
    unit, newline = _unit(text, root), _newline(text)
    written = render(value, _indentation(text, node.start), unit, newline)
    return text[: node.start] + written + text[node.end :]


def append(text: str, path: Sequence[Step], value: Any, rules: Rules) -> str:
    """Add an element to the array that a path leads to, and make the array when it is not there."""
    node = root = parse(text, rules)
    for step in path:
        item = _find(node, step)
        if item is None:
            return put(text, path, [value], rules)
        node = item.node
    return _add(text, root, node, None, value)


def drop(text: str, path: Sequence[Step], rules: Rules) -> str:
    """Take away what a path leads to, if it is there."""
    node = parse(text, rules)
    for step in path[:-1]:
        item = _find(node, step)
        if item is None:
            return text
        node = item.node
    item = _find(node, path[-1])
    return text if item is None else _cut(text, node, node.items.index(item))


def _find(node: Node, step: Step) -> Item | None:
    if isinstance(step, int):
        return node.items[step] if step < len(node.items) else None
    return node.item(step)


def _add(text: str, root: Node, node: Node, key: str | None, value: Any) -> str:
    name = "" if key is None else f"{_text(key)}: "
    unit, newline = _unit(text, root), _newline(text)
    end = node.end - 1
    behind = len(text[:end].rstrip(_SPACE))  # where what stands before the closing bracket ends
    if not node.items:
        outer = _indentation(text, node.start)
        inner = outer + unit
        if not unit and "//" not in text[node.start : behind]:
            return text[:behind] + name + render(value, "", "", newline) + text[end:]
        member = name + render(value, inner, unit, newline)
        return f"{text[:behind]}{newline}{inner}{member}{newline}{outer}{text[end:]}"
    last = node.items[-1]
    on_its_own = _starts_its_line(text, last.start)
    prefix = _indentation(text, last.start)
    member = name + render(value, prefix, unit if on_its_own else "", newline)
    wraps = on_its_own or "//" in text[last.node.end : behind]
    joint = newline + prefix if wraps else " "
    if last.comma is not None:
        return f"{text[:behind]}{joint}{member},{text[behind:]}"
    return f"{text[: last.node.end]},{text[last.node.end : behind]}{joint}{member}{text[behind:]}"


def _cut(text: str, node: Node, index: int) -> str:
    item = node.items[index]
    start = len(text[: item.start].rstrip(_SPACE))
    end = item.node.end if item.comma is None else item.comma + 1
    line = text[end : len(text) if (stop := text.find("\n", end)) < 0 else stop]
    before = node.items[index - 1].comma if index else node.start
    if "//" in text[before:start].rpartition("\n")[2] and line.strip():
        # What goes on behind it on this line would become part of the comment before it.
        start = item.start
        end += len(line) - len(line.lstrip(" \t"))
    if index and item.comma is None:
        comma = node.items[index - 1].comma
        assert comma is not None  # noqa: S101 - or it would not have been read
        text = text[:comma] + text[comma + 1 :]
        start, end = start - 1, end - 1
        closing = node.end - 2
    else:
        closing = node.end - 1
    rest = text[end:closing]
    if len(node.items) == 1 and not (text[node.start + 1 : start] + rest).strip(_SPACE):
        return text[: node.start + 1] + text[closing:]
    return text[:start] + text[end:]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _unit(text: str, root: Node) -> str:
    """Return one step of this file's indentation, or nothing where all stands on one line."""
    for item in root.items:
        if _starts_its_line(text, item.start):
            own, outer = _indentation(text, item.start), _indentation(text, root.start)
            return own.removeprefix(outer) or "  "
    return "" if root.items else "  "


def _indentation(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _starts_its_line(text: str, at: int) -> bool:
    start = text.rfind("\n", 0, at) + 1
    return start > 0 and not text[start:at].strip(" \t")
