from __future__ import annotations

import pytest

from dockerhub_mcp.bootstrap.validate import check_tools
from dockerhub_mcp.config import Settings
from dockerhub_mcp.tools.access import Access, ToolFilter
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError, UnknownNameError
from dockerhub_mcp.tools.suggestions import did_you_mean


def names(registry: Registry) -> list[str]:
    return [tool.name for tool in registry.tools]


def test_read_access_is_the_default() -> None:
    assert all(tool.access is Access.READ for tool in Registry().tools)
    assert 10 < len(Registry().tools) <= 30  # an agent reads all of them before its first call


def test_levels_include_the_ones_before() -> None:
    assert Access.ADMIN.includes(Access.WRITE)
    assert Access.WRITE.includes(Access.READ)
    assert not Access.READ.includes(Access.WRITE)
    assert not Access.WRITE.includes(Access.ADMIN)
    assert set(names(Registry())) < set(names(Registry(access=Access.WRITE)))


def test_the_order_is_always_that_of_the_catalogue() -> None:
    order = [tool.name for tool in ALL_TOOLS]
    chosen = names(Registry(tools=["list_tags", "get_repository", "login"]))
    assert chosen == sorted(chosen, key=order.index)
    assert names(Registry(toolsets=["tags", "repositories"])) == names(
        Registry(toolsets=["repositories", "tags"])
    )


def test_a_toolset_enables_its_area() -> None:
    assert names(Registry(toolsets=["tags"])) == ["list_tags", "check_tags", "get_tag", "check_tag"]
    assert names(Registry(toolsets=["default"])) == names(Registry())
    assert len(Registry(toolsets=["all"], access=Access.ADMIN).tools) == len(ALL_TOOLS)


def test_named_tools_are_the_only_ones_and_exclusion_wins() -> None:
    assert names(Registry(tools=["get_tag", "list_tags"])) == ["list_tags", "get_tag"]
    assert names(Registry(tools=["get_tag", "list_tags"], exclude_tools=["get_tag"])) == ["list_tags"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"toolsets": ["tag"]}, "toolsets: 'tag' does not exist; did you mean tags"),
        ({"tools": ["get_tags"]}, "tools: 'get_tags' does not exist; did you mean get_tag"),
        (
            {"exclude_tools": ["nothing_like_it_at_all"]},
            "exclude-tools: 'nothing_like_it_at_all' does not exist",
        ),
        (
            {"tools": ["create_repository"]},
            "create_repository is named but disabled: it needs --access write",
        ),
        (
            {"tools": ["get_tag"], "toolsets": ["members"]},
            "get_tag is named but disabled: it needs --toolsets members,tags",
        ),
    ],
)
def test_contradictory_options_are_refused(options: dict[str, list[str]], words: str) -> None:
    with pytest.raises(UnknownNameError, match=words.replace("(", r"\(")):
        Registry(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "name", "words"),
    [
        ({}, "create_repository", "--access write"),
        ({"toolsets": ["tags"]}, "list_org_members", "--toolsets tags,members"),
        ({"tools": ["get_tag"]}, "list_tags", "--tools"),
        ({"exclude_tools": ["get_tag"]}, "get_tag", "--exclude-tools"),
    ],
)
def test_a_disabled_tool_is_refused_with_the_option(
    options: dict[str, list[str]], name: str, words: str
) -> None:
    registry = Registry(**options)  # type: ignore[arg-type]
    assert name not in names(registry)
    with pytest.raises(ToolDisabledError, match=words):
        registry.find_tool(name)


def test_an_unknown_tool_gets_near_matches() -> None:
    with pytest.raises(UnknownNameError, match="'getTag'; did you mean get_tag"):
        Registry().find_tool("getTag")


def test_a_short_list_of_candidates_is_shown_if_none_is_similar() -> None:
    assert did_you_mean("zzz", ["a", "b"]) == "; there are a, b"
    assert did_you_mean("zzz", [f"name{i}" for i in range(40)]) == ""


FORMER, PRESENT = "scim_get_service_provider_config", "scim_get_provider_config"


def test_a_former_name_of_a_tool_is_accepted_and_not_listed() -> None:
    registry = Registry(toolsets=["all"], access=Access.ADMIN)
    assert registry.find_tool(FORMER) is registry.find_tool(PRESENT)
    assert FORMER not in names(registry)
    assert names(Registry(tools=[FORMER])) == [PRESENT]
    assert PRESENT not in names(Registry(toolsets=["scim"], exclude_tools=[FORMER]))
    assert names(registry.restrict_tools(reason="x", tools=[FORMER])) == [PRESENT]
    assert PRESENT not in names(registry.restrict_tools(reason="x", exclude_tools=[FORMER]))
    with pytest.raises(ToolDisabledError, match=f"The tool {PRESENT} is switched off"):
        Registry().find_tool(FORMER)
    with pytest.raises(UnknownNameError, match=f"{PRESENT} is named but disabled"):
        Registry(tools=[FORMER], toolsets=["tags"])


def test_the_filter_of_prebuilt_lists_and_the_settings_accept_it_too() -> None:
    (info,) = (tool.info for tool in ALL_TOOLS if tool.name == PRESENT)
    assert not ToolFilter(tools=[FORMER]).disabled_reason(info)
    assert "--exclude-tools" in ToolFilter(toolsets=["scim"], exclude_tools=[FORMER]).disabled_reason(info)
    assert list(check_tools(Settings(tools=(FORMER,)))) == []
    (problem,) = check_tools(Settings(tools=(FORMER,), toolsets=("tags",)))
    assert PRESENT in problem.message
