"""What a workflow may declare beyond its methods: methods it can do without, and how its results are kept."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from dockerhub_mcp.hub import CredentialKind
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.methods import GetTag, ListOrganizations, ListOrgMembers
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.permissions import list_accepted_credentials, missing_permission
from dockerhub_mcp.tools.tool_states import CredentialGrants
from dockerhub_mcp.tools.workflows.base import Workflow, WorkflowResult, WorkflowTool
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import make_context
from tests.support.workflows import CheckTagAge, TagAge


class _Partial(Workflow):
    """Read a tag, and the members where they can be read."""

    title = "Read what can be read"
    methods = (GetTag, ListOrgMembers, ListOrganizations)
    optional_methods: ClassVar[tuple[type[Method[Any]], ...]] = (ListOrgMembers, ListOrganizations)
    result_type = TagAge

    async def run(self, context: ToolContext) -> WorkflowResult:
        return WorkflowResult(TagAge(tag=context.caller or "nobody", is_old=False, age_days=0))


class _Uncached(_Partial):
    """Read again at each call."""

    is_cached = False


class _Reporting(CheckTagAge):
    """Report the account itself."""

    reports_account = True


class _Everything(_Partial):
    """Do without any method."""

    optional_methods = _Partial.methods


def test_an_account_may_lack_what_a_workflow_can_do_without() -> None:
    tool = WorkflowTool(_Partial)
    assert tool.allows_anonymous
    for kind in (CredentialKind.ANONYMOUS, CredentialKind.PAT):
        assert missing_permission(tool.info, CredentialGrants(kind)) is None
    assert list_accepted_credentials(tool) == ["anyone", "organization token (scope-tag-read)"]
    narrow = CredentialGrants(CredentialKind.OAT, ["scope-repository-read"])
    assert missing_permission(tool.info, narrow) is not None, "the tag is needed"
    assert tool.build_meta()["tools"] == ["get_tag", "list_org_members", "list_organizations"]


def test_a_workflow_that_needs_no_method_works_for_everyone() -> None:
    tool = WorkflowTool(_Everything)
    assert list_accepted_credentials(tool) == ["anyone"]
    assert (tool.access, tool.scope, tool.allows_anonymous) == (Access.READ, "none", True)
    for kind in CredentialKind:
        assert missing_permission(tool.info, CredentialGrants(kind, ["scope-image-pull"])) is None


@pytest.mark.parametrize(("workflow", "callers"), [(_Partial, ["a", "a"]), (_Uncached, ["a", "b"])])
async def test_only_cached_results_are_shared_by_callers(
    make_hub: MakeHub, workflow: type[Workflow], callers: list[str]
) -> None:
    registry = Registry(available=[WorkflowTool(workflow)], toolsets=["all"])
    hub, cache = make_hub(), ResultCache(300)
    read = []
    for caller in ("a", "b"):
        context = make_context(hub, cache=cache, caller=caller)
        found = await call_tool(registry, context, workflow.tool_name, {})
        read.append((found.structured_content or {})["tag"])
    assert read == callers


@pytest.mark.parametrize(("workflow", "is_noted"), [(CheckTagAge, True), (_Reporting, False)])
async def test_a_refused_account_is_noted_unless_the_result_reports_it(
    make_hub: MakeHub, workflow: type[Workflow], is_noted: bool
) -> None:
    registry = Registry(available=[WorkflowTool(workflow)], toolsets=["all"])
    arguments: dict[str, Any] = {"repository": "redis", "tag": "8.2"}
    found = await call_tool(registry, make_context(make_hub("expired-pat")), workflow.tool_name, arguments)
    assert ("Note: Answered as for an anonymous caller. Docker Hub refused" in found.text) is is_noted


async def test_a_low_rate_limit_is_noted(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub = make_hub()
    sandbox.faults.rules.append(Fault(headers={"x-ratelimit-limit": "180", "x-ratelimit-remaining": "3"}))
    registry = Registry(available=[WorkflowTool(CheckTagAge)], toolsets=["all"])
    context = make_context(hub)
    found = await call_tool(registry, context, "check_tag_age", {"repository": "redis", "tag": "8.2"})
    assert "3 of 180 requests to the Hub are left" in found.text
