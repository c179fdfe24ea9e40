"""The documents show the program's current output."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from pathlib import Path

import pytest

from devtools.generate import counts, markdown, paths
from devtools.generate.__main__ import main
from devtools.generate.artifacts import Files, find_leftovers, find_stale
from devtools.generate.pages import (
    demo_picture,
    documents,
    recipes,
    resources,
    settings,
    tool_pages,
    transcripts,
    troubleshooting,
)
from devtools.generate.pages.demo_picture import StyledLine
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Fault
from dockerhub_mcp.sandbox.faults import FAULT_PRESETS
from dockerhub_mcp.server.protocol import MODERN_VERSION
from tests.support.pages import ROOT

SHOWN_BY = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.fixture(scope="module")
def pages() -> Files:
    return documents.build_files()


def test_no_page_is_stale(pages: Files) -> None:
    assert find_stale(pages) == [], f"run: {paths.COMMAND}"


def test_every_tool_has_its_place_and_shows_a_call(pages: Files) -> None:
    for method in ALL_METHODS:
        page = pages[tool_pages.FOLDER / f"{method.area}.md"] or ""
        _, _, rest = page.partition(f"\n## {method.tool_name}\n")
        part = rest.partition("\n## ")[0]
        assert f'"name": "{method.tool_name}"' in part, method.tool_name
        assert "The agent sees:\n\n```text\n" in part.replace("````", "```"), method.tool_name


def test_no_page_of_tools_is_left_over(pages: Files) -> None:
    folder = tool_pages.FOLDER
    assert set(folder.glob("*")) == {path for path, text in pages.items() if path.parent == folder and text}


def test_the_picture_is_small_and_needs_nothing_from_elsewhere(pages: Files) -> None:
    text = pages[demo_picture.PICTURE] or ""
    assert len(text.encode()) < 60_000
    assert re.findall(r"https?://[\w.]+", text.replace("https://hub.docker.com", "")) == ["http://www.w3.org"]
    assert "FROM redis:" in text
    assert "is switched off on this server" in text


def test_a_style_lasts_over_lines_and_long_lines_keep_their_place() -> None:
    words = "x" * 60
    lines = demo_picture.layout_lines(
        f"plain\n\x1b[1;33m\n2. asked\x1b[0m\n   {words} {words}\n5. not shown\n"
    )
    assert lines == [
        StyledLine("$ dockerhub-mcp demo", ""),
        StyledLine("plain", ""),
        StyledLine("", "1;33"),
        StyledLine("2. asked", "1;33"),
        StyledLine(f"   {words}", ""),
        StyledLine(f"   {words}", ""),
        StyledLine("   ...", "2"),
    ]


def test_the_picture_shows_the_frozen_day(pages: Files) -> None:
    days = re.findall(r"\d{4}-\d\d-\d\d", pages[demo_picture.PICTURE] or "")
    assert "2025-10-03" in days
    assert set(days) <= {MODERN_VERSION, *(f"2025-10-0{day}" for day in range(1, 10))}


def test_every_option_is_in_a_group() -> None:
    assert not [title for title in settings.group_settings() if title.lower().endswith("others")]


def test_a_new_option_has_its_place_without_anybody_s_doing() -> None:
    known = {name for names in settings.GROUPS.values() for name in names}
    shown = {setting.name for group in settings.group_settings().values() for setting in group}
    assert known <= shown, "GROUPS names options that are no more"
    assert set(re.findall(r"^\| `--(?:no-)?([\w-]+)", settings.render_settings(), re.MULTILINE)) == {
        name.replace("_", "-") for name in shown
    }


def test_what_is_stale_is_told_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "tools" / "page.md"
    old = page.with_name("old.md")
    old.parent.mkdir()
    old.write_text("of a tool that was removed\n", "utf-8")

    def build() -> Files:
        return {page: "text\n", **find_leftovers(page.parent, "*", [page])}

    for words, code, said in (
        (["--check"], 1, f"stale: {page}\nstale: {old}\n2 file(s) are stale. Run: {paths.COMMAND}\n"),
        (["--check", "other"], 0, ""),
        (["--check", "--skip", "pages"], 0, ""),
        ([], 0, f"wrote: {page}\ndeleted: {old}\n"),
        (["--check"], 0, ""),
    ):
        assert main(words, {"pages": build, "other": dict}) == code
        assert capsys.readouterr().err == said
    assert page.read_text("utf-8") == "text\n"
    assert not old.exists()
    with pytest.raises(SystemExit):
        main(["none"], {"pages": build})
    assert "unknown: none; choose from pages" in capsys.readouterr().err

    def fail() -> Files:
        msg = "the example of get_tag fails"
        raise ExceptionGroup(msg, [ExceptionGroup(msg, [ValueError(msg)])])

    with pytest.raises(SystemExit, match="the example of get_tag fails"):
        main([], {"pages": fail})


def test_every_fault_of_the_embedded_hub_is_told() -> None:
    page = (ROOT / "docs" / "sandbox.md").read_text("utf-8")
    section = page.partition("\n## Faults\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    assert {name for cell in told for name in re.findall(r"`(\w+)`", cell)} == {
        *(field.name for field in dataclasses.fields(Fault)),
        "preset",
        *FAULT_PRESETS,
    }


async def test_a_heading_about_trouble_must_be_what_the_program_says() -> None:
    with pytest.raises(ValueError, match="nothing provokes the message 'it exploded'"):
        await troubleshooting.fill_page("### `it exploded`\n\n```text\n```\n")
    with pytest.raises(ValueError, match="lacks a heading"):
        await troubleshooting.fill_page("# nothing\n")


async def test_a_recipe_must_work() -> None:
    page = '```json\n{"name": "get_tag", "arguments": {"repository": "redis:no"}}\n```\n\n```text\n```\n'
    with pytest.RaisesGroup(
        pytest.RaisesExc(ValueError, match="get_tag fails: library/redis has no tag 'no'"),
        flatten_subgroups=True,
    ):
        await recipes.fill_page(page)


def test_a_command_on_a_page_shows_what_it_writes_at_a_frozen_time() -> None:
    page = "```text\n$ dockerhub-mcp --version\n```\n"
    told = transcripts.fill_transcripts(page)
    assert re.fullmatch(r"```text\n\$ dockerhub-mcp --version\ndockerhub-mcp [\d.]+\n```\n", told)
    assert transcripts.fill_transcripts(told) == told
    command = "$ dockerhub-mcp call get_tag redis:8.2 --fields name,last_updated"
    shown = f"```text\n{command}\nname: 8.2\nlast_updated: 2025-10-03T07:03:29Z\n"
    told = transcripts.fill_transcripts(f"```text\n{command}\n```\n")
    assert told.startswith(shown)
    assert transcripts.fill_transcripts(told.replace("8.2\n", "8.1\n")) == told


def test_long_lines_of_a_command_are_cut() -> None:
    told = transcripts.fill_transcripts("```text\n$ dockerhub-mcp completion bash\n```\n")
    assert max(map(len, told.split("\n"))) == 160
    assert "\n...\n```" in told


def test_counts_in_sentences_are_replaced_wherever_the_lines_break() -> None:
    page = "There are 1,000 operations\nand 2 more, 3 of\n  them on.\n"
    phrases = ["{all} operations and {more} more", "{on} of them on."]
    told = counts.replace_counts(page, phrases, {"all": 54, "more": 1200, "on": 22})
    assert told == "There are 54 operations\nand 1,200 more, 22 of\n  them on.\n"
    with pytest.raises(ValueError, match=r"lacks the phrase '\{all\} tools'"):
        counts.replace_counts(page, ["{all} tools"], {"all": 54})


def test_a_page_without_marks_is_told() -> None:
    assert (
        markdown.replace_section("<!-- a -->\n<!-- /a -->\nrest", "a", "text")
        == "<!-- a -->\n\ntext\n\n<!-- /a -->\nrest"
    )
    with pytest.raises(ValueError, match="lacks <!-- a -->"):
        markdown.replace_section("<!-- a -->\n", "a", "text")


def test_a_text_with_a_fence_is_fenced_by_a_longer_one() -> None:
    assert markdown.format_code_block("```\n", "sh") == "````sh\n```\n````\n"


def test_what_the_security_model_says_is_shown_by_tests_that_exist() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    named = SHOWN_BY.findall(text)
    for path, name in named:
        assert re.search(rf"^(?:async )?def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), name
    threats = text.partition("\n## Threats\n")[2].split("\n### ")[1:]
    assert all(SHOWN_BY.search(threat) for threat in threats)
    assert len(named) == text.count("::")


def test_an_error_in_one_page_ends_the_generation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other pages run servers, and cancelling one that starts could block for ever."""
    completed: list[str] = []

    async def fail(_: str) -> str:
        msg = "a page that cannot be made"
        raise ValueError(msg)

    async def complete(page: str = "") -> str:
        await asyncio.sleep(0.01)
        completed.append(page)
        return page

    monkeypatch.setattr(resources, "fill_page", fail)
    monkeypatch.setattr(recipes, "fill_page", complete)
    monkeypatch.setattr(troubleshooting, "fill_page", complete)
    monkeypatch.setattr(tool_pages, "build_pages", complete)
    monkeypatch.setattr(transcripts, "fill_transcripts", str)
    monkeypatch.setattr(demo_picture, "build_picture", str)
    with pytest.raises(ValueError, match="a page that cannot be made"):
        documents.build_files()
    assert len(completed) == len(documents.RECIPES) + 2


def test_a_check_lists_every_stale_file_although_one_generator_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> Files:
        msg = "counting needs a tokenizer"
        raise ValueError(msg)

    page = tmp_path / "page.md"
    with pytest.raises(SystemExit, match="counting needs a tokenizer"):
        main(["--check"], {"counts": fail, "pages": lambda: {page: "text"}})
    assert f"stale: {page}" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="counting needs a tokenizer"):
        main([], {"counts": fail, "pages": lambda: {page: "text"}})
    assert not page.exists()
