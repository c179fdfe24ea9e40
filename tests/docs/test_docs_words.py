"""The documents name only options, commands and variables that exist, and name all of them."""

from __future__ import annotations

import argparse
import re

import pytest

from dockerhub_mcp.cli.call import parser as call_parser
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from tests.support.documented_programs import check_arguments, known_variables, read_variables
from tests.support.pages import load_pages, remove_blocks

PAGES = {page: text for page, text in load_pages().items() if not page.startswith("benchmarks/")}
CODE = {page: re.findall(r"(?<!`)`([^`\n]+)`(?!`)", remove_blocks(text)) for page, text in PAGES.items()}
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_VARIABLE = re.compile(r"\b(?:DOCKERHUB|DOCKER|HUB)_[A-Z][A-Z_]*[A-Z]\b")
_OTHERS = {
    "--build-arg": "docker build",
    "--format": "podman and buildah",
    "--write": "python -m benchmarks",
    "--check": "python -m devtools.generate",
    "--read-only": "docker run",
    "--repo": "gh attestation verify",
    "--package-lock-only": "npm update",
    "--ignore-scripts": "npm update",
    "--force-recreate": "docker compose up",
    "--scan": "redis-cli",
    "--pattern": "redis-cli",
}
"""Options of other programs."""
_ELSEWHERE = {
    *("DOCKERHUB_OPENAPI", "DOCKERHUB_BODIES"),
    *("DOCKERHUB_MCP_REPORTS", "DOCKERHUB_MCP_NODE", "DOCKERHUB_MCP_TIKTOKEN"),
}
"""Variables that the tests read."""
_MISSPELT = {"DOCKERHUB_MCP_TOOLSET"}
"""The variable of the example of a misspelt one."""


def options() -> set[str]:
    """Return the options of all commands, including those of `call` and of its tools."""
    parser = build_parser(["install", "cleanup"])
    parsers = [parser]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            parsers += action.choices.values()
    found = {option for each in parsers for action in each._actions for option in action.option_strings}
    of_tools = [
        call_parser.build_parser(tool.input_schema, secrets=tool.secret_arguments) for tool in ALL_TOOLS
    ]
    return found | {option for each in of_tools for option in each._option_string_actions}


@pytest.mark.parametrize("page", PAGES)
def test_every_option_that_is_named_exists(page: str) -> None:
    named = {option for code in CODE[page] for option in _OPTION.findall(code)}
    assert named - options() - set(_OTHERS) == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_that_is_named_is_read(page: str) -> None:
    named = set(_VARIABLE.findall(PAGES[page]))
    partly = {name for name in named if any(other.startswith(f"{name}_") for other in named)}
    assert named - known_variables() - _ELSEWHERE - _MISSPELT - partly == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_in_a_sentence_is_one(page: str) -> None:
    for code in CODE[page]:
        program, _, rest = code.partition(" ")
        if program == "dockerhub-mcp" and rest and rest != "--help" and not re.search(r"[A-Z.]", rest):
            check_arguments(rest.split())


def test_every_variable_that_is_read_is_told() -> None:
    told = set(_VARIABLE.findall(PAGES["docs/configuration.md"]))
    assert {"DOCKERHUB_TOKEN", "DOCKERHUB_MCP_AUTH_TOKEN", "DOCKERHUB_MCP_ACCESS"} <= read_variables()
    assert read_variables() - told == set()
