"""What is imported at the start, and what with the first call of a workflow."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from dockerhub_mcp.tools.workflows import WORKFLOWS
from dockerhub_mcp.tools.workflows.base import IMPLEMENTATIONS, Workflow
from tests.support.loaded_modules import list_loaded_modules

LOADED_WITH_ALL_TOOLS = {
    "registry": {"addresses", "media_types", "references"},
    "tools.access_report": set(),
    "tools.cleanup": {
        "applying",
        "applying.result",
        "plans",
        "results",
    },
    "tools.hub_mcp": set(),
    "tools.image_content": {"kinds", "platforms", "results", "results.comparison", "results.inspection"},
    "tools.image_sources": {"model"},
    "tools.images": {"image_argument", "pulls", "target"},
    "tools.pull_report": {"result"},
    "tools.reviews": {"access_models", "repository_models", "token_models"},
    "tools.tag_search": {"digests", "globs", "models", "moments"},
    "tools.tag_versions": {"dates", "ranges"},
    "tools.workflows.implementations": set(),
}
"""The packages behind the workflows and behind `--names`, with the modules that their tools load without a call."""

LOADED_WITHOUT_TOOLS = {
    "registry": {"addresses"},
    "tools.cleanup": {"plans"},
}
"""Those of them that may be loaded before a tool is called."""


def select_modules(loaded: set[str]) -> dict[str, set[str]]:
    """Return the loaded modules of the packages behind the workflows."""
    found: dict[str, set[str]] = {}
    for package in LOADED_WITH_ALL_TOOLS:
        prefix = f"dockerhub_mcp.{package}."
        found[package] = {name.removeprefix(prefix) for name in loaded if name.startswith(prefix)}
    return found


def test_the_tools_load_only_arguments_and_results() -> None:
    loaded = list_loaded_modules("from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS")
    assert select_modules(loaded) == LOADED_WITH_ALL_TOOLS
    assert "yaml" not in loaded


@pytest.mark.parametrize("settings", ["sandbox=True", "registry_url='https://registry.example'"])
def test_the_clients_load_no_more(settings: str) -> None:
    loaded = list_loaded_modules(
        "from dockerhub_mcp.bootstrap.hubs import *\n"
        f"settings = Settings({settings})\n"
        "hubs = HubFactory(settings, {})\n"
        "context = build_tool_context(settings, hubs.create_hub(), build_mutation_policy(settings), "
        "hubs.registry_for)\n"
        "build_registry(settings)"
    )
    for package, modules in select_modules(loaded).items():
        assert modules <= LOADED_WITHOUT_TOOLS.get(package, set())


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda each: each.tool_name)
def test_every_workflow_has_an_implementation(workflow: type[Workflow]) -> None:
    if "run" in workflow.__dict__:
        return
    run = import_module(f"{IMPLEMENTATIONS}.{workflow.tool_name}").run
    assert inspect.iscoroutinefunction(run)
    call, context = inspect.signature(run).parameters.values()
    assert (call.annotation, context.annotation) == (workflow.__name__, "ToolContext")
    assert inspect.signature(run).return_annotation in {"WorkflowResult", "ToolResult"}
