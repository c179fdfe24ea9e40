"""The line of a key in a TOML document."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.cli.cleanup.toml_lines import find_line

DOCUMENT = '''\
# comment = 1

a = """
b = 2
"""
list = [
    # c = 3
    1,
]
x.y = 4
[table]
b = 5

[ "quoted # name" ]
  "c.d"   = 6
in = { line = 7 }
[table.below]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (["a"], 3),
        (["list"], 6),
        (["x"], 10),
        (["x", "y"], 10),
        (["table"], 11),
        (["table", "b"], 12),
        (["quoted # name"], 14),
        (["quoted # name", "c.d"], 15),
        (["quoted # name", "in", "line"], 16),
        (["table", "below"], 17),
    ],
)
def test_a_key_is_found_where_its_statement_begins(path: list[str], line: int) -> None:
    assert find_line(DOCUMENT, path) == line


STATEMENTS = st.sampled_from(
    [["= 1"], ["= [", "1,", "# no = 3", "]"], ['= """', "k0 = 1", '"""'], ["= { a = 1 }"]]
)


@given(st.lists(st.tuples(st.lists(st.sampled_from(["", "# k0 = 1"]), max_size=2), STATEMENTS), min_size=1))
def test_each_key_of_any_document_is_found(parts: list[tuple[list[str], list[str]]]) -> None:
    lines: list[str] = []
    expected = []
    for number, (before, (first, *rest)) in enumerate(parts):
        lines += before
        expected.append(len(lines) + 1)
        lines += chain([f"k{number} {first}"], rest)
    text = "\n".join(lines)
    assert [find_line(text, [f"k{number}"]) for number in range(len(parts))] == expected
