"""Rendering several objects as a table with a line of column names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from dockerhub_mcp.hub.models import Display, HubModel
from dockerhub_mcp.tools.results.cells import render_cell, render_cells
from dockerhub_mcp.tools.results.compaction.columns import Column, Sentence
from dockerhub_mcp.tools.results.compaction.joined_rows import join_alike
from dockerhub_mcp.tools.results.compaction.legend import abbreviate
from dockerhub_mcp.tools.results.projected_values import FieldValues, project_values
from dockerhub_mcp.tools.results.projection import SUMMARY, Projection, get_display
from dockerhub_mcp.tools.results.sanitize import inline, sanitize_line
from dockerhub_mcp.tools.results.table_lines import Table
from dockerhub_mcp.tools.results.values import (
    MAX_CELL_CHARS,
    MAX_NAME_CHARS,
    NO_IMAGE_TEXT,
    format_short,
    shorten_digests,
)

_LINUX_PREFIX = "linux/"
_NEVER_ABBREVIATED = frozenset({Display.DIGEST, Display.SIZE, Display.DATETIME})
_SPARSE_SHARE = 0.2


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
    return TableBuilder(model, rows, projection, keep_digests=keep_digests).build(len(rows))


class TableBuilder:
    """Builds the tables of the first rows of a list; the text of a cell is built once for all of them.

    Args:
        model: The model of the items.
        rows: The values of the items; more may be appended.
        projection: The selected fields.
        keep_digests: Whether to show digests whole, and only the fields that have a value.
    """

    def __init__(
        self,
        model: type[HubModel],
        rows: Sequence[FieldValues],
        projection: Projection = SUMMARY,
        *,
        keep_digests: bool = False,
    ) -> None:
        self._model, self._rows, self._projection = model, rows, projection
        self._keeps_digests = keep_digests
        self._shapes: list[tuple[str, ...]] = []
        self._values: dict[str, list[Any]] = {}
        self._cells: dict[str, list[str]] = {}
        self._sentences: dict[str, list[Sentence]] = {}
        self._linux_platforms: list[str] = []

    def build(self, count: int) -> Table:
        """Return the table of the first rows."""
        shared, columns = self.build_columns(count)
        if not columns:
            return Table(shared, [], [])
        columns, item_counts, explanation = join_alike(columns)
        columns, legend = abbreviate(columns)
        titles = " | ".join([column.title for column in columns])
        lines = list(map(_join_cells, zip(*[column.cells for column in columns], strict=True)))
        return Table([*shared, *legend, *explanation, titles], lines, item_counts)

    def build_columns(self, count: int) -> tuple[list[str], list[Column]]:
        """Return the line of the values that the first rows share, if any, and the columns of the others."""
        selected = () if self._keeps_digests else self._projection.fields  # shown even if empty
        self._shapes += map(tuple, self._rows[len(self._shapes) : count])
        shapes = Counter(self._shapes[:count])
        names = list(dict.fromkeys([*selected, *chain.from_iterable(shapes)]))
        values = {name: self._collect_values(name, count) for name in names}
        shared = _find_constant_columns(values, shapes) if count > 1 else []
        names = [name for name in names if name not in shared]
        if not selected:
            names[1:] = sorted(names[1:], key=lambda name: _is_sparse(name, shapes, count))
        columns = [self._build_column(name, values[name]) for name in names]
        pairs = [self._describe_shared(name, values[name][0]) for name in shared]
        # Values that differ may look the same, such as times of one day.
        alike = [column for column in columns[1:] if column.is_constant]
        pairs += [f"{column.title}={column.cells[0]}" for column in alike]
        columns = [column for column in columns if column not in alike] if alike else columns
        return [f"All have {', '.join(pairs)}"] if pairs else [], columns

    def _collect_values(self, name: str, count: int) -> list[Any]:
        known = self._values.setdefault(name, [])
        known += [row.get(name) for row in self._rows[len(known) : count]]
        return known[:count]

    def _describe_shared(self, name: str, value: Any) -> str:
        display, is_whole = get_display(self._model, name), self._projection.shows_whole(name)
        if display is Display.DIGEST and name in self._projection.short_fields:
            _, (cell, *_) = _render_digest_column(name, [value])
        else:
            cell = render_cell(value, display, is_whole)
        return f"{_add_note(self._model, name, name)}={cell}"

    def _build_column(self, name: str, values: Sequence[Any]) -> Column:
        model, display = self._model, get_display(self._model, name)
        title, cells = self._render_column(name, values, display, self._projection.shows_whole(name))
        is_key = model.joins_alike and name == model.key_field
        return Column(
            _add_note(model, name, title),
            cells,
            is_key=is_key,
            may_abbreviate=not is_key and _may_abbreviate(model, name),
            sentences=self._list_sentences(name, len(values)) if name in model.sentence_fields else (),
        )

    def _render_column(
        self, name: str, values: Sequence[Any], display: Display | None, untruncated: bool
    ) -> tuple[str, list[str]]:
        if display is Display.DIGEST:
            if not untruncated and not self._keeps_digests:
                return _render_digest_column(name, values)
            if all(str(value or "").startswith("sha256:") for value in values):
                return f"{name} sha256:", [inline(value[7:]) for value in values]
        if name == "platform_sizes":
            return _render_platform_sizes(name, values, untruncated)
        if name == "platforms" and (texts := self._render_linux_platforms(values)) is not None:
            return f"{name} ({_LINUX_PREFIX})", texts
        cells = self._cells.setdefault(name, [])
        if len(cells) < len(values):
            cells += render_cells(values[len(cells) :], display, untruncated)
        return name, cells[: len(values)]

    def _render_linux_platforms(self, values: Sequence[Any]) -> list[str] | None:
        """Return lists of platforms without their system, or None where one is of another system."""
        known = self._linux_platforms
        texts: dict[tuple[Any, ...], str] = {}
        for value in values[len(known) :]:
            key = tuple(value or ())
            try:
                if key not in texts:
                    if not all(str(each).startswith(_LINUX_PREFIX) for each in key):
                        return None
                    texts[key] = format_short([each[len(_LINUX_PREFIX) :] for each in key])
            except TypeError:  # images, not their names
                return None
            known.append(texts[key])
        return known[: len(values)]

    def _list_sentences(self, name: str, count: int) -> list[Sentence]:
        kind, subject = self._model.sentence_fields[name]
        max_chars = 0 if self._projection.shows_whole(name) else MAX_CELL_CHARS
        known = self._sentences.setdefault(name, [])
        known += [
            Sentence(
                sanitize_line(row.get(name) or "", max_chars), str(row.get(kind)), str(row.get(subject, ""))
            )
            for row in self._rows[len(known) : count]
        ]
        return known[:count]


def _is_sparse(name: str, shapes: Mapping[tuple[str, ...], int], count: int) -> bool:
    """Tell whether many cells of a column are empty; those at the end of a row are left out.

    Args:
        name: The name of the column.
        shapes: How many rows have which names.
        count: The number of rows.
    """
    return sum(rows for names, rows in shapes.items() if name not in names) > count * _SPARSE_SHARE


def _join_cells(cells: Sequence[str]) -> str:
    """Return a row without the separators of empty cells at its end, of which one stays in an empty row."""
    if cells[-1]:
        return " | ".join(cells).rstrip()
    filled = max((number for number, cell in enumerate(cells, 1) if cell), default=2)
    return " | ".join(cells[:filled]).rstrip()


def _may_abbreviate(model: type[HubModel], name: str) -> bool:
    """Tell whether labels may replace repeated values; not those that other calls need."""
    return name != model.key_field and get_display(model, name) not in _NEVER_ABBREVIATED


def _add_note(model: type[HubModel], name: str, title: str) -> str:
    note = model.field_notes.get(name)
    return f"{title} ({note})" if note else title


def _find_constant_columns(
    values: Mapping[str, Sequence[Any]], shapes: Mapping[tuple[str, ...], int]
) -> list[str]:
    """Return the columns with the same value in every row, except for one if that would leave none."""
    same = [
        name
        for name, column in values.items()
        if column[-1] == column[0]
        and column.count(column[0]) == len(column)
        and all(name in names for names in shapes)
    ]
    return same if len(same) < len(values) else same[1:]


def _render_digest_column(name: str, values: Sequence[Any]) -> tuple[str, list[str]]:
    short_forms = shorten_digests(values)
    return f"{name} (short)", [short_forms.get(value or "", "") for value in values]


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
