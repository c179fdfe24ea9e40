"""Signatures of kept images that only an index of the registry names: no plan takes them."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.inventory import get_inventory
from dockerhub_mcp.tools.cleanup.account import describe_account
from dockerhub_mcp.tools.cleanup.model import CleanupPlan
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.cleanup_plans import thin_out
from tests.support.fixture_types import MakeHub
from tests.support.image_calls import make_image_context
from tests.support.tool_calls import call


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a sandbox with some of the tags of the large repository."""
    return thin_out(Sandbox())


@pytest.fixture
def context(make_hub: MakeHub, sandbox: Sandbox) -> ToolContext:
    return make_image_context(sandbox, make_hub("owner"))


async def plan(context: ToolContext, repository: str, **arguments: Any) -> ToolResult:
    result = await call(context, "plan_tag_cleanup", repository=repository, **arguments)
    assert not result.is_error, result.text
    return result


async def plan_of(context: ToolContext, result: ToolResult) -> CleanupPlan | None:
    assert result.structured_content is not None
    plan_id = result.structured_content.get("plan_id")
    return None if plan_id is None else await context.plans.find(plan_id, describe_account(context))


def list_children(sandbox: Sandbox, repository: str, deleted: set[str]) -> set[str]:
    """Return the digests of the manifests in the indexes of tags that stay."""
    namespace, _, name = repository.partition("/")
    inventory = get_inventory(sandbox.state.repositories[namespace, name])
    staying = {digest for digest, names in inventory.tags.items() if not set(names) <= deleted}
    return {digest for digest, parents in inventory.parents.items() if parents & staying}


@pytest.mark.parametrize("repository", ["milldale/signed", "milldale/controller"])
@pytest.mark.parametrize(
    "rules", [{}, {"delete_matching": ["nothing"]}, {"delete_excluding": ["2.*", "sha256-*"]}]
)
async def test_manifests_in_a_kept_fallback_tag_stay(
    context: ToolContext, sandbox: Sandbox, repository: str, rules: dict[str, Any]
) -> None:
    result = await plan(context, repository, untagged=True, max_delete=3000, **rules)
    planned = await plan_of(context, result)
    deleted = set() if planned is None else {tag.name for tag in planned.tags}
    manifests = set() if planned is None else {each.digest for each in planned.manifests}
    assert not manifests & list_children(sandbox, repository, deleted)


@pytest.mark.parametrize("fault", [{"status": 404}, {"status": 503}, {"truncate": True}])
async def test_without_the_content_of_a_kept_index_no_manifest_is_planned(
    context: ToolContext, sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    sandbox.faults.add(match="/v2/milldale/signed/manifests/", **fault)
    result = await plan(context, "milldale/signed", untagged=True, delete_matching=["1.0*"])
    planned = await plan_of(context, result)
    assert planned is not None
    assert [tag.name for tag in planned.tags] == ["1.0.0"]
    assert planned.manifests == ()
    assert result.text.startswith("PARTIAL")
    assert "could not be read" in result.text


async def test_an_index_is_read_only_where_its_content_matters(
    context: ToolContext, sandbox: Sandbox
) -> None:
    await plan(context, "milldale/signed", delete_matching=["1.0*"])
    assert not [each for each in sandbox.requests if "/manifests/" in each.path]
