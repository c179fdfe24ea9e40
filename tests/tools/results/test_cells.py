"""The cells of a column have the text that each value has alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.models import Display, RepositoryPermissions
from dockerhub_mcp.hub.models.timestamp import NEVER
from dockerhub_mcp.tools.results.cells import RenderedCell, inline_all, render_cell, render_cells
from dockerhub_mcp.tools.results.sanitize import inline
from tests.support.property_testing import examples

TEXTS = st.one_of(
    st.sampled_from(
        ["", "8.2", "a b", "a\nb", "\n", "é", "x" * 81, "x" * 513, "#1", "sha256:ab", "<!-- a -->"]
    ),
    st.text(max_size=5),
)
VALUES = [
    TEXTS,
    st.integers(-5, 10**19),
    st.booleans(),
    st.floats(),
    st.sampled_from([NEVER, datetime(2025, 1, 2, 3, 4, tzinfo=UTC), datetime(30, 1, 2, tzinfo=UTC)]),
    TEXTS.map(RenderedCell),
    st.lists(TEXTS, max_size=2),
    st.just(RepositoryPermissions(read=True)),
]
COLUMNS = st.one_of(
    *(st.lists(st.one_of(st.none(), kind), max_size=6) for kind in VALUES),
    st.lists(st.one_of(VALUES), max_size=6),
)


@given(COLUMNS, st.sampled_from([None, *Display]), st.booleans())
@examples(300)
def test_cells_are_those_of_single_values(
    values: list[Any], display: Display | None, untruncated: bool
) -> None:
    assert render_cells(values, display, untruncated) == [
        render_cell(value, display, untruncated) for value in values
    ]


@given(st.lists(st.one_of(st.none(), TEXTS), max_size=6), st.sampled_from([0, 1, 80]))
@examples(200)
def test_texts_are_inlined_as_single_ones(texts: list[str | None], max_chars: int) -> None:
    assert inline_all(texts, max_chars) == [inline(text, max_chars) if text else "" for text in texts]
