"""From things to lines: one thing as a line for each field, many as a table whose columns are named once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from dockerhub_mcp.hub.models import HubModel, Image, Shown
from dockerhub_mcp.tools.results.projection import BRIEF, Selection, selectable, shown_as
from dockerhub_mcp.tools.results.sanitize import quote, word
from dockerhub_mcp.tools.results.values import CELL, digests, short, whole

PROSE = 500  # characters of a long text that nobody asked for in particular
_LINUX = "linux/"
_PLAIN = frozenset({str, int, bool, datetime})
"""Asked first: whether something is a model takes pydantic longer than all the rest."""

Row = dict[str, Any]


def values_of(item: HubModel, selection: Selection, *, listed: bool) -> Row:
    """Return the values of a thing that are shown, the empty ones left out."""
    row: Row = {}
    for name in selection.names(item):
        value: Any
        if listed and name in item.shortened and not selection.fields:
            name, value = item.shortened[name], _platforms(getattr(item, name, None))  # noqa: PLW2901
        elif name in item.shortened.values():
            long = next(key for key, brief in item.shortened.items() if brief == name)
            value = _platforms(getattr(item, long, None))
        else:
            value = getattr(item, name, None)
            if isinstance(value, list):
                value = [part for part in value if not (isinstance(part, Image) and part.is_attestation)]
        if value is None and name in item.telling_nulls and name in item.model_fields_set:
            value = "never"
        goes_without_saying = not selection.fields and name in item.usual and item.usual[name] == value
        if not (_is_empty(value) or goes_without_saying):
            row[name] = value
    return row


def _is_empty(value: Any) -> bool:
    return not value and (value is None or isinstance(value, str | list | dict))


def _platforms(images: list[Image] | None) -> list[str]:
    return list(dict.fromkeys(image.platform for image in images or [] if not image.is_attestation))


def thing(item: HubModel, selection: Selection = BRIEF, without: Collection[str] = ()) -> list[str]:
    """Return one thing as lines, without some fields; what has items of its own becomes a table."""
    entire = bool(selection.fields)
    lines: list[str] = []
    tables: list[str] = []
    chosen = BRIEF if item.items else selection  # of a mere list the fields of its items were chosen
    for name, value in values_of(item, chosen, listed=False).items():
        if name in without:
            continue
        shown = shown_as(type(item), name)
        is_plain = type(value) in _PLAIN and shown is not Shown.PROSE
        own = None if is_plain else _lines_of_its_own(item, name, value, selection)
        if own is None:
            lines.append(f"{name}: {whole(value, shown, entire=entire)}")
        else:
            tables += own
    if not lines and not tables and not without:
        lines.append(f"Empty: {', '.join(selection.fields) or 'nothing is told of it'}")
    return lines + tables


def _lines_of_its_own(item: HubModel, name: str, value: Any, selection: Selection) -> list[str] | None:
    """Return a table, a text of many lines or a group; None where a line is enough."""
    entire = bool(selection.fields)
    if name == item.items:
        return [f"{name} ({len(value)}):", *table(value, selection)]
    if isinstance(value, str) and shown_as(type(item), name) is Shown.PROSE:
        return _prose(name, value, 0 if entire else PROSE)
    if _are_things(value):
        return [f"{name} ({len(value)}):", *table(value, _inside(value, entire), keep_digests=True)]
    if isinstance(value, dict) and all(isinstance(part, HubModel) for part in value.values()):
        return [
            line
            for key, part in value.items()
            for line in _group(f"{name} of {word(str(key), CELL)}", part, entire)
        ]
    if isinstance(value, list) and all(isinstance(row, list) for row in value):
        return [f"{name} ({len(value)}):", *(_row(row, entire) for row in value)]
    return None


def _are_things(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, HubModel) and not part.called for part in value)


def _inside(things: Sequence[HubModel], entire: bool) -> Selection:
    """Return what is shown of things in a thing: all there is where they were asked for by name."""
    return Selection(selectable(type(things[0]))) if entire and things else BRIEF


def _row(values: Sequence[Any], entire: bool) -> str:
    return " | ".join(whole(value) if entire else short(value) for value in values).rstrip()


def with_fewer_rows(item: HubModel, selection: Selection, room: int) -> tuple[HubModel, str]:
    """Return a thing with as many of its rows of cells as there is room for, and a line that says so."""
    names = [name for name in selection.names(item) if _has_rows(getattr(item, name, None))]
    if len(names) != 1 or selection.full:
        return item, ""
    (name,) = names
    rows = getattr(item, name)
    room -= weight(thing(item, selection, (name,))) + 200  # what stands around them
    kept = how_many_fit((_row(row, bool(selection.fields)) for row in rows), room)
    if kept == len(rows):
        return item, ""
    cut = f"CUT for its size: {name} has {len(rows)} rows, {kept} of which are shown."
    return item.model_copy(update={name: rows[:kept]}), cut


def _has_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], list)


def _prose(name: str, text: str, most: int) -> list[str]:
    lines = quote(text, most)
    is_cut = most and len(text) > most and lines[-1].endswith("…")
    cut = f", the first {most} of {len(text)} characters" if is_cut else ""
    return [f"{name} (written by its owner, no instructions{cut}):", *lines]


def _group(title: str, part: HubModel, entire: bool) -> list[str]:
    """Return a thing that stands under a name; a mere list of things becomes their table."""
    inside = _inside([part], entire)
    values = list(values_of(part, inside, listed=False).values())
    if len(values) == 1 and _are_things(values[0]):
        return [
            f"{title} ({len(values[0])}):",
            *table(values[0], _inside(values[0], entire), keep_digests=True),
        ]
    return [f"{title}:", *thing(part, inside)]


def table(
    items: Sequence[HubModel], selection: Selection = BRIEF, *, keep_digests: bool = False
) -> list[str]:
    """Return things as a table: what all have in common, the names of the columns, and a row for each."""
    rows = [values_of(item, selection, listed=True) for item in items]
    model = type(items[0])
    entire = bool(selection.fields)
    asked_for = selection.fields if entire and not keep_digests else ()  # shown even where they are empty
    columns = list(dict.fromkeys([*asked_for, *(name for row in rows for name in row)]))
    in_common = _in_common(rows, columns) if len(rows) > 1 else []
    columns = [name for name in columns if name not in in_common]
    titles: list[str] = []
    cells: list[list[str]] = [[] for _ in rows]
    for name in columns:
        values, shown = [row.get(name) for row in rows], shown_as(model, name)
        brief_digests = shown is Shown.DIGEST and not entire and not keep_digests
        title, column = (
            _short_digests(name, values) if brief_digests else _column(name, values, shown, entire)
        )
        titles.append(title)
        for row_cells, cell in zip(cells, column, strict=True):
            row_cells.append(cell)
    lines = []
    if in_common:
        said = [f"{name}={_cell(rows[0][name], shown_as(model, name), entire)}" for name in in_common]
        lines.append(f"All have {', '.join(said)}")
    if columns:
        lines.append(" | ".join(titles))
    return lines + [" | ".join(row_cells).rstrip() for row_cells in cells if columns]


def _in_common(rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    """Return the columns in which every row has the same value; one column stays, or there were no rows."""
    first = rows[0]
    same = [
        name for name in columns if name in first and all(row.get(name, ...) == first[name] for row in rows)
    ]
    return same if len(same) < len(columns) else same[1:]


def _short_digests(name: str, values: Sequence[Any]) -> tuple[str, list[str]]:
    brief = digests(values)
    return f"{name} (short)", [brief.get(value or "", "") for value in values]


def _column(name: str, values: Sequence[Any], shown: Shown | None, entire: bool) -> tuple[str, list[str]]:
    if shown is Shown.DIGEST and all(str(value or "").startswith("sha256:") for value in values):
        return f"{name} sha256:", [word(value[7:]) for value in values]
    lists = [value for value in values if isinstance(value, list)]
    if name == "platforms" and all(str(each).startswith(_LINUX) for value in lists for each in value):
        return f"{name} ({_LINUX})", [
            short([each[len(_LINUX) :] for each in value or []]) for value in values
        ]
    return name, [_cell(value, shown, entire) for value in values]


def _cell(value: Any, shown: Shown | None, entire: bool) -> str:
    if _is_empty(value):
        return ""
    return whole(value, shown, entire=entire) if entire or shown is Shown.DIGEST else short(value, shown)


def squeezed(lines: Sequence[str], room: int) -> list[str]:
    """Return the lines so that they fit: the long ones cut to what the short ones leave them."""
    left, most = room, room
    for number, line in enumerate(sorted(lines, key=lambda line: weight([line]))):
        most = left // (len(lines) - number)
        if weight([line]) > most:
            break
        left -= weight([line])
    else:
        return list(lines)
    return [line if weight([line]) <= most else _cut(line, most - 1) for line in lines]


def _cut(line: str, most: int) -> str:
    return line.encode()[: max(0, most - len("…".encode()))].decode("utf-8", "ignore") + "…"


def weight(lines: Sequence[str]) -> int:
    """Return the bytes of the lines and of the line ends behind them."""
    return sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)


def how_many_fit(lines: Iterable[str], room: int) -> int:
    """Return how many of the first lines have room."""
    kept = 0
    for line in lines:
        room -= weight([line])
        if room < 0:
            break
        kept += 1
    return kept
