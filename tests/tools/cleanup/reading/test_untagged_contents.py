"""Manifests without a tag that others need, or that are about images that stay: no plan takes them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.inventory import get_inventory
from dockerhub_mcp.sandbox.data.images.signatures import FALLBACK, build_signature_tags
from dockerhub_mcp.sandbox.state import RepositoryRecord
from dockerhub_mcp.tools.cleanup.account import describe_account
from dockerhub_mcp.tools.cleanup.reading import untagged_contents
from dockerhub_mcp.tools.cleanup.reading.inventory import ListManifests
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.fixture_types import MakeHub
from tests.support.image_calls import list_pulled_manifests, make_image_context
from tests.support.tool_calls import call


@pytest.fixture
def context(make_hub: MakeHub, sandbox: Sandbox) -> ToolContext:
    return make_image_context(sandbox, make_hub("owner"))


async def plan(context: ToolContext, repository: str, **arguments: Any) -> tuple[set[str], ToolResult]:
    """Return the digests of the planned manifests, and the result."""
    result = await call(
        context, "plan_tag_cleanup", repository=f"milldale/{repository}", untagged=True, **arguments
    )
    assert not result.is_error, result.text
    plan_id = (result.structured_content or {}).get("plan_id")
    if plan_id is None:
        return set(), result
    found = await context.plans.find(plan_id, describe_account(context))
    return {each.digest for each in found.manifests}, result


def lose_fallback_tag(repository: RepositoryRecord, name: str) -> tuple[str, str]:
    """Add an index of signatures of a tag that no tag names; return its digest and that of the signature."""
    signed = next(tag for tag in repository.tags if tag.name == name)
    [tag] = build_signature_tags(repository.namespace, repository.name, signed, [FALLBACK])
    before = set(get_inventory(repository).manifests)
    repository.former_tags.append(tag)
    inventory = get_inventory(repository)
    added = set(inventory.manifests) - before
    [signature] = [digest for digest in added if inventory.parents.get(digest)]
    [index] = added - {signature}
    return index, signature


async def test_a_signature_of_a_kept_image_that_no_list_names_stays(
    context: ToolContext, sandbox: Sandbox
) -> None:
    repository = sandbox.state.repositories["milldale", "shared-index"]
    index, signature = lose_fallback_tag(repository, "1.1.0")
    planned, _ = await plan(context, "shared-index")
    assert index in planned
    assert signature not in planned
    planned, _ = await plan(context, "shared-index", delete_matching=["1.1", "1.1.0"])
    assert {index, signature} <= planned, "its image is deleted as well"


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 404}, {"truncate": True}])
async def test_what_cannot_be_read_is_not_planned(
    context: ToolContext, sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    repository = sandbox.state.repositories["milldale", "shared-index"]
    index, signature = lose_fallback_tag(repository, "1.1.0")
    sandbox.faults.add(match=f"/manifests/{signature}", **fault)
    planned, result = await plan(context, "shared-index")
    assert (index in planned, signature in planned) == (True, False)
    assert "could not be read: 1. They may be signatures of images that stay" in result.text


async def test_pulls_are_limited(
    context: ToolContext, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, limit in (("MAX_INDEX_PULLS", 2), ("MAX_PULLS", 1), ("MAX_PULLS_WITHOUT_LIMIT", 1)):
        monkeypatch.setattr(untagged_contents, name, limit)
    repository = sandbox.state.repositories["milldale", "shared-index"]
    index, signature = lose_fallback_tag(repository, "1.1.0")
    planned, result = await plan(context, "shared-index")
    assert signature not in planned
    assert len(planned & {index}) + ("are left for another plan" in result.text) >= 1
    assert len(list_pulled_manifests(sandbox)) <= 1


async def test_indexes_that_stay_leave_pulls_to_signatures(
    context: ToolContext, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(untagged_contents, "MAX_PULLS_WITHOUT_LIMIT", untagged_contents.MAX_PULLS)
    repository = sandbox.state.repositories["milldale", "shared-index"]
    tag = next(each for each in repository.tags if each.name == "1.1.0")
    young = [
        replace(tag, name=f"n{number}", build_key=f"n{number}", pushed_at=tag.pushed_at + number)
        for number in range(untagged_contents.MAX_PULLS + 1)
    ]
    repository.former_tags.extend(young)
    index, signature = lose_fallback_tag(repository, "1.0.0")
    aged, result = await plan(context, "shared-index", delete_matching=["1.0.0"], keep_younger_than="300d")
    assert {index, signature} <= aged, "the indexes that stay do not use up the pulls"
    assert "Indexes without a tag that stay and could not be read: 1." in result.text
    planned, result = await plan(context, "shared-index", delete_matching=["1.0.0"], keep_younger_than="300d")
    assert planned == aged
    assert "could not be read" not in result.text, "what is cached takes no pulls"


async def read_manifests(context: ToolContext, name: str) -> list[dict[str, Any]]:
    """Return the manifests of a repository as the sandbox lists them."""
    page = await context.hub.send(ListManifests(namespace="milldale", repository=name))
    return [each.model_dump(mode="json") for each in page.manifests or []]


@pytest.mark.parametrize("is_young", [False, True])
async def test_the_images_of_an_index_that_stays_without_a_tag_stay(
    context: ToolContext, sandbox: Sandbox, is_young: bool
) -> None:
    repository = sandbox.state.repositories["milldale", "shared-index"]
    tag = next(each for each in repository.tags if each.name == "1.1.0")
    repository.former_tags.append(replace(tag, name="moved", build_key="moved"))
    inventory = get_inventory(repository)
    [index] = [
        digest
        for digest, each in inventory.manifests.items()
        if each.tag.name == "moved" and digest not in inventory.parents
    ]
    images = {digest for digest, parents in inventory.parents.items() if index in parents}
    manifests = await read_manifests(context, "shared-index")
    for each in manifests:
        if each["manifest_digest"] == index and is_young:
            each["last_pushed"] = datetime.now(UTC).isoformat()
    body = json.dumps({"manifests": manifests})
    sandbox.faults.add(match="/repositories/shared-index/manifests", method="GET", status=200, body=body)
    planned, _ = await plan(context, "shared-index")
    assert len(images) > 1
    assert planned & {index, *images} == (set() if is_young else {index, *images})


async def test_a_list_of_referrers_without_an_end_keeps_all_manifests(
    context: ToolContext, sandbox: Sandbox
) -> None:
    sandbox.faults.add(
        match="/referrers/",
        status=200,
        body='{"manifests": []}',
        headers={"Link": '<?last=1>; rel="next"'},
    )
    planned, result = await plan(context, "shared-index", delete_matching=["1.0.0"])
    assert planned == set()
    assert result.text.startswith("PARTIAL")
    assert "which manifests are signatures of images that stay" in result.text


async def test_the_limit_counts_tags_and_manifests_of_before(context: ToolContext, sandbox: Sandbox) -> None:
    repository = sandbox.state.repositories["milldale", "shared-index"]
    tag = next(each for each in repository.tags if each.name == "1.1.0")
    repository.former_tags.extend(replace(tag, name=f"m{n}", build_key=f"m{n}") for n in range(3))
    everything, result = await plan(context, "shared-index", delete_matching=["1.0.0"])
    data = result.structured_content or {}
    assert (data["deletes"], data["deleted_manifests"]) == (1, len(everything))
    own = len(everything) - data["formerly_untagged"]
    assert own > 1
    planned, result = await plan(context, "shared-index", delete_matching=["1.0.0"], max_delete=3)
    data = result.structured_content or {}
    assert (data["deletes"], data["formerly_untagged"], len(planned)) == (1, 2, own + 2)
    assert "max_delete leaves" in result.text
    assert "counts tags and such manifests together" in result.text
