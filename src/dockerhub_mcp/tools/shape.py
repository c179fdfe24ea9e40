"""Results as an agent reads them: what matters first, nothing empty, one line that tells where one is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dockerhub_mcp.hub.method import Method
from dockerhub_mcp.hub.models import HubModel, Image, Page
from dockerhub_mcp.hub.walk import Walk
from dockerhub_mcp.tools.results.rendering import table, thing, values_of
from dockerhub_mcp.tools.results.selection import BRIEF, Selection
from dockerhub_mcp.tools.results.untrusted import clean, clean_data, told

ROOM = 32_768
"""Bytes of text that a result may have, unless somebody chose otherwise."""

_LARGEST_PAGE, _GOOD_PAGE = 100, 40  # items; smaller pages take more calls


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a tool call: the text, the same as data, and whether it is an error."""

    text: str
    data: dict[str, Any] | None = None
    is_error: bool = False
    secret: str = ""
    """A line with a new secret that a person agreed to see; the only text that is not redacted."""
    untrusted: tuple[str, ...] = ()
    """The fields in it that hold text by strangers."""
    lasting: bool = True
    """Whether the same would be told again in a moment; not a list that trouble cut short."""


@dataclass(frozen=True, slots=True)
class View:
    """How results are shown: what of them, and how much."""

    selection: Selection = BRIEF
    room: int = ROOM


def shape_object(result: HubModel, notes: Sequence[str], view: View = View()) -> Outcome:
    """Shape a single thing."""
    if result.items and not view.selection.full:
        return _mere_list(result, notes, view)
    selection, room = view.selection, view.room
    shown = _noted(notes)
    room -= _bytes(shown)
    names = tuple(_whole(result)) if selection.full else selection.names(result)
    left_out: list[str] = []
    while True:
        kept = Selection(tuple(name for name in names if name not in left_out), selection.full)
        lines = (
            [_full_line(result, left_out)] if selection.full else _thing(result, selection, kept, left_out)
        )
        if _bytes(lines) <= room or len(left_out) == len(names):
            break
        left_out.append(_largest(result, names, left_out))
    if left_out:
        which = ", ".join(left_out)
        shown.append(f"LEFT OUT for its size: {which}. Ask for less with fields, or for it alone.")
    data = _data(result, Selection(kept.fields) if left_out else selection)
    return Outcome("\n".join([*shown, *lines]), data, untrusted=strangers(result))


def _mere_list(result: HubModel, notes: Sequence[str], view: View) -> Outcome:
    """Shape a thing that is but a list of others; it is cut at an item."""
    outer = values_of(result, BRIEF, listed=False)
    items = outer.pop(result.items, [])
    about = [f"{name}: {value}" for name, value in outer.items()]
    head = [*_noted(notes), *about]
    kept, lines = _fitting(items, view.selection, view.room - _bytes(head) - 200)
    head.append(
        f"{result.items} ({kept} of {len(items)}):" if kept < len(items) else f"{result.items} ({kept}):"
    )
    if kept < len(items):
        head.insert(
            0,
            f"CUT at {view.room} bytes: {len(items) - kept} more are not shown. fields makes items shorter.",
        )
    shown = [_data(item, view.selection, listed=True) for item in items[:kept]]
    data = {**{name: plain_value(value) for name, value in outer.items()}, result.items: shown}
    return Outcome("\n".join([*head, *lines]), data, untrusted=strangers(result))


def _thing(result: HubModel, selection: Selection, kept: Selection, left_out: Sequence[str]) -> list[str]:
    """Render what is kept; the fields that were not asked for by name are still shown in brief."""
    if not left_out:
        return thing(result, selection)
    return thing(result, kept) if kept.fields else []


def _whole(result: HubModel) -> dict[str, Any]:
    """Return all that the Hub said, but for fields that may hold a secret."""
    hidden = {name for name, field in type(result).model_fields.items() if not field.repr}
    dumped: dict[str, Any] = result.model_dump(mode="json", exclude_none=True, exclude=hidden)
    return dumped


def _full_line(result: HubModel, left_out: Sequence[str] = ()) -> str:
    whole = _whole(result)
    return compact(clean_data({name: value for name, value in whole.items() if name not in left_out}))


def _largest(result: HubModel, names: Sequence[str], left_out: Sequence[str]) -> str:
    sizes = {
        name: len(json.dumps(plain_value(getattr(result, name, None)), default=str))
        for name in names
        if name not in left_out
    }
    return max(sizes, key=lambda name: sizes[name])


def shape_page(
    method: Method[Any],
    page: Page[Any],
    notes: Sequence[str],
    view: View = View(),
) -> Outcome:
    """Shape one page of a list."""
    if "page" not in type(method).model_fields:
        return _list(page.results, {"count": len(page.results)}, notes, view)
    number, size = getattr(method, "page", 1), getattr(method, "page_size", len(page.results))
    more = bool(page.next) if "next" in page.model_fields_set else len(page.results) >= size
    where = {
        "page": number,
        "page_size": size,
        "count": page.count,
        "next_page": number + 1 if more and page.results else None,
    }
    return _list(page.results, where, notes, view)


