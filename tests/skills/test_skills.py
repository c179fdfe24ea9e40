"""The skills: their form, and each of their calls made on the sandbox."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from devtools.generate import paths, skills
from devtools.generate.artifacts import find_stale
from devtools.generate.pages.session import open_session
from devtools.generate.tokenizer import can_count_tokens, count_tokens
from dockerhub_mcp.skills.catalog import ANSWER_SECTION, FOLDER, MAIN_FILE, SKILLS, Skill, load_content
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.catalog.registry import Registry
from tests.support.skill_calls import find_calls, find_code
from tests.support.source_tree import ROOT

EACH = pytest.mark.parametrize("skill", SKILLS, ids=[skill.name for skill in SKILLS])
OPTIONS_SECTION = "If a tool is off"
MAX_TOKENS = 900
MAX_BYTES = 3_600  # where tokens cannot be counted
FACTS: dict[str, tuple[tuple[str, str], ...]] = {
    "choose-base-image": (
        ("find_tags", "3.13 | 32 | 3.13.9 | 2025-09-27"),
        ("find_tags", "pinned: python:3.13.9-slim@sha256:594089bf9b23"),
        ("inspect_image", "user: root"),
        ("compare_images", "with_image is newer (patch version)"),
    ),
    "pin-images": (
        ("pin_images", "postgres:latest@sha256:"),
        ("pin_images", "the tag is no version"),
        ("pin_images", "acme/missing:1 | missing_or_private | "),
        ("pin_images", "ghcr.io/acme/tool:2 | other_registry"),
        ("find_tags", "pinned: postgres:18.0@sha256:"),
        ("pin_images", "digest is current"),
        ("compare_images", "deb/debian/libssl3t64 | "),
    ),
    "clean-up-tags": (
        ("find_tags", "N.N.N | 20 | 4.2.6"),
        ("plan_tag_cleanup", "deletes: 9"),
        ("apply_tag_cleanup", "status: done"),
        ("apply_tag_cleanup", "deleted: 9"),
    ),
    "review-access": (
        ("review_access", "the only owner | ada"),
        ("review_access", "other members without a login for 90 days | radia"),
        ("review_access", 'linus | "Linus Berg" | write | team developers'),
        ("review_access", "All have permission=read, through=contractors"),
        ("list_audit_logs", "joined the organization"),
        ("remove_org_member", "Dry run: nothing was sent."),
    ),
    "review-tokens": (
        ("review_tokens", 'revoke_first: "public mirror"'),
        ("list_audit_logs", "created the access token inventory"),
        ("update_org_access_token", "is_active: true becomes false"),
        ("rotate_org_access_token", "Dry run: nothing was sent."),
        ("rotate_org_access_token", "Next: bring the new value to everything that uses the old one."),
        ("rotate_org_access_token", "is_active: false"),
    ),
    "explain-failed-pull": (
        ("explain_pull", "There is no image for linux/arm64; there is linux/amd64."),
        ("find_tags", "pinned: node:22.21.1@sha256:"),
        ("what_can_i_do", "account: ada, signed in with a password"),
        ("get_org_settings", "restricted_images: enabled=true"),
    ),
}
"""What the answers to the calls of a skill say on the sandbox, beside the fields that the skill names."""


def test_the_skills_are_the_folders_of_the_package() -> None:
    assert [path.name for path in sorted(FOLDER.iterdir()) if (path / MAIN_FILE).exists()] == sorted(
        skill.name for skill in SKILLS
    )


def test_the_folder_of_the_checkout_is_not_stale() -> None:
    assert find_stale(skills.build_files()) == [], f"run: {paths.COMMAND} skills"


@EACH
def test_the_frontmatter_is_simple_and_has_what_the_format_asks_for(skill: Skill) -> None:
    content = load_content(skill.name)
    text = content.files[MAIN_FILE].decode()
    # Every reader of YAML, however simple, finds the same: plain text on one line each.
    lines = text.split("\n---\n")[0].removeprefix("---\n").split("\n")
    assert dict(line.split(": ", 1) for line in lines) == content.frontmatter
    for value in content.frontmatter.values():
        assert re.fullmatch(r"[A-Za-z][^#:\"'\n]*", value), value
    assert list(content.frontmatter) == ["name", "description", "license", "compatibility"]
    assert content.frontmatter["name"] == skill.name
    assert re.fullmatch(r"(?!.*--)[a-z0-9][a-z0-9-]{0,62}[a-z0-9]", skill.name)
    assert 100 < len(content.frontmatter["description"]) <= 1024
    assert " Use " in content.frontmatter["description"], "it says when to use the skill"
    assert len(content.frontmatter["compatibility"]) <= 500
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert content.frontmatter["license"] == project["license"]
    assert b"\r" not in content.files[MAIN_FILE]


@EACH
def test_a_skill_is_short_and_has_the_sections_that_prompts_use(skill: Skill) -> None:
    content = load_content(skill.name)
    assert len(content.files[MAIN_FILE]) <= MAX_BYTES
    assert max(len(line) for line in content.body.splitlines() if not line.startswith("{")) <= 120
    introduction, answer = content.get_introduction(), content.get_section(ANSWER_SECTION)
    assert introduction.startswith("# ")
    assert introduction.count("\n## ") == 1
    assert content.body.startswith(introduction)
    assert answer in content.body
    assert answer.count("## ") == 1
    assert f"`{skill.main_tool}`" in introduction or f'"{skill.main_tool}"' in introduction
    with pytest.raises(ValueError, match="no section"):
        content.get_section("Nothing")


@pytest.mark.skipif(not can_count_tokens(), reason="counting tokens needs Node and js-tiktoken")
def test_a_skill_costs_few_tokens() -> None:
    texts = [load_content(skill.name).files[MAIN_FILE].decode() for skill in SKILLS]
    counts = dict(zip((skill.name for skill in SKILLS), count_tokens(texts), strict=True))
    assert {name: count for name, count in counts.items() if count > MAX_TOKENS} == {}


@EACH
async def test_the_calls_of_a_skill_give_what_it_says(skill: Skill) -> None:
    body = load_content(skill.name).body
    calls = list(find_calls(body))
    answers: list[tuple[str, str]] = []
    async with open_session("owner") as session:
        previous = ""
        for call in calls:
            assert call.expected, f"the skill does not say what {call.tool} answers"
            result = await session.call_tool(call.tool, call.fill_arguments(previous))
            assert not result.is_error, result.text
            for word in call.expected:
                assert re.search(rf"(?<!\w){re.escape(word)}(?!\w)", result.text), f"{word}: {result.text}"
            previous = result.text
            answers.append((call.tool, result.text))
    for tool, fact in FACTS[skill.name]:
        assert any(each == tool and fact in text for each, text in answers), fact
    assert {tool for tool, _ in FACTS[skill.name]} <= {call.tool for call in calls}
    unknown = find_code(body) - _find_known_words(body, answers)
    assert not unknown, "these are no tools, arguments, options, fields or words of the answers"


def _find_known_words(body: str, answers: list[tuple[str, str]]) -> set[str]:
    tools = [TOOLS_BY_NAME[name] for name in set(re.findall(r"\w+", body)) & set(TOOLS_BY_NAME)]
    known = {tool.name for tool in tools}
    for tool in tools:
        known |= {*tool.input_schema["properties"], *_find_properties(tool.output_schema)}
    known |= {word for _, text in answers for word in re.findall(r"\w+", text)}
    known |= {f"<{word}>" for word in known}
    return known | {">", "*", "latest", *_find_options(body), "--secrets-dir"}


def _find_properties(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        names = set(schema.get("properties", ())) if isinstance(schema.get("properties"), dict) else set()
        return names.union(*(_find_properties(each) for each in schema.values()))
    return set().union(*(_find_properties(each) for each in schema)) if isinstance(schema, list) else set()


def _find_options(body: str) -> list[str]:
    return re.findall(r"`((?:--toolsets [\w,-]+)?(?: ?--access \w+)?)`", body)


@EACH
def test_the_options_that_a_skill_names_enable_its_tools(skill: Skill) -> None:
    content = load_content(skill.name)
    section = content.get_section(OPTIONS_SECTION)
    registries = [Registry()]
    for options in _find_options(section):
        toolsets = re.search(r"--toolsets (\S+)", options)
        access = re.search(r"--access (\w+)", options)
        registries.append(
            Registry(
                toolsets=toolsets[1].split(",") if toolsets else (),
                access=Access(access[1]) if access else Access.READ,
            )
        )
    enabled = {tool.name for registry in registries for tool in registry.tools}
    named = set(re.findall(r"\w+", content.body)) & set(TOOLS_BY_NAME)
    assert skill.main_tool in named
    without_section = set(re.findall(r"\w+", content.body.replace(section, ""))) & set(TOOLS_BY_NAME)
    assert without_section <= enabled
    # What the compatibility field promises as well.
    requirement = content.frontmatter["compatibility"]
    if "on by default" in requirement:
        assert without_section <= {tool.name for tool in Registry().tools}
    for options in re.findall(r"--toolsets \S+(?= |$)|--access admin", requirement):
        assert options.rstrip(".,") in section
