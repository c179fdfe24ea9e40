"""The index of all tools is that of the tools, and what it tells needs no tool to be loaded."""

from __future__ import annotations

import pytest

from devtools.generate import tool_index
from devtools.generate.artifacts import find_stale
from devtools.generate.paths import COMMAND
from dockerhub_mcp.hub import methods
from dockerhub_mcp.tools import workflows
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS, TOOLS_BY_NAME
from dockerhub_mcp.tools.catalog.index import find_definition, load_routes, load_tool_infos
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.catalog.tool_lists import find_any_tool, list_tool_infos, load_tool
from dockerhub_mcp.tools.hub_mcp.naming import HUB_MCP
from dockerhub_mcp.tools.hub_mcp.tools import list_hub_mcp_tools
from tests.support.loaded_modules import list_loaded_modules

METHODS = "dockerhub_mcp.hub.methods."
CLIENT_METHODS = {"authentication", "mixins", "repository_reads", "repository_selection"}
"""The modules of methods that the client itself sends, with what these need."""
LIBRARIES = {"aiohttp", "anyio", "httpx2", "mcp", "mcp_types", "pydantic", "starlette"}
OF_OTHER_TOOLS = {
    "dockerhub_mcp.tools.catalog.all_tools",
    "dockerhub_mcp.tools.hub_mcp.tools",
    "dockerhub_mcp.tools.workflows.base",
}


def list_loaded_by_registry(code: str) -> set[str]:
    return list_loaded_modules(
        "from dockerhub_mcp.tools.access import Access\n"
        "from dockerhub_mcp.tools.catalog.registry import *\n"
        f"registry = Registry(access=Access.WRITE, toolsets=['repositories', 'images'])\n{code}"
    )


def select_method_modules(loaded: set[str]) -> set[str]:
    return {name.removeprefix(METHODS) for name in loaded if name.startswith(METHODS)}


def test_the_index_is_up_to_date() -> None:
    assert find_stale(tool_index.build_files()) == [], f"run: {COMMAND}"


def test_the_index_has_the_facts_of_every_tool() -> None:
    assert load_tool_infos() == tuple(tool.info for tool in ALL_TOOLS)
    assert list_tool_infos(HUB_MCP) == tuple(tool.info for tool in (*list_hub_mcp_tools(), *ALL_TOOLS))


def test_the_index_has_the_routes_of_every_method() -> None:
    sent = {method for tool in ALL_TOOLS for method in tool.methods}
    assert load_routes() == {(method.http.verb, method.http.path_template) for method in sent}


def test_a_tool_has_one_instance() -> None:
    registry = Registry(access=Access.ADMIN, toolsets=["all"], names=HUB_MCP)
    tools = (*list_hub_mcp_tools(), *ALL_TOOLS)
    for tool in tools:
        assert load_tool(tool.name) is find_any_tool(tool.name) is registry.find_tool(tool.name) is tool
    assert registry.all_tools == registry.tools == tools


def test_other_names_have_no_definition() -> None:
    assert find_definition("read_mind") is None
    assert find_any_tool("read_mind") is None
    with pytest.raises(KeyError):
        load_tool("read_mind")


def test_a_registry_knows_its_tools_by_name() -> None:
    registry = Registry(access=Access.WRITE, toolsets=["tags"])
    assert registry.tool_names == tuple(tool.name for tool in registry.tools)
    assert registry.tool_infos == tuple(tool.info for tool in registry.tools)
    assert registry.all_tool_names == tuple(TOOLS_BY_NAME)
    assert registry.load_tool("delete_repository") is TOOLS_BY_NAME["delete_repository"]
    assert registry.find_tool_info("get_tag") == TOOLS_BY_NAME["get_tag"].info


@pytest.mark.parametrize(
    "code",
    [
        "registry.tool_infos",
        "registry.disabled_reason('delete_tag'), registry.is_callable('get_tag')",
        "registry.describe_disabled_tools(['delete_tag', 'list_org_members'])",
        "registry.restrict_tools(reason='no', access=Access.READ, tools=['get_repository']).tool_names",
        "registry.list_states(None)",
        "from dockerhub_mcp.tools.tool_states import *; registry.list_states(CredentialGrants(CredentialKind.PAT, ['repo:read']))",
        "registry.find_tool_info('get_repository')",
        "try: registry.find_tool('get_repositry')\nexcept UnknownNameError: pass",
        "try: registry.find_tool('getRepositoryInfo')\nexcept UnknownNameError: pass",
        "try: registry.find_tool('delete_tag')\nexcept ToolDisabledError: pass",
        "Registry(access=Access.ADMIN, names='hub-mcp').find_tool_info('getRepositoryInfo')",
    ],
)
def test_what_is_known_of_tools_needs_the_standard_library_alone(code: str) -> None:
    loaded = list_loaded_by_registry(code)
    assert not {name.partition(".")[0] for name in loaded} & LIBRARIES
    assert select_method_modules(loaded) == set()


def test_a_tool_of_a_method_loads_the_module_of_its_method() -> None:
    call = "registry.find_tool('get_repository').parse({'namespace': 'acme', 'repository': 'api'})"
    loaded = list_loaded_by_registry(call)
    assert select_method_modules(loaded) <= CLIENT_METHODS
    assert not loaded & OF_OTHER_TOOLS


def test_a_workflow_loads_no_other_workflow() -> None:
    loaded = list_loaded_by_registry("registry.find_tool('find_tags')")
    prefix = "dockerhub_mcp.tools.workflows."
    found = {name.removeprefix(prefix) for name in loaded if name.startswith(prefix)}
    assert found == {"base", "find_tags"}


def test_a_tool_of_docker_hub_mcp_loads_the_tool_that_it_calls() -> None:
    loaded = list_loaded_by_registry(
        "Registry(names='hub-mcp').find_tool('getRepositoryInfo').parse({'namespace': 'a', 'repository': 'b'})"
    )
    # The models of arguments of docker/hub-mcp are in one module, and use types of those of changes.
    assert select_method_modules(loaded) <= CLIENT_METHODS | {"repository_changes"}


@pytest.mark.parametrize("package", ["hub.methods", "tools.workflows"])
def test_packages_load_their_modules_on_demand(package: str) -> None:
    prefix = f"dockerhub_mcp.{package}."
    loaded = list_loaded_modules(f"import dockerhub_mcp.{package}")
    assert not [name for name in loaded if name.startswith(prefix)]


def test_methods_are_exported_by_name() -> None:
    names = set(methods.__all__) - {"ALL_METHODS", "is_listed"}
    assert names == {method.__name__ for method in methods.ALL_METHODS}
    assert all(getattr(methods, name).__name__ == name for name in names)
    assert all(map(methods.is_listed, methods.ALL_METHODS))
    for package in (methods, workflows):
        with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
            package.Nothing  # noqa: B018 - the access is the test
