"""Rendering several objects as a table with a line of column names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dockerhub_mcp.hub.models import Display, HubModel
from dockerhub_mcp.tools.results.compaction.columns import Column, Sentence
from dockerhub_mcp.tools.results.compaction.joined_rows import join_alike
from dockerhub_mcp.tools.results.compaction.legend import LABEL_SIGN, abbreviate
from dockerhub_mcp.tools.results.projected_values import FieldValues, is_empty, project_values
from dockerhub_mcp.tools.results.projection import SUMMARY, Projection, get_display
from dockerhub_mcp.tools.results.sanitize import inline, sanitize_line
from dockerhub_mcp.tools.results.table_lines import Table, byte_length
from dockerhub_mcp.tools.results.values import (
    MAX_CELL_CHARS,
    MAX_NAME_CHARS,
    NO_IMAGE_TEXT,
    format_full,
    format_short,
    shorten_digests,
)

_LINUX_PREFIX = "linux/"
_NEVER_ABBREVIATED = frozenset({Display.DIGEST, Display.SIZE, Display.DATETIME})
_MIN_LABEL_CHARS = 2
_SPARSE_SHARE = 0.2


class RenderedCell(str):
    """A value that is the text of its table cell already."""

    __slots__ = ()


def render_table(
    items: Sequence[HubModel], projection: Projection = SUMMARY, *, keep_digests: bool = False
) -> Table:
    """Return objects as a table: the values that all share, the column names, and a row for each."""
    rows = [project_values(item, projection, in_list=True) for item in items]
    return render_rows(type(items[0]), rows, projection, keep_digests=keep_digests)


def render_rows(
    model: type[HubModel],
    rows: Sequence[FieldValues],
    projection: Projection = SUMMARY,
    *,
    keep_digests: bool = False,
) -> Table:
    """Return rows of values as a table, in which texts that are repeated appear once; see `render_table`."""
    shared, columns = render_columns(model, rows, projection, keep_digests=keep_digests)
    if not columns:
        return Table(shared, [], [])
    columns, item_counts, explanation = join_alike(columns)
    columns, legend = abbreviate(columns)
    titles = " | ".join(column.title for column in columns)
    cells = zip(*(column.cells for column in columns), strict=True)
    return Table([*shared, *legend, *explanation, titles], [_join_cells(row) for row in cells], item_counts)


def render_columns(
    model: type[HubModel],
    rows: Sequence[FieldValues],
    projection: Projection = SUMMARY,
    *,
    keep_digests: bool = False,
) -> tuple[list[str], list[Column]]:
    """Return the line of the values that all rows share, if any, and the columns of the others."""
    selected = () if keep_digests else projection.fields  # shown even if empty
    names = list(dict.fromkeys([*selected, *(name for row in rows for name in row)]))
    shared = _find_constant_columns(rows, names) if len(rows) > 1 else []
    names = [name for name in names if name not in shared]
    if not selected:
        names[1:] = sorted(names[1:], key=lambda name: _is_sparse(name, rows))
    columns = [_build_column(model, name, rows, projection, keep_digests=keep_digests) for name in names]
    pairs = []
    for name in shared:
        display, is_whole = get_display(model, name), projection.shows_whole(name)
        if display is Display.DIGEST and name in projection.short_fields:
            _, (cell, *_) = _render_digest_column(name, [rows[0][name]])
        else:
            cell = render_cell(rows[0][name], display, is_whole)
        pairs.append(f"{_add_note(model, name, name)}={cell}")
    # Values that differ may look the same, such as times of one day.
    alike = [column for column in columns[1:] if column.is_constant]
    pairs += [f"{column.title}={column.cells[0]}" for column in alike]
    columns = [column for column in columns if column not in alike]
    return [f"All have {', '.join(pairs)}"] if pairs else [], columns


def _is_sparse(name: str, rows: Sequence[FieldValues]) -> bool:
    """Tell whether many cells of a column are empty; those at the end of a row are left out."""
    return sum(name not in row for row in rows) > len(rows) * _SPARSE_SHARE


def measure_least_bytes(
    model: type[HubModel], rows: Sequence[FieldValues], projection: Projection = SUMMARY
) -> int:
    """Return a number of bytes that rows of values take at least in a table, with any other rows.

    Beside other rows, a row may be joined with another, and labels may replace its texts. Columns that the
    rows share, and prefixes of digests that are unique among them, may be longer beside other rows.
    """
    _, columns = render_columns(model, rows, projection)
    least = [
        [LABEL_SIGN * min(len(cell), _MIN_LABEL_CHARS) for cell in column.cells]
        if column.may_abbreviate or column.sentences
        else column.cells
        for column in [column for column in columns if column.is_key] or columns
    ]
    return byte_length(_join_cells(cells) for cells in zip(*least, strict=True))


def _join_cells(cells: Sequence[str]) -> str:
    """Return a row without the separators of empty cells at its end, of which one stays in an empty row."""
    filled = max((number for number, cell in enumerate(cells, 1) if cell), default=2)
    return " | ".join(cells[:filled]).rstrip()


def _build_column(
    model: type[HubModel],
    name: str,
    rows: Sequence[FieldValues],
    projection: Projection,
    *,
    keep_digests: bool,
) -> Column:
    values, display = [row.get(name) for row in rows], get_display(model, name)
    untruncated = projection.shows_whole(name)
    if display is Display.DIGEST and not untruncated and not keep_digests:
        title, cells = _render_digest_column(name, values)
    else:
        title, cells = _render_column(name, values, display, untruncated)
    is_key = model.joins_alike and name == model.key_field
    return Column(
        _add_note(model, name, title),
        cells,
        is_key=is_key,
        may_abbreviate=not is_key and _may_abbreviate(model, name),
        sentences=_build_sentences(model, name, rows, untruncated=untruncated),
    )


def _may_abbreviate(model: type[HubModel], name: str) -> bool:
    """Tell whether labels may replace repeated values; not those that other calls need."""
    return name != model.key_field and get_display(model, name) not in _NEVER_ABBREVIATED


def _build_sentences(
    model: type[HubModel], name: str, rows: Sequence[FieldValues], *, untruncated: bool
) -> list[Sentence]:
    if name not in model.sentence_fields:
        return []
    kind, subject = model.sentence_fields[name]
    max_chars = 0 if untruncated else MAX_CELL_CHARS
    return [
        Sentence(sanitize_line(row.get(name) or "", max_chars), str(row.get(kind)), str(row.get(subject, "")))
        for row in rows
    ]


def _add_note(model: type[HubModel], name: str, title: str) -> str:
    note = model.field_notes.get(name)
    return f"{title} ({note})" if note else title


def _find_constant_columns(rows: Sequence[FieldValues], columns: Sequence[str]) -> list[str]:
    """Return the columns with the same value in every row, except for one if that would leave none."""
    first = rows[0]
    same = [
        name for name in columns if name in first and all(row.get(name, ...) == first[name] for row in rows)
    ]
    return same if len(same) < len(columns) else same[1:]


def _render_digest_column(name: str, values: Sequence[Any]) -> tuple[str, list[str]]:
    short_forms = shorten_digests(values)
    return f"{name} (short)", [short_forms.get(value or "", "") for value in values]


def _render_column(
    name: str, values: Sequence[Any], display: Display | None, untruncated: bool
) -> tuple[str, list[str]]:
    if display is Display.DIGEST and all(str(value or "").startswith("sha256:") for value in values):
        return f"{name} sha256:", [inline(value[7:]) for value in values]
    if name == "platform_sizes":
        return _render_platform_sizes(name, values, untruncated)
    lists = [value for value in values if isinstance(value, list)]
    if name == "platforms" and all(str(each).startswith(_LINUX_PREFIX) for value in lists for each in value):
        return f"{name} ({_LINUX_PREFIX})", [
            format_short([each[len(_LINUX_PREFIX) :] for each in value or []]) for value in values
        ]
    return name, [render_cell(value, display, untruncated) for value in values]


def _render_platform_sizes(name: str, values: Sequence[Any], untruncated: bool) -> tuple[str, list[str]]:
    """Return the sizes by platform; the title names the platform where it is the same in all rows."""
    platforms = {platform for value in values for platform in value or {}}
    if len(platforms) != 1:
        return name, [render_cell(value, Display.SIZE, untruncated) or NO_IMAGE_TEXT for value in values]
    (platform,) = platforms
    return f"size ({inline(platform, MAX_NAME_CHARS)})", [
        render_cell(value[platform], Display.SIZE, untruncated) if value else NO_IMAGE_TEXT
        for value in values
    ]


def render_cell(value: Any, display: Display | None, untruncated: bool) -> str:
    """Return a value as the text of a table cell."""
    if is_empty(value) or isinstance(value, RenderedCell):
        return value or ""
    return (
        format_full(value, display, untruncated=untruncated)
        if untruncated or display is Display.DIGEST
        else format_short(value, display)
    )
