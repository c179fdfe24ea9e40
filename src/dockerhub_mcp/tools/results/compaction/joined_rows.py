"""Joining the rows of items that differ in nothing but their key, such as the tags of one image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

from dockerhub_mcp.tools.results.compaction.columns import Column
from dockerhub_mcp.tools.results.compaction.token_estimate import estimate_tokens

_MAX_KEYS_PER_ROW = 20


def join_alike(columns: Sequence[Column]) -> tuple[list[Column], list[int], list[str]]:
    """Join neighbouring rows that differ in nothing but the key column, if that makes the table shorter.

    Args:
        columns: The columns, one of which is the key.

    Returns:
        The columns, the number of items on each row, and the line that explains it, if anything changed.
    """
    count = len(columns[0].cells)
    key = next((number for number, column in enumerate(columns) if column.is_key), None)
    others = [column.cells for number, column in enumerate(columns) if number != key]
    if key is None or not others:
        return list(columns), [1] * count, []
    keys, rows = columns[key].cells, list(zip(*others, strict=True))
    groups = [[0]]
    for row in range(1, count):
        first = groups[-1][0]
        is_alike = rows[row] == rows[first] and keys[row] and keys[first]
        if is_alike and len(groups[-1]) < _MAX_KEYS_PER_ROW:
            groups[-1].append(row)
        else:
            groups.append([row])
    explanation = _explain(columns[key].title)
    savings = ((len(group) - 1) * _estimate_row(rows[group[0]]) for group in groups if len(group) > 1)
    if not _exceed(savings, estimate_tokens(explanation)):
        return list(columns), [1] * count, []
    kept = [column.select([group[0] for group in groups]) for column in columns]
    kept[key] = replace(kept[key], cells=[" ".join(keys[row] for row in group) for group in groups])
    return kept, [len(group) for group in groups], [explanation]


def _exceed(numbers: Iterable[int], limit: int) -> bool:
    """Tell whether the sum of numbers is larger than a limit; none after that is computed."""
    return any(total > limit for total in accumulate(numbers))


def _estimate_row(cells: Sequence[str]) -> int:
    return len(cells) + estimate_tokens(" ".join(cells))


def _explain(title: str) -> str:
    return f"Each {title} is an item; the other values of its line hold for it."
