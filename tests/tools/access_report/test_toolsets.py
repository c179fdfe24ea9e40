"""The grouping of toolsets by what works and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.hub import CredentialKind
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.access_report.toolsets import group_toolsets, list_needs
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.tool_states import CredentialGrants, ToolState

PASSWORD = CredentialGrants(CredentialKind.PASSWORD, has_scim_token=True)


def state(name: str, area: str = "tags", **facts: Any) -> ToolState:
    return ToolState(name, area, "read", **{"on": True, **facts})


def test_a_whole_toolset_is_named_and_a_part_by_its_tools_or_their_number() -> None:
    off: dict[str, Any] = {"on": False, "off_by": "gate", "enable_with": ("--access admin",)}
    states = [
        state("a"),
        state("b"),
        state("c", **off),
        state("d", **off),
        state("e", **off),
        state("x", "search"),
    ]
    assert group_toolsets(states) == {
        "work": ["tags: a b", "search"],
        "need --access admin": ["tags (3 of 5)"],
    }


def test_a_tool_is_in_a_group_for_its_options_and_in_one_for_what_the_account_lacks() -> None:
    needing = state(
        "a",
        on=False,
        off_by="gate",
        enable_with=("--access admin", "--toolsets default,tags"),
        usable=False,
        lacks="account",
        needs="needs an account",
    )
    assert list_needs(needing) == ("need --access admin --toolsets default,NAME", "need an account")
    assert group_toolsets([state("b"), needing])["need --access admin --toolsets default,NAME"] == ["tags"]


def test_missing_scopes_are_named_once_for_a_toolset() -> None:
    lacking: dict[str, Any] = {
        "usable": False,
        "lacks": "scope",
        "needs": "needs a personal access token with repo:admin",
    }
    states = [state("a", **lacking), state("b", **lacking)]
    assert group_toolsets(states) == {"need further scopes": ["tags: repo:admin"]}


def test_an_unknown_account_is_not_said_to_work() -> None:
    assert list(group_toolsets([state("a", usable=None)])) == [
        "on; whether the account may use them is unknown"
    ]


@pytest.mark.parametrize(
    ("off_by", "words"),
    [
        ("excluded", "excluded by --exclude-tools"),
        ("chosen", "not among those of --tools"),
        ("headers", "left out by the X-MCP headers of the request"),
        ("caller", "not given to this caller; only the owner of the server can change that"),
    ],
)
def test_what_no_option_enables_is_said_to_be_left_out(off_by: str, words: str) -> None:
    assert list_needs(state("a", on=False, off_by=off_by)) == (words,)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"access": Access.ADMIN, "toolsets": ["all"]},
        {"access": Access.WRITE, "toolsets": ["tags", "scim"], "exclude_tools": ["get_tag"]},
        {"toolsets": ["developer"]},
        {"tools": ["get_tag"]},
    ],
)
def test_the_options_that_are_named_enable_the_tool(options: dict[str, Any]) -> None:
    for each in Registry(**options).list_states(PASSWORD):
        assert bool(each.enable_with) == (each.off_by in {"gate", "toolset"} and "tools" not in options)
        if not each.enable_with:
            continue
        chosen = dict(option.removeprefix("--").split(" ") for option in each.enable_with)
        access = Access(chosen.get("access", options.get("access", Access.READ)))
        toolsets = chosen["toolsets"].split(",") if "toolsets" in chosen else options.get("toolsets", ())
        enabled = Registry(**(options | {"access": access, "toolsets": toolsets}))
        assert enabled.disabled_reason(each.name) == "", each
        assert {tool.name for tool in Registry(**options).tools} < {tool.name for tool in enabled.tools}


def test_a_restricted_registry_says_what_restricts_it() -> None:
    registry = Registry(access=Access.ADMIN, toolsets=["all"])
    caller = registry.restrict_tools(reason="not given", access=Access.READ)
    request = caller.restrict_tools(reason="left out", tools=["get_tag"], off_by="headers")
    states = {each.name: each for each in request.list_states(None)}
    assert (states["get_tag"].on, states["get_tag"].off_by, states["get_tag"].usable) == (True, "", None)
    assert (states["list_tags"].off_by, states["delete_tag"].off_by) == ("headers", "caller")
    assert not states["delete_tag"].enable_with
    assert request.disabled_reason("delete_tag") == "not given; left out"
    assert {each.name for each in registry.list_states(None) if each.on} == {tool.name for tool in ALL_TOOLS}
