"""Toolsets narrow, the access level gates: what each selects, and what a refusal says."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.access import Access, ToolFilter
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS, TOOLS_BY_NAME
from dockerhub_mcp.tools.catalog.registry import Registry, UnknownNameError
from dockerhub_mcp.tools.toolsets import AREAS_CHANGED_BY_DEFAULT, PRESETS, TOOLSET_NAMES
from dockerhub_mcp.tools.workflows import WORKFLOWS


def names(*toolsets: str, access: Access = Access.ADMIN) -> set[str]:
    return {tool.name for tool in Registry(access=access, toolsets=toolsets).tools}


def test_write_access_alone_enables_every_write_tool_of_the_default() -> None:
    added = names(access=Access.WRITE) - names(access=Access.READ)
    assert added == {"create_repository", "update_repository"}


def test_admin_access_alone_enables_every_change_of_repositories_tags_and_clean_up() -> None:
    added = names(access=Access.ADMIN) - names(access=Access.READ)
    assert {"delete_tag", "delete_repository", "set_repository_visibility", "update_immutable_tags"} < added
    assert {"assign_repository_group", "update_repository_group", "remove_repository_group"} < added
    changes = {tool.name for tool in ALL_TOOLS if tool.area in AREAS_CHANGED_BY_DEFAULT and tool.is_mutation}
    assert added == changes


def test_admin_access_alone_gives_no_power_over_accounts_and_organizations() -> None:
    assert not {tool.area for tool in Registry(access=Access.ADMIN).tools if tool.is_mutation} & {
        *(Area.MEMBERS, Area.GROUPS, Area.INVITES, Area.ACCESS_TOKENS, Area.ORG_ACCESS_TOKENS),
        *(Area.ORG_SETTINGS, Area.SCIM, Area.REVIEWS),
    }
    assert "list_org_members" in names()
    assert "remove_org_member" in names("default", "members")


def test_only_what_reads_says_whether_it_is_in_the_default_menu() -> None:
    declared = {
        each.__name__
        for each in (*ALL_METHODS, *WORKFLOWS)
        if "is_enabled_by_default" in vars(each)
        and any(
            tool.is_mutation
            for tool in ALL_TOOLS
            if tool.methods == (each,) or tool.name == vars(each)["tool_name"]
        )
    }
    assert declared == set()


@pytest.mark.parametrize("area", Area)
@pytest.mark.parametrize("access", Access)
def test_an_area_has_all_its_tools_up_to_the_access_level(area: Area, access: Access) -> None:
    expected = {tool.name for tool in ALL_TOOLS if tool.area is area and access.includes(tool.access)}
    assert names(area, access=access) == expected


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_tools_that_exist_and_the_access_level_gates_them(name: str) -> None:
    preset = PRESETS[name]
    assert preset.tools <= TOOLS_BY_NAME.keys()
    assert names(name) == preset.tools
    for access in Access:
        assert names(name, access=access) == {
            tool for tool in preset.tools if access.includes(TOOLS_BY_NAME[tool].access)
        }
    assert len(names(name, access=Access.READ)) <= 20
    assert names(name, "scim") == preset.tools | names("scim")


def test_presets_are_for_lines_of_work() -> None:
    developer, platform, administrator = (PRESETS[name].tools for name in PRESETS)
    assert developer < platform
    assert "delete_repository" not in developer
    assert {"find_tags", "pin_images", "explain_pull", "update_repository", "delete_tag"} < developer
    assert {"apply_tag_cleanup", "update_immutable_tags", "set_repository_visibility"} < platform
    assert {"review_access", "rotate_org_access_token", "update_org_settings"} < administrator
    assert not {tool for tool in administrator if TOOLS_BY_NAME[tool].area is Area.TAGS}


@pytest.mark.parametrize(
    ("options", "tool", "expected"),
    [
        ({}, "delete_tag", ("--access admin",)),
        ({}, "check_tags", ("--toolsets default,tags",)),
        ({}, "create_org_invites", ("--access admin", "--toolsets default,invites")),
        ({"toolsets": ("developer", "scim")}, "review_access", ("--toolsets developer,scim,reviews",)),
        ({"toolsets": ("developer",)}, "delete_tag", ("--access admin",)),
        ({"tools": ("delete_tag",)}, "delete_tag", ("--access admin",)),
        ({"tools": ("get_tag",)}, "delete_tag", ()),
        ({"exclude_tools": ("delete_tag",)}, "delete_tag", ()),
    ],
)
def test_the_options_for_a_tool_are_named_at_once_and_keep_what_is_on(
    options: dict[str, Any], tool: str, expected: tuple[str, ...]
) -> None:
    tool_filter, info = ToolFilter(**options), TOOLS_BY_NAME[tool].info
    assert tool_filter.enabling_options(info) == expected
    reason = tool_filter.disabled_reason(info)
    assert " and ".join(expected) in reason
    for option in expected:
        name, value = option.removeprefix("--").split(" ")
        assert f"DOCKERHUB_MCP_{name.upper()}={value}" in reason


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"tools": ("get_tag",)}, "the owner of this server chose other tools (--tools)"),
        ({"exclude_tools": ("delete_tag",)}, "the owner of this server excluded it (--exclude-tools)"),
    ],
)
def test_a_tool_that_is_left_out_by_name_needs_its_access_level_too(
    options: dict[str, Any], reason: str
) -> None:
    info = TOOLS_BY_NAME["delete_tag"].info
    assert ToolFilter(**options).disabled_reason(info) == f"{reason}; it would also need --access admin"
    assert ToolFilter(access=Access.ADMIN, **options).disabled_reason(info) == reason


def test_an_unknown_toolset_is_answered_with_all_of_them() -> None:
    with pytest.raises(UnknownNameError) as caught:
        Registry(toolsets=["develoer"])
    assert str(caught.value) == (
        "toolsets: 'develoer' does not exist; did you mean developer? The toolsets are "
        f"{', '.join(TOOLSET_NAMES)}"
    )
    with pytest.raises(UnknownNameError, match=r"'\?\?' does not exist\. The toolsets are default, all, dev"):
        Registry(toolsets=["??"])
