"""The instructions for models: short, and silent about tools that are off."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dockerhub_mcp.config import Settings
from dockerhub_mcp.server.instructions import INSTRUCTIONS, SANDBOX_NOTICE, build_instructions
from dockerhub_mcp.server.plain.prebuilt import list_enabled_tools, load_prebuilt_results
from dockerhub_mcp.server.plain.requests import parse_request
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.catalog.registry import Registry

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "a test", "version": "1"},
    },
}


def instructions_of(**options: Any) -> tuple[str, set[str]]:
    registry = Registry(access=Access.READ, **options)
    names = [tool.name for tool in registry.tools]
    return build_instructions(in_sandbox=False, tools=names), set(names)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, {"find_tags", "pin_images", "explain_pull", "what_can_i_do"}),
        ({"toolsets": ["administrator"]}, {"review_access", "review_tokens", "what_can_i_do"}),
        ({"toolsets": ["default", "reviews"]}, {"find_tags", "review_access", "review_tokens"}),
        ({"tools": ["get_tag"]}, set()),
        ({"exclude_tools": ["what_can_i_do"]}, {"find_tags"}),
    ],
    ids=["default", "administrator", "default and reviews", "one tool", "one tool less"],
)
def test_only_enabled_tools_are_named(options: dict[str, Any], named: set[str]) -> None:
    text, enabled = instructions_of(**options)
    mentioned = {name for name in TOOLS_BY_NAME if name in text}
    assert named <= mentioned <= enabled
    assert "default. Lists" in text or named
    assert "  " not in text
    tools = list_enabled_tools(Settings(**options))
    prebuilt = load_prebuilt_results(Settings(**options), tools)
    request = parse_request(INITIALIZE, legacy_version="", known_versions=prebuilt.versions)
    assert request is not None
    assert json.loads(prebuilt.build_result(request, tools) or "")["instructions"] == text


def test_the_default_is_that_of_the_default_tools() -> None:
    assert instructions_of()[0] == INSTRUCTIONS
    assert build_instructions(in_sandbox=True, tools=["get_tag"]).endswith(SANDBOX_NOTICE)
