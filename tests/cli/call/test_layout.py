from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.cli.call.layout import build_blocks, format_pagination_hint
from dockerhub_mcp.cli.call.tables import TableRenderer, join_lines, render_plain
from dockerhub_mcp.cli.call.text_width import measure_width, wrap
from dockerhub_mcp.hub.models import Page, Tag


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"exists": True}, "exists  true\n"),
        (
            {"results": [{"name": "a", "size": 1}, {"name": "bb", "pulled": None}], "count": 2},
            "name  size  pulled\na        1\nbb\n",
        ),
        ({"results": [], "count": 0}, ""),
        (
            {"name": "8.2", "digest": "x", "images": [{"platform": "linux/amd64", "size": 5}]},
            "name    8.2\ndigest  x\n\nimages (1):\nplatform     size\nlinux/amd64     5\n",
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
        ({"total": 1, "results": [{"name": "a", "stars": 3}]}, "total  1\n\nresults (1):\nname  stars\na         3\n"),
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


def fit(data: dict[str, Any], width: int, model: Any = None) -> tuple[str, list[str]]:
    """Return a result that fits into a width, and the names of what is not whole."""
    renderer = TableRenderer(width)
    text = join_lines(renderer.render(build_blocks(data, model, is_wide=False)))
    return text, list(renderer.shortened)


def test_a_table_that_fits_has_dates_short_digests_sizes_and_what_all_rows_share() -> None:
    tags = [
        {
            "name": name,
            "digest": f"sha256:{digit * 64}",
            "full_size": size,
            "last_updated": "2026-11-23T18:24:59Z",
        }
        for name, digit, size in (("8.2", "a", 46_800_000), ("8", "b", 900))
    ]
    for tag in tags:
        tag["platforms"] = ["linux/amd64", "linux/arm64/v8"]
    text, shortened = fit({"results": tags}, 60, Page[Tag])
    assert text == (
        "All have last_updated=2026-11-23 18:24Z, platforms\n(linux/)=amd64 arm64/v8\n"
        "name  digest (short)  full_size\n8.2   aaaaaaaaaaaa         47MB\n8     bbbbbbbbbbbb         900B\n"
    )
    assert shortened == ["last_updated", "digest"]


def test_the_time_of_day_is_shown_where_there_is_room() -> None:
    rows = [{"name": name, "at": f"2026-11-23T18:24:0{name}Z"} for name in "12"]
    assert "2026-11-23 18:24Z\n" in fit({"results": rows}, 23)[0]
    assert "2026-11-23\n" in fit({"results": rows}, 22)[0]


def test_a_cell_is_wrapped_at_words_and_its_title_behind_underscores() -> None:
    rows = [
        {"name": "a", "description_text": "one two three", "pull_count": 12},
        {"name": "b", "pull_count": 3},
    ]
    assert fit({"results": rows}, 26)[0] == (
        "      description_   pull_\nname  text           count\n"
        "a     one two three     12\nb                        3\n"
    )
    longer = [{"name": "a", "text": "one two three four"}, {"name": "b"}]
    assert fit({"results": longer}, 14)[0] == "name  text\na     one two\n      three\n      four\nb\n"


def test_a_cell_of_many_lines_is_cut_and_named() -> None:
    rows = [{"name": "a", "description": "word " * 60}, {"name": "b", "description": ""}]
    text, shortened = fit({"results": rows}, 30)
    assert text.count("word") < 60
    assert text.splitlines()[4].endswith("…")
    assert shortened == ["description"]
    assert fit({"results": rows}, 0)[0].count("word") == 60


def test_columns_with_few_values_move_below_a_table_that_is_too_narrow() -> None:
    rows = [{"name": f"repository-{number}", "pull_count": 10**number} for number in range(4)]
    rows[2] |= {"content_types": ["helm"], "status": "inactive"}
    assert fit({"results": rows}, 24)[0] == (
        "name          pull_count\nrepository-0           1\nrepository-1          10\n"
        "repository-2         100\nrepository-3        1000\n"
        "Also:\n  repository-2  content_types=helm,\n                status=inactive\n"
    )
    assert "Also" not in fit({"results": rows}, 60)[0]


def test_a_table_that_cannot_fit_becomes_records_with_whole_values() -> None:
    pinned = f"redis@sha256:{'0' * 64}"
    rows = [{"pinned": pinned, "at": "2026-11-23T18:24:59Z"}, {"pinned": "x", "remark": "y"}, {"pinned": "z"}]
    text, shortened = fit({"results": rows[:2]}, 40)
    assert text == f"pinned  {pinned}\nat      2026-11-23T18:24:59Z\n\npinned  x\nremark  y\n"
    assert shortened == []


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, [""]),
        ("one two", 7, ["one two"]),
        ("one two", 6, ["one", "two"]),
        ("acme/base-images", 8, ["acme/", "base-", "images"]),
        ("a" * 7, 3, ["aaa", "aaa", "a"]),
        ("日本語", 4, ["日本", "語"]),
    ],
)
def test_text_is_wrapped_at_words_and_longer_words_at_signs(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3),
        ("日本語", 6),
        ("e\u0301", 1),
        ("🐳", 2),
        ("❤\ufe0f", 2),
        ("👩\u200d💻", 2),
        ("a\u200bb", 2),
    ],
)
def test_the_width_of_letters_and_emoji(text: str, width: int) -> None:
    assert measure_width(text) == width


def test_a_pinned_reference_is_never_cut() -> None:
    pinned = f"redis:8.2@sha256:{'0' * 64}"
    row = {"pinned": pinned, "remarks": "nothing newer among the tags that were read"}
    for data in ({"images": [row, row]}, {**row, "size": 1}):
        assert pinned in render_plain(build_blocks(data), 80)
        assert pinned in fit(data, 80)[0]


def test_a_wide_letter_takes_two_columns_and_a_combining_mark_none() -> None:
    data = {"results": [{"name": "日本語", "x": 1}, {"name": "e\u0301", "x": 2}, {"name": "abcdef", "x": 3}]}
    assert render_plain(build_blocks(data)) == "name    x\n日本語  1\ne\u0301       2\nabcdef  3\n"
    table = {"results": [{"x": "日本語日本語 日本", "name": "n"}, {"x": "", "name": "m"}]}
    assert fit(table, 18)[0] == "x             name\n日本語日本語  n\n日本\n              m\n"
