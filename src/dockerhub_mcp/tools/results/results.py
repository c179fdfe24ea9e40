"""Results as an agent reads them: what matters first, nothing empty, one line that tells where one is."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.models import HubModel, Image, Page
from dockerhub_mcp.hub.pagination import Walk
from dockerhub_mcp.tools.results.page_cut import resume
from dockerhub_mcp.tools.results.projection import BRIEF, Selection
from dockerhub_mcp.tools.results.sanitize import clean, clean_data, told, word
from dockerhub_mcp.tools.results.tables import (
    how_many_fit,
    squeezed,
    table,
    thing,
    values_of,
    weight,
    with_fewer_rows,
)
from dockerhub_mcp.tools.results.untrusted_fields import strangers

ROOM = 32_768
"""Bytes of text that a result may have, unless somebody chose otherwise."""
_AT_FIRST = 200
"""Items that are tried for their room first: of the thousands that a walk reads, a few hundred have some."""


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
    """How results are shown: what of them, and how much.

    Attributes:
        selection: Which fields.
        room: Bytes that the text of a result may have, everything in it counted.
        reserved: How many of them others will add to the text.
        counted: The argument that skips items of a mere list, and what it was.
        with_data: Whether the result is wanted as data, too.
    """

    selection: Selection = BRIEF
    room: int = ROOM
    reserved: int = 0
    counted: tuple[str, int] | None = None
    with_data: bool = True


def shape_object(result: HubModel, notes: Sequence[str], view: View = View()) -> Outcome:
    """Shape a single thing."""
    if result.items and not view.selection.full:
        return _mere_list(result, notes, view)
    room = view.room - view.reserved
    result, cut = with_fewer_rows(result, view.selection, room - weight(_noted(notes)))
    shown = squeezed([*([cut] if cut else []), *_noted(notes)], room // 2)
    lines, left_out = _fitting_thing(result, view.selection, room - weight(shown))
    data = _data(result, view.selection, without=left_out) if view.with_data else None
    return Outcome("\n".join([*shown, *lines]), data, untrusted=strangers(result))


def _mere_list(result: HubModel, notes: Sequence[str], view: View) -> Outcome:
    """Shape a thing that is but a list of others; it is cut at an item."""
    outer = values_of(result, BRIEF, listed=False)
    items = outer.pop(result.items, [])
    about = [*_noted(notes), *thing(result, without=(result.items,))]

    def frame(kept: int) -> list[str]:
        if kept == len(items):
            return [*about, f"{result.items} ({kept}):"]
        cut = f"CUT at {view.room} bytes: {len(items) - kept} more were read and are not shown. "
        if view.counted:
            cut += f"Go on with {view.counted[0]}={view.counted[1] + kept}. "
        return [f"{cut}fields makes items shorter.", *about, f"{result.items} ({kept} of {len(items)}):"]

    kept, text, left_out = _framed(items, view, frame)
    if not view.with_data:
        return Outcome(text, untrusted=strangers(result))
    shown = [_data(item, view.selection, listed=True, without=left_out) for item in items[:kept]]
    data = {**{name: plain_value(value) for name, value in outer.items()}, result.items: shown}
    return Outcome(text, data, untrusted=strangers(result))


def _fitting_thing(result: HubModel, selection: Selection, room: int) -> tuple[list[str], list[str]]:
    """Return the lines of a thing, and which fields were left out for their size, the largest first."""
    values = _whole(result) if selection.full else _chosen(result, selection)

    def lines_without(left_out: Sequence[str]) -> list[str]:
        said = [_left_out(left_out)] if left_out else []
        if not selection.full:
            return [*said, *thing(result, selection, left_out)]
        gone = set(left_out)
        return [*said, compact({name: value for name, value in values.items() if name not in gone})]

    lines = lines_without([])
    if weight(lines) <= room:
        return lines, []
    sizes = {name: len(compact({name: plain_value(value)}).encode()) for name, value in values.items()}
    names = sorted(values, key=lambda name: sizes[name], reverse=True)
    count, rest = 0, sum(sizes.values())
    while selection.full and count < len(names) and rest > room:  # there may be very many
        count, rest = count + 1, rest - sizes[names[count]]
    count = max(1, count)
    while count < len(names) and weight(lines_without(names[:count])) > room:
        count += 1
    return lines_without(names[:count]), names[:count]


def _left_out(names: Sequence[str]) -> str:
    named = ", ".join(word(name, 24) for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004
    return f"LEFT OUT for its size: {named}{more}. Ask for less with fields, or for it alone."


def _chosen(result: HubModel, selection: Selection) -> dict[str, Any]:
    return {name: getattr(result, name, None) for name in selection.names(result)}


def _whole(result: HubModel) -> dict[str, Any]:
    """Return all that the Hub said, clean, but for fields that may hold a secret."""
    hidden = {"token", *(name for name, field in type(result).model_fields.items() if not field.repr)}
    dumped = clean_data(result.model_dump(mode="json", exclude_none=True, exclude=hidden))
    return cast("dict[str, Any]", dumped)


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
    return _list(page.results, where, notes, view, (number - 1) * size)


def shape_walk(walked: Walk[Any], notes: Sequence[str], view: View = View()) -> Outcome:
    """Shape what a walk over pages has read."""
    where: dict[str, Any] = {
        "page": walked.page,
        "page_size": walked.page_size,
        "count": walked.total,
        "next_page": walked.next_page,
        "partial": told(walked.stopped_by) if walked.stopped_by else None,
    }
    items, before = walked.results, (walked.page - 1) * walked.page_size
    if walked.next_page and len(items) > (walked.next_page - walked.page) * walked.page_size:
        # `max_items` ended it within a page: go on right behind it, with pages of another size.
        kept, there = resume(before, len(items))
        items, where = items[:kept], where | there
    return _list(items, where, notes, view, before)


def _list(
    items: Sequence[HubModel], where: dict[str, Any], notes: Sequence[str], view: View, before: int = 0
) -> Outcome:
    where = {name: value for name, value in where.items() if value is not None}

    def resumed(kept: int) -> tuple[int, dict[str, Any]]:
        if kept == len(items) or "page" not in where:
            return kept, where
        kept, there = resume(before, kept)
        return kept, where | there

    def frame(kept: int) -> list[str]:
        lines = [_head(kept, resumed(kept)[1])]
        if cut := len(items) - kept:
            lines.append(
                f"CUT at {view.room} bytes: {cut} more were read and are not shown"
                + (" (the next page begins with them)." if "page" in where else ".")
                + " fields makes items shorter."
            )
        if "partial" in where:
            lines.append(f"PARTIAL, the list is cut short: {where['partial']}")
        return [*lines, *_noted(notes)]

    kept, text, left_out = _framed(items, view, frame, lambda kept: resumed(kept)[0])
    where = resumed(kept)[1]
    data = None
    if view.with_data:
        shown = [_data(item, view.selection, listed=True, without=left_out) for item in items[:kept]]
        data = {"results": shown, **where}
    found = strangers(items[0]) if items else ()
    return Outcome(text, data, untrusted=found, lasting="partial" not in where)


def _framed(
    items: Sequence[HubModel],
    view: View,
    frame: Callable[[int], list[str]],
    settle: Callable[[int], int] = lambda kept: kept,
) -> tuple[int, str, list[str]]:
    """Return how many items there is room for, the text, and what was left out of a single item.

    Args:
        items: The items.
        view: What of them, and the room.
        frame: Gives the lines before so many items.
        settle: Gives how many of so many are kept for another reason.
    """
    whole = room = view.room - view.reserved
    while True:
        fit, rows = _fitting(items, view.selection, room) if room > 0 else (0, [])
        kept = settle(fit) if fit else 0
        lines = [*frame(kept), *(rows if kept == fit else _lines_of(items[:kept], view.selection))]
        if not items or (kept and weight(lines) <= whole):
            return kept, "\n".join(squeezed(lines, whole)), []
        if not kept:
            around = squeezed(frame(1), whole // 2)
            lines, left_out = _fitting_thing(items[0], view.selection, whole - weight(around))
            return 1, "\n".join([*around, *lines]), left_out
        room -= max(1, weight(lines) - whole)


def _lines_of(items: Sequence[HubModel], selection: Selection) -> list[str]:
    if not items:
        return []
    return [compact(_whole(item)) for item in items] if selection.full else table(items, selection)


def _fitting(items: Sequence[HubModel], selection: Selection, room: int) -> tuple[int, list[str]]:
    """Return how many of the items there is room for, and their lines."""
    kept = min(len(items), _AT_FIRST)
    while (used := weight(lines := _lines_of(items[:kept], selection))) <= room and kept < len(items):
        kept = min(len(items), 2 * kept, kept * room // max(1, used) + 8)
    while kept and weight(lines) > room:
        # The last lines are those of the items; with fewer of them, what all have in common may change.
        kept = min(kept - 1, how_many_fit(lines[-kept:], room - weight(lines[:-kept])))
        lines = _lines_of(items[:kept], selection)
    return kept, lines


def _head(shown: int, where: dict[str, Any]) -> str:
    of = f" of {where['count']}" if "count" in where else ""
    noun = "item" if not of and shown == 1 else "items"
    head = f"{shown}{of} {noun}" + (f", from page {where['page']}." if "page" in where else ".")
    if "next_page" in where:
        return f"{head} Go on with page={where['next_page']}, page_size={where['page_size']}."
    return head + (" This is the end of the list." if shown else " Nothing matches.")


def brief(item: HubModel, *, listed: bool = False) -> dict[str, Any]:
    """Return the fields of an item that a reader wants, without what is empty."""
    return _data(item, BRIEF, listed=listed)


def _data(
    item: HubModel, selection: Selection, *, listed: bool = False, without: Collection[str] = ()
) -> dict[str, Any]:
    if selection.full:
        gone = set(without)
        return {name: value for name, value in _whole(item).items() if name not in gone}
    values = values_of(item, selection, listed=listed)
    return {name: plain_value(value) for name, value in values.items() if name not in without}


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
        return {clean(str(key)): plain_value(item) for key, item in value.items()}
    return clean_data(value)


def _noted(notes: Sequence[str]) -> list[str]:
    return [f"Note: {note}" for note in notes]


def compact(data: Any) -> str:
    """Return JSON on one line."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
