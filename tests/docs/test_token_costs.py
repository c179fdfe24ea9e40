"""The stored token counts of tools and results are those of the current texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import answers
from devtools.generate import token_counts, tokenizer
from devtools.generate.artifacts import find_stale
from devtools.generate.paths import COMMAND
from devtools.generate.tokenizer import MISSING, can_count_tokens, count_tokens
from dockerhub_mcp.cli import main as cli
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog import token_cost as costs
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.hub_mcp.tools import list_hub_mcp_tools

AGAIN = f"run: {COMMAND}"
MAX_TOOLS = 30
MAX_TOKENS = 6600
BYTES_PER_TOKEN = 4
"""The limits of the default menu, which every conversation pays for."""
counting = pytest.mark.skipif(not can_count_tokens(), reason=MISSING)


def test_the_counts_of_every_tool_are_kept_and_current() -> None:
    kept = costs.load_token_counts()
    counted = {**TOOLS_BY_NAME, **{tool.name: tool for tool in list_hub_mcp_tools()}}
    assert list(kept) == list(counted), AGAIN
    stale = [name for name, tool in counted.items() if kept[name]["hash"] != costs.hash_tool(tool)]
    assert stale == [], AGAIN
    assert all(count["tokens"] < count["with_output"] for count in kept.values())


def test_the_page_about_the_menu_is_made_of_the_kept_counts() -> None:
    assert find_stale(token_counts.build_menu_page()) == [], AGAIN
    assert costs.TOKEN_COUNTS_FILE.read_text("utf-8") == token_counts.format_costs(costs.load_token_counts())


def test_the_default_menu_stays_small() -> None:
    tools = Registry().tools
    assert len(tools) <= MAX_TOOLS
    size = sum(len(costs.serialize_tool(tool)[0].encode()) for tool in tools)
    assert size / BYTES_PER_TOKEN <= MAX_TOKENS


def test_the_command_line_tells_what_tools_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tools", "--tokens", "--tools", "get_tag,list_tags"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    kept = costs.load_token_counts()
    assert lines[0] == ["Tool", "Tokens", "With", "output", "schema", "On"]
    counts = {line[0]: line[1:] for line in lines[1:-1]}
    assert counts["get_tag"] == [str(kept["get_tag"]["tokens"]), str(kept["get_tag"]["with_output"]), "yes"]
    assert counts["delete_tag"][-1] == "no"
    assert len(counts) == len(TOOLS_BY_NAME)
    both = [kept["get_tag"], kept["list_tags"]]
    assert lines[-1] == [
        *("2", "tools", "on"),
        *(str(sum(count[name] for count in both)) for name in ("tokens", "with_output")),
    ]
    assert cli.main(["tools", "--tokens", "--markdown"]) == 2


def test_a_tool_that_has_changed_since_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = costs.load_token_counts()
    kept["get_tag"]["hash"] = "of another"
    del kept["list_tags"]
    changed = tmp_path / "token_costs.json"
    changed.write_text(token_counts.format_costs(kept), "utf-8")
    monkeypatch.setattr(costs, "TOKEN_COUNTS_FILE", changed)
    rows = {row[0]: row[1:] for row in costs.build_rows(Registry(access=Access.READ))}
    assert rows["get_tag"][-1] == "yes, out of date"
    assert rows["list_tags"] == ("?", "?", "yes, out of date")
    assert rows["delete_tag"][-1] == "no"
    assert rows[f"{len(Registry().tools)} tools on"][-1] == "out of date"


def test_the_page_about_answers_is_made_of_the_kept_result() -> None:
    rows = answers.load_answers()
    assert answers.format_json(rows) == answers.ANSWERS_FILE.read_text("utf-8")
    assert answers.ANSWERS_PAGE.read_text("utf-8") == answers.render_page(rows)
    assert len(rows) == 15


def test_an_answer_that_grew_is_told() -> None:
    rows = answers.load_answers()
    shorter = [row._replace(ours=answers.Size(row.ours.tokens, int(row.ours.bytes * 0.9))) for row in rows]
    assert answers.find_growth(rows, rows) == []
    assert len(answers.find_growth(rows, shorter)) == 15
    assert answers.find_growth(shorter, rows) == []
    assert answers.find_growth(rows, rows[1:]) == [f"{rows[0].title}: not known"]


def test_no_answer_has_changed_since_its_tokens_were_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer, "MODULES", "")
    rows = answers.load_answers()
    assert answers.measure_answers(rows) == rows, AGAIN
    changed = [row._replace(text_hash="") for row in rows[:1]] + rows[1:]
    with pytest.raises(ValueError, match="npm install js-tiktoken"):
        answers.measure_answers(changed)


def test_a_tool_whose_text_has_changed_is_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = costs.load_token_counts()
    changed = kept | {"get_tag": kept["get_tag"] | {"hash": "of another"}}
    monkeypatch.setattr(tokenizer, "MODULES", "")
    assert token_counts.count_tool_costs(kept) == kept
    with pytest.raises(ValueError, match="npm install js-tiktoken"):
        token_counts.count_tool_costs(changed)


@counting
def test_the_counts_are_those_of_the_tokenizer() -> None:
    assert token_counts.count_tool_costs({}) == costs.load_token_counts(), AGAIN
    rows = answers.load_answers()
    assert answers.measure_answers() == rows, AGAIN


@counting
def test_what_looks_like_a_special_token_is_counted_as_text() -> None:
    assert count_tokens(["", "hello world", "<|endoftext|>"]) == [0, 2, 7]
