from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.cli.call.layout import build_blocks, format_pagination_hint
from dockerhub_mcp.cli.call.tables import fit_column_widths, render_plain


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"exists": True}, "exists  true\n"),
        (
            {"results": [{"name": "a", "size": 1}, {"name": "bb", "pulled": None}], "count": 2},
            "name  size  pulled\na     1\nbb\n",
        ),
        ({"results": [], "count": 0}, ""),
        (
            {"name": "8.2", "digest": "x", "images": [{"platform": "linux/amd64", "size": 5}]},
            "name    8.2\ndigest  x\n\nimages (1):\nplatform     size\nlinux/amd64  5\n",
        ),
        ({"categories": [{"name": "Web", "slug": "web"}, {"name": "Data", "slug": "d"}]}, "categories  Web, Data\n"),
        ({"groups": ["owners", "security"], "none": []}, "groups  owners, security\nnone\n"),
        ({"permissions": {"read": True, "write": False}}, "permissions  read=true write=false\n"),
        ({"deep": {"a": [1.5]}}, 'deep  {"a": [1.5]}\n'),
        ({"odd": [{"a": 1}, "b"]}, 'odd  [{"a": 1}, "b"]\n'),
        ({"number": 1.5}, "number  1.5\n"),
        (
            {"name": "x", "full_description": "# x\n\nwords\n"},
            "name  x\n\nfull_description:\n  # x\n  \n  words\n",
        ),
        ({"description": "two\tspaces  here\n"}, "description  two spaces here\n"),
        (
            {"actions": {"org": {"actions": [{"name": "create", "description": "It came"}]}}},
            "actions.org.actions (1):\nname    description\ncreate  It came\n",
        ),
        (
            {"columns": ["Name", "Role"], "rows": [["Ada", "Owner"], ["Grace", None]]},
            "Name   Role\nAda    Owner\nGrace\n",
        ),
        ({"columns": ["Name"]}, "columns  Name\n"),
        ({"total": 1, "results": [{"name": "a", "stars": 3}]}, "total  1\n\nresults (1):\nname  stars\na     3\n"),
    ],
)  # fmt: skip
def test_a_result_is_arranged_in_blocks(data: dict[str, Any], text: str) -> None:
    assert render_plain(build_blocks(data)) == text


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ({"exists": True}, ""),
        ({"results": [], "count": 0, "page": 1, "page_size": 25}, "0 of 0 items. Nothing matches."),
        ({"results": [{}], "page": 1, "page_size": 25}, "1 item. This is the end of the list."),
        (
            {"results": [], "page": 9, "page_size": 25, "count": 40},
            "Page 9 is past the end (2 pages of 25, 40 items).",
        ),
        ({"results": [{}], "page": 1, "count": 0, "partial": "x"}, "1 item. The Hub counts 0."),
        (
            {"results": [{}, {}], "page": 1, "page_size": 2, "count": 9, "next_page": 2},
            "2 of 9 items. Go on with --page 2 --page-size 2.",
        ),
        (
            {"results": [{}], "page": 1, "page_size": 1, "next_page": 2, "partial": "Too slow."},
            "1 item. Go on with --page 2 --page-size 1.",
        ),
        ({"total": 2, "results": [{}]}, ""),
    ],
)
def test_a_page_says_how_to_get_the_next_one(data: dict[str, Any], hint: str) -> None:
    assert format_pagination_hint(data) == hint


def test_the_widest_columns_are_cut_to_fit_the_terminal() -> None:
    rows = [["name", "digest"], ["8.2", "sha256:0123456789abcdef"]]
    assert fit_column_widths(rows, 0) == [4, 23]
    assert fit_column_widths(rows, 20) == [4, 14]
    assert fit_column_widths(rows, 5) == [4, 8]  # the least that a column keeps
    assert fit_column_widths([], 20) == []
    cut = render_plain(build_blocks({"results": [{"name": "8.2", "digest": "sha256:0123456789abcdef"}]}), 20)
    assert cut == "name  digest\n8.2   sha256:012345…\n"


def test_a_pinned_reference_is_never_cut() -> None:
    pinned = f"redis:8.2@sha256:{'0' * 64}"
    row = {"pinned": pinned, "remarks": "nothing newer among the tags that were read"}
    for data in ({"images": [row, row]}, {**row, "size": 1}):
        assert pinned in render_plain(build_blocks(data), 80)


def test_a_wide_letter_takes_two_columns_and_a_combining_mark_none() -> None:
    data = {"results": [{"name": "日本語", "x": 1}, {"name": "e\u0301", "x": 2}, {"name": "abcdef", "x": 3}]}
    assert render_plain(build_blocks(data)) == "name    x\n日本語  1\ne\u0301       2\nabcdef  3\n"
    assert render_plain(build_blocks({"a": "日本語日本語日本語"}), 13) == "a  日本語日…\n"
