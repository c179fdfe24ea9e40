"""Hostile texts of Docker Hub users in the tables of `call`, at any width."""

from __future__ import annotations

import re
from typing import Any

from dockerhub_mcp.cli.call.layout import build_blocks
from dockerhub_mcp.cli.call.tables import TableRenderer, join_lines
from dockerhub_mcp.hub.models import Page, Tag
from dockerhub_mcp.tools.results.sanitize import sanitize_data
from tests.support.failures import failures_named

TEXTS = (
    "x\nname  forged", "a\r\n\r\nb", "\x1b[31mred", "\x9b31m", "\x1b]8;;http://evil\x07link\x1b]8;;\x07", "\u202eevil", "\u200b",
    "   ", "", "x" * 500, "漢字" * 90, "👩‍👩‍👧" * 30, "é" * 50, "a, is_private=false", 'a", b="c', "| a | b |", "- a", "\t\tx", "a\u2028b", "0\x00",
)  # fmt: skip
WIDTHS = (0, 1, 20, 21, 33, 60, 80, 120, 300)
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e]")


def make_tables(text: str) -> list[dict[str, Any]]:
    tags = [
        {"name": f"{text}{n}", "last_updater_username": text, "content_type": text, "size": n,
         "platform_sizes": {f"linux/{text}": n}, "digest": f"sha256:{n}{'a' * 63}", "platforms": [text, text]}
        for n in range(4)
    ]  # fmt: skip
    several = {**tags[3], "platform_sizes": {f"linux/{text}": 1, f"{text}=1": 2}}
    return [
        {"results": [tags[0]]},
        {"results": tags},
        {"results": [*tags, several], "count": 5},
        {
            "organization": text,
            "texts": [text, text],
            "pairs": {text: text},
            text or "none": text,
            "tags": tags,
        },
        {"columns": [text, "Name"], "rows": [[text, "a"], ["b", text]]},
    ]


def test_no_text_adds_lines_cells_or_escape_sequences_at_any_width() -> None:
    for text in TEXTS:
        for data in make_tables(text):
            clean: Any = sanitize_data(data)
            for is_wide in (False, True):
                blocks = build_blocks(clean, Page[Tag] if "results" in data else None, is_wide=is_wide)
                for width in WIDTHS:
                    with failures_named((text, width, is_wide)):
                        lines = TableRenderer(width).render(blocks)
                        assert not CONTROLS.search(join_lines(lines))
                        assert not any("\n" in part for line in lines for part, _ in line)


def test_a_value_in_a_list_of_pairs_cannot_pass_for_another_pair() -> None:
    forged = "a, is_private=false"
    rows = [{"name": name, "description": forged, "number": 1} for name in ("x", "y")]
    for data, shown in (
        ({"results": rows}, 'All have description="a, is_private=false", number=1'),
        ({"settings": {"note": "a enabled=true", "enabled": False}}, 'settings  note="a enabled=true" enabled=false'),
        ({"sizes": {"a=1 b": 2}}, 'sizes  "a=1 b"=2'),
        ({"plain": {"givenName": "Ada Maria", "active": True}}, "plain  givenName=Ada Maria active=true"),
    ):  # fmt: skip
        text = join_lines(TableRenderer(200).render(build_blocks(data, is_wide=False)))
        assert shown in text.split("\n")
    sparse = {"results": [{"name": "x" * 14, "digest": "y" * 14, "remark": forged, "other": "o" * 12}]}
    sparse["results"] += [{"name": f"{n}" * 14, "digest": "z" * 14} for n in range(9)]
    text = join_lines(TableRenderer(40).render(build_blocks(sparse, is_wide=False)))
    assert f'remark="{forged}", other=' in " ".join(text.split())
