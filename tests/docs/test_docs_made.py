"""What the documents show of the program is what the program does."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from docs.make import blocks, marks, picture, settings, tools, transcripts
from docs.make.__main__ import main
from docs.make.pages import made, stale
from docs.make.picture import Piece

from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Fault
from tests.support.pages import ROOT

SHOWN_BY = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.fixture(scope="module")
def pages() -> dict[Path, str]:
    return made()


def test_no_page_is_stale(pages: dict[Path, str]) -> None:
    assert stale(pages) == [], f"run: {marks.COMMAND}"


def test_every_tool_has_its_place_and_shows_a_call(pages: dict[Path, str]) -> None:
    for method in ALL_METHODS:
        page = pages[tools.TOOLS / f"{method.area}.md"]
        _, _, rest = page.partition(f"\n## {method.tool_name}\n")
        part = rest.partition("\n## ")[0]
        assert f'"name": "{method.tool_name}"' in part, method.tool_name
        assert "What the agent sees:\n\n```text\n" in part.replace("````", "```"), method.tool_name


def test_no_page_of_tools_is_left_over(pages: dict[Path, str]) -> None:
    assert set(tools.TOOLS.glob("*")) == {path for path in pages if path.parent == tools.TOOLS}


def test_the_picture_is_small_and_needs_nothing_from_elsewhere(pages: dict[Path, str]) -> None:
    text = pages[picture.PICTURE]
    assert len(text.encode()) < 60_000
    assert re.findall(r"https?://[\w.]+", text.replace("https://hub.docker.com", "")) == ["http://www.w3.org"]
    assert "FROM redis:" in text
    assert "is switched off on this server" in text


def test_a_style_lasts_over_lines_and_long_lines_keep_their_place() -> None:
    words = "x" * 60
    lines = picture.lines_of(f"plain\n\x1b[1;33m\n2. asked\x1b[0m\n   {words} {words}\n5. not shown\n")
    assert lines == [
        Piece("$ dockerhub-mcp demo", ""),
        Piece("plain", ""),
        Piece("", "1;33"),
        Piece("2. asked", "1;33"),
        Piece(f"   {words}", ""),
        Piece(f"   {words}", ""),
        Piece("   ...", "2"),
    ]


def test_a_picture_that_differs_in_days_alone_stays(pages: dict[Path, str]) -> None:
    today = pages[picture.PICTURE]
    old = re.sub(r"\d{4}-\d\d-\d\d", "2020-02-02", today)
    assert picture.kept(old, today) == old != today
    assert picture.kept(today.replace("redis", "nginx"), today) == today
    assert picture.kept("", today) == today


def test_a_new_option_has_its_place_without_anybody_s_doing() -> None:
    known = {name for names in settings.GROUPS.values() for name in names}
    shown = {setting.name for group in settings.grouped().values() for setting in group}
    assert known <= shown, "GROUPS names options that are no more"
    assert set(re.findall(r"^\| `--(?:no-)?([\w-]+)", settings.as_markdown(), re.MULTILINE)) == {
        name.replace("_", "-") for name in shown
    }


def test_what_is_stale_is_told_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "tools" / "page.md"
    for words, code, said in (
        (["--check"], 1, f"stale: {page}\n"),
        ([], 0, f"wrote: {page}\n"),
        (["--check"], 0, ""),
    ):
        assert main(words, lambda: {page: "text\n"}) == code
        assert capsys.readouterr().err == said
    assert page.read_text("utf-8") == "text\n"

    def fail() -> dict[Path, str]:
        msg = "the example of get_tag fails"
        raise ExceptionGroup(msg, [ExceptionGroup(msg, [ValueError(msg)])])

    with pytest.raises(SystemExit, match="the example of get_tag fails"):
        main([], fail)


def test_every_fault_of_the_embedded_hub_is_told() -> None:
    page = (ROOT / "docs" / "sandbox.md").read_text("utf-8")
    told = re.findall(r"^\| (`.+?`) \|", page.partition("\n## Faults\n")[2], re.MULTILINE)
    assert {name for cell in told for name in re.findall(r"`(\w+)`", cell)} == {
        field.name for field in dataclasses.fields(Fault)
    }


async def test_a_heading_about_trouble_must_be_what_the_program_says() -> None:
    with pytest.raises(ValueError, match="nothing makes 'it exploded' happen"):
        await blocks.troubles("### `it exploded`\n\n```text\n```\n")
    with pytest.raises(ValueError, match="lacks a heading"):
        await blocks.troubles("# nothing\n")


async def test_a_recipe_must_work() -> None:
    page = '```json\n{"name": "get_tag", "arguments": {"repository": "redis:no"}}\n```\n\n```text\n```\n'
    with pytest.RaisesGroup(
        pytest.RaisesExc(ValueError, match="get_tag fails: No tag 'no'"), flatten_subgroups=True
    ):
        await blocks.recipes(page)


def test_a_command_on_a_page_shows_what_it_writes_and_keeps_what_only_the_time_changes() -> None:
    page = "```text\n$ dockerhub-mcp --version\n```\n"
    told = transcripts.filled(page)
    assert re.fullmatch(r"```text\n\$ dockerhub-mcp --version\ndockerhub-mcp [\d.]+\n```\n", told)
    assert transcripts.filled(told) == told
    command = "$ dockerhub-mcp call get_tag redis:8.2 --fields name,last_updated"
    today = transcripts.filled(f"```text\n{command}\n```\n")
    old = re.sub(r"\d{4}-\d\d-\d\d", "2020-02-02", today)
    assert transcripts.filled(old) == old != today
    assert transcripts.filled(today.replace("8.2\n", "8.1\n")) != today.replace("8.2\n", "8.1\n")


def test_a_page_without_marks_is_told() -> None:
    assert (
        marks.between("<!-- a -->\n<!-- /a -->\nrest", "a", "text") == "<!-- a -->\n\ntext\n<!-- /a -->\nrest"
    )
    with pytest.raises(ValueError, match="lacks <!-- a -->"):
        marks.between("<!-- a -->\n", "a", "text")


def test_a_text_with_a_fence_is_fenced_by_a_longer_one() -> None:
    assert marks.fenced("```\n", "sh") == "````sh\n```\n````\n"


def test_what_the_security_model_says_is_shown_by_tests_that_exist() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    named = SHOWN_BY.findall(text)
    for path, name in named:
        assert re.search(rf"^(?:async )?def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), name
    threats = text.partition("\n## Threats\n")[2].split("\n### ")[1:]
    assert all(SHOWN_BY.search(threat) for threat in threats)
    assert len(named) == text.count("::")