def shape_walk(walked: Walk[Any], notes: Sequence[str], view: View = View()) -> Outcome:
    """Shape what a walk over pages has read."""
    where = {
        "page": walked.page,
        "page_size": walked.page_size,
        "count": walked.total,
        "next_page": walked.next_page,
        "partial": told(walked.stopped_by) if walked.stopped_by else None,
    }
    return _list(walked.results, where, notes, view)


def _list(items: Sequence[HubModel], where: dict[str, Any], notes: Sequence[str], view: View) -> Outcome:
    where = {name: value for name, value in where.items() if value is not None}
    room = view.room - _bytes(_noted(notes)) - len(str(where.get("partial", ""))) - 400
    kept, lines = _fitting(items, view.selection, room)
    cut = len(items) - kept
    if cut and "page" in where:
        kept, resumed = _resume(where["page"], where["page_size"], kept)
        cut = len(items) - kept
        where |= resumed
        lines = _lines_of(items[:kept], view.selection)
    head = [_head(kept, where)]
    if cut:
        head.append(
            f"CUT at {view.room} bytes: {cut} more were read and are not shown"
            + (" (the next page begins with them)." if "page" in where else ".")
            + " fields makes items shorter."
        )
    if "partial" in where:
        head.append(f"PARTIAL, the list is cut short: {where['partial']}")
    data = {"results": [_data(item, view.selection, listed=True) for item in items[:kept]], **where}
    text = "\n".join([*head, *_noted(notes), *lines])
    found = strangers(items[0]) if items else ()
    return Outcome(text, data, untrusted=found, lasting="partial" not in where)


def _lines_of(items: Sequence[HubModel], selection: Selection) -> list[str]:
    if not items:
        return []
    return [_full_line(item) for item in items] if selection.full else table(items, selection)


def _fitting(items: Sequence[HubModel], selection: Selection, room: int) -> tuple[int, list[str]]:
    """Return how many of the items there is room for, and their lines."""
    lines = _lines_of(items, selection)
    kept = len(items)
    while kept and _bytes(lines) > room:
        # The lines of fewer items are about as much shorter; what all have in common may change.
        kept = min(kept - 1, kept * room // _bytes(lines))
        lines = _lines_of(items[:kept], selection)
    return kept, lines


def _resume(page: int, size: int, kept: int) -> tuple[int, dict[str, int]]:
    """Return how many items to keep so that a page of some size begins right behind them, and that page.

    Pages are counted by their size: behind item 60 comes page 4 of 20, but no page of 100.
    """
    before = (page - 1) * size
    sizes = {count: _page_size(before + count) for count in range(kept, kept // 2, -1)}
    best = next((count for count, fits in sizes.items() if fits >= _GOOD_PAGE), 0)
    best = best or max(sizes, key=lambda count: sizes[count], default=0)
    if not best:
        return 0, {"next_page": page}
    return best, {"next_page": (before + best) // sizes[best] + 1, "page_size": sizes[best]}


def _page_size(end: int) -> int:
    """Return the largest size of pages of which one ends here."""
    return next(size for size in range(min(end, _LARGEST_PAGE), 0, -1) if end % size == 0)


def _head(shown: int, where: dict[str, Any]) -> str:
    of = f" of {where['count']}" if "count" in where else ""
    noun = "item" if not of and shown == 1 else "items"
    head = f"{shown}{of} {noun}" + (f", from page {where['page']}." if "page" in where else ".")
    if "next_page" in where:
        return f"{head} Go on with page={where['next_page']}, page_size={where['page_size']}."
    return head + (" This is the end of the list." if shown else " Nothing matches.")


def strangers(item: HubModel) -> tuple[str, ...]:
    """Return the fields of a thing, and of the things in it, that hold text by strangers."""
    found = list(item.strangers)
    for name in type(item).model_fields:
        value = getattr(item, name, None)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, HubModel):
            found += [f"{name}.{each}" for each in strangers(inner)]
    return tuple(dict.fromkeys(found))


def brief(item: HubModel, *, listed: bool = False) -> dict[str, Any]:
    """Return the fields of an item that a reader wants, without what is empty."""
    return _data(item, BRIEF, listed=listed)


def _data(item: HubModel, selection: Selection, *, listed: bool = False) -> dict[str, Any]:
    if selection.full:
        whole: dict[str, Any] = clean_data(_whole(item))  # type: ignore[assignment]
        return whole
    values = values_of(item, selection, listed=listed)
    return {name: plain_value(value) for name, value in values.items()}


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it: moments as text, models in brief, texts clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, HubModel):
        return brief(value)
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, Image) and item.is_attestation)]
        return [plain_value(item) for item in kept if item is not None]
    if isinstance(value, dict):
        return {key: plain_value(item) for key, item in value.items()}
    return value


def _noted(notes: Sequence[str]) -> list[str]:
    return [f"Note: {note}" for note in notes]


def compact(data: Any) -> str:
    """Return JSON on one line."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _bytes(lines: Sequence[str]) -> int:
    return sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)
