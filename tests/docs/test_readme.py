"""The README and the other documents agree with the code."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

from devtools.generate import readme
from devtools.generate.artifacts import find_stale
from devtools.generate.paths import COMMAND
from devtools.generate.toolset_tables import render_areas, render_menus
from dockerhub_mcp.cli import main as cli
from dockerhub_mcp.config import Settings, flag_for
from dockerhub_mcp.tools.catalog.snapshots import find_differences

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_published_schemas_are_those_of_the_code() -> None:
    assert find_differences(ROOT / "tool_schemas") == []


def test_the_published_schemas_are_sorted() -> None:
    for path in (ROOT / "tool_schemas").glob("*.json"):
        text = path.read_text("utf-8")
        assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_the_readme_has_the_tables_of_toolsets_and_every_count_is_right() -> None:
    assert render_areas() in README
    assert render_menus(rounded=True) in README
    assert find_stale(readme.build_files()) == [], f"run: {COMMAND}"


def test_the_readme_marks_its_two_commands() -> None:
    marked = re.findall(r"<!-- command: (\w+) -->\n```sh\n(.+?)\n```", README)
    assert [name for name, _ in marked] == ["run", "test"]


def test_the_page_on_configuration_names_every_option() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    for setting in dataclasses.fields(Settings):
        assert f"| `{flag_for(setting.name)}" in page, setting.name


def test_the_page_on_commands_has_every_command() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for command in set(cli._COMMAND_RUNNERS) - {"serve"}:
        assert f"\n## {command}\n" in page, command


def test_the_documents_name_the_number_of_tools() -> None:
    assert len(readme.PHRASES["README.md"]) >= 5
    assert readme.PHRASES["CHANGELOG.md"]
    for phrases in readme.PHRASES.values():
        assert any("{documented}" in phrase and "{undocumented}" in phrase for phrase in phrases)


def test_what_the_container_installs_is_what_is_tested() -> None:
    def pinned(name: str) -> set[str]:
        return set(re.findall(r"^([\w.-]+==[\w.]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    runtime = pinned("requirements.txt")
    assert {"mcp", "httpx2", "pydantic", "anyio"} <= {line.partition("==")[0] for line in runtime}
    assert runtime < pinned("requirements-dev.txt")
