"""Fitting a result into its size limit: whole items of a list, or fewer fields of a single object."""

from __future__ import annotations

from collections.abc import Callable

from dockerhub_mcp.tools.results.objects import fit_object
from dockerhub_mcp.tools.results.rows import ListRows
from dockerhub_mcp.tools.results.table_lines import byte_length, truncate_lines
from dockerhub_mcp.tools.results.tool_result import ResultView

_FIRST_BATCH_SIZE = 200
"""Items rendered at first: a result has room for a few hundred of the thousands that may have been read."""
_MIN_FILLED_SHARE = 7 / 8
_FIRST_STEP_BYTES, _MAX_STEP_SHARE = 16, 16


class Batch:
    """How many items are rendered next, until they take more room than there is.

    Each item may change the lines above the rows: without growing steps, it would be rendered many times.

    Args:
        max_bytes: The room.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._step = max_bytes, 8
        self.count = _FIRST_BATCH_SIZE

    def grow(self, used: int) -> None:
        """Increase the number of items, given how many bytes the last batch took."""
        count = self.count
        self.count = min(2 * count, count * self._max_bytes // max(1, used) + self._step)
        self._step *= 2


def fit_items(
    items: ListRows,
    view: ResultView,
    build_header: Callable[[int], list[str]],
    adjust_count: Callable[[int], int] = lambda kept: kept,
) -> tuple[int, str, list[str]]:
    """Fit the first items of a list into the size limit.

    Args:
        items: The items.
        view: The selected fields and the limit.
        build_header: Returns the lines above the items, given how many items are kept.
        adjust_count: Lowers the number of items that fit, so that the list can be continued behind them.

    Returns:
        The number of items kept, the text, and the fields omitted where even one item does not fit.
    """
    limit = remaining = view.available_bytes
    step = _FIRST_STEP_BYTES
    while True:
        fit, rows = _fit_rows(items, remaining) if remaining > 0 else (0, [])
        kept = adjust_count(fit) if fit else 0
        lines = [*build_header(kept), *(rows if kept == fit else items.render(kept).lines)]
        if items.first is None or (kept and byte_length(lines) <= limit):
            return kept, "\n".join(truncate_lines(lines, limit)), []
        if not kept:
            header = truncate_lines(build_header(1), limit // 2)
            lines, omitted = fit_object(items.first, view.projection, limit - byte_length(header))
            return 1, "\n".join([*header, *lines]), omitted
        remaining -= max(step, byte_length(lines) - limit)
        # Fewer items may take more room, so that the same ones would be tried again and again.
        step = max(_FIRST_STEP_BYTES, min(2 * step, limit // _MAX_STEP_SHARE))


def _fit_rows(items: ListRows, max_bytes: int) -> tuple[int, list[str]]:
    """Return how many of the items fit, and their lines."""
    available, batch = items.available, Batch(max_bytes)
    while True:
        table = items.render(kept := min(available, batch.count))
        used = byte_length(table.lines)
        if used > max_bytes or kept == available:
            break
        batch.grow(used)
    step, too_many = 1, kept + 1
    while kept and used > max_bytes:
        # With fewer items, the lines above the rows may change, and joined rows are shorter.
        too_many = kept
        kept = max(0, min(kept - step, table.count_fitting_items(max_bytes) or kept // 2))
        table, step = items.render(kept), 2 * step
        used = byte_length(table.lines)
    # The lines above many items may take the room of many more of few items.
    while used < max_bytes * _MIN_FILLED_SHARE and too_many - kept > 1:
        more = items.render(middle := (kept + too_many) // 2)
        more_used = byte_length(more.lines)
        if more_used <= max_bytes:
            kept, table, used = middle, more, more_used
        else:
            too_many = middle
    return kept, table.lines
