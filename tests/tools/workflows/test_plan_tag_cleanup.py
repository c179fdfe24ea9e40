"""The tool plan_tag_cleanup on the sandbox: what it plans, what it refuses, bad input, and trouble."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.inventory import get_inventory
from dockerhub_mcp.sandbox.state import TagRecord
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.cleanup.account import describe_account
from dockerhub_mcp.tools.cleanup.model import CleanupPlan
from dockerhub_mcp.tools.cleanup.plan_files import PlanDirectory
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.cleanup_plans import CONTROLLER, thin_out
from tests.support.fixture_types import MakeHub
from tests.support.image_calls import make_image_context
from tests.support.tool_calls import call, make_context

MAX_TEXT_CHARS = 6000
ALL_TAGS = pytest.mark.parametrize("sandbox", ["all"], indirect=True)


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Return a sandbox with some of the tags of the large repository, or with all of them."""
    return Sandbox() if getattr(request, "param", "") == "all" else thin_out(Sandbox())


@pytest.fixture
def context(make_hub: MakeHub, sandbox: Sandbox) -> ToolContext:
    return make_image_context(sandbox, make_hub("owner"))


async def plan(context: ToolContext, repository: str, **arguments: Any) -> ToolResult:
    return await call(context, "plan_tag_cleanup", repository=repository, **arguments)


def data_of(result: ToolResult) -> dict[str, Any]:
    assert not result.is_error, result.text
    assert result.structured_content is not None
    assert len(result.text) < MAX_TEXT_CHARS
    return result.structured_content


def kept_of(result: ToolResult) -> dict[str, int]:
    return {group["kept_because"].partition(",")[0]: group["tags"] for group in data_of(result)["kept"]}


async def plan_of(context: ToolContext, result: ToolResult) -> CleanupPlan:
    return await context.plans.find(data_of(result)["plan_id"], describe_account(context))


async def names_of(context: ToolContext, result: ToolResult) -> list[str]:
    return [tag.name for tag in (await plan_of(context, result)).tags]


def tags_in(sandbox: Sandbox, repository: str) -> dict[str, TagRecord]:
    namespace, name = repository.split("/")
    return {tag.name: tag for tag in sandbox.state.repositories[namespace, name].tags}


def manifest_digests(sandbox: Sandbox, names: list[str]) -> dict[str, str]:
    """Return the digest of each of these tags of the controller."""
    inventory = get_inventory(sandbox.state.repositories["milldale", "controller"])
    digests = {name: digest for digest, tags in inventory.tags.items() for name in tags}
    return {name: digests[name] for name in names}


# What is planned


@ALL_TAGS
async def test_thousands_of_tags_are_planned_in_one_call_with_few_requests(
    context: ToolContext, sandbox: Sandbox
) -> None:
    result = await plan(
        context, CONTROLLER, older_than="180d", keep_newest=5, keep_newest_per="minor", max_delete=3000
    )
    data = data_of(result)
    names = await names_of(context, result)
    assert data["deletes"] == len(names) > 1000
    assert data["deletes"] + data["keeps"] == len(tags_in(sandbox, CONTROLLER)) == 3000
    assert sum(group["tags"] for group in data["deleted"]) == data["deletes"]
    assert sum(group["tags"] for group in data["kept"]) == data["keeps"]
    assert sum(group["max_bytes"] for group in data["deleted"]) == data["max_bytes"]
    assert sum("/auth/" not in request.path for request in sandbox.requests) <= 35
    assert f"plan_id: {data['plan_id']}\n" in result.text
    digests = manifest_digests(sandbox, [*tags_in(sandbox, CONTROLLER)])
    staying = {digests[name] for name in digests if name not in set(names)}
    assert not staying & {digests[name] for name in names}


async def test_nothing_is_deleted_by_planning(context: ToolContext, sandbox: Sandbox) -> None:
    data_of(await plan(context, CONTROLLER, older_than="180d", untagged=True))
    assert {request.method for request in sandbox.requests if "/auth/" not in request.path} <= {"GET", "HEAD"}


async def test_latest_is_kept_with_its_versions(context: ToolContext) -> None:
    result = await plan(context, "milldale/shared-index", delete_matching=["*"], keep_younger_than="1h")
    assert sorted(await names_of(context, result)) == ["1.0.0", "1.1", "1.1.0"]
    assert kept_of(result) == {"keep_matching": 1, "same digest as a kept tag": 2}


async def test_images_of_a_kept_index_stay(context: ToolContext) -> None:
    result = await plan(context, "milldale/platform-tags", delete_excluding=["2.0.0", "latest"])
    names = await names_of(context, result)
    assert not [name for name in names if name.startswith("2.")]
    assert [name for name in names if name.startswith("1.0.0")]


async def test_signatures_stay_with_kept_images_and_go_with_others(
    context: ToolContext, sandbox: Sandbox
) -> None:
    result = await plan(context, "milldale/signed", delete_excluding=["2.0.0", "latest"])
    deleted = set(await names_of(context, result))
    inventory = get_inventory(sandbox.state.repositories["milldale", "signed"])
    kept_subjects = {digest for digest, tags in inventory.tags.items() if not set(tags) <= deleted}
    for name in tags_in(sandbox, "milldale/signed"):
        if name.startswith("sha256-") and f"sha256:{name[7:71]}" in kept_subjects:
            assert name not in deleted
    assert any(name.startswith("sha256-") for name in deleted)


async def test_immutable_tags_are_told_and_kept(context: ToolContext) -> None:
    result = await plan(context, "milldale/immutable", older_than="100d")
    assert sorted(await names_of(context, result)) == ["dev", "v1.1.0-rc.1"]
    assert kept_of(result)["immutable"] == 2


async def test_where_the_hub_does_not_decide_tags_may_be_immutable(
    context: ToolContext, sandbox: Sandbox
) -> None:
    sandbox.faults.add(match="/immutabletags/verify", status=403)
    result = await plan(context, "milldale/immutable", older_than="100d", untagged=False)
    assert data_of(result)["deletes"] == 0
    assert kept_of(result)["may be immutable"] == 4
    assert "could not be decided" in result.text


async def test_every_tag_goes_only_if_that_is_said(context: ToolContext) -> None:
    for repository in ("milldale/branches", "milldale/last-tag"):
        refused = await plan(context, repository, older_than="30d")
        assert refused.is_error
        assert "allow_everything" in refused.text
        limited = await plan(context, repository, older_than="30d", max_delete=1)
        assert limited.is_error
        allowed = await plan(context, repository, older_than="30d", allow_everything=True)
        assert (await plan_of(context, allowed)).takes_every_tag


@ALL_TAGS
async def test_a_limit_leaves_the_newer_ones_for_another_plan(context: ToolContext) -> None:
    result = await plan(context, CONTROLLER, older_than="180d", keep_newest=5)
    data = data_of(result)
    assert 90 < data["deletes"] <= 100
    assert f"{data['left_for_another_plan']:,} more tags match" in result.text
    pushed = [tag.pushed_at for tag in (await plan_of(context, result)).tags if tag.pushed_at]
    assert pushed == sorted(pushed)


async def test_undated_tags_go_only_if_that_is_said(context: ToolContext, sandbox: Sandbox) -> None:
    undated = {name for name, tag in tags_in(sandbox, CONTROLLER).items() if name.startswith("0.")}
    arguments = {"delete_matching": ["0.*"], "max_delete": 3000}
    kept = await plan(context, CONTROLLER, **arguments)
    assert kept_of(kept)["no push date; undated=old treats them as old"] == 24
    gone = await plan(context, CONTROLLER, undated="old", **arguments)
    assert set(await names_of(context, gone)) <= undated
    assert len(await names_of(context, gone)) >= 24


async def test_a_repository_without_tags(context: ToolContext) -> None:
    data = data_of(await plan(context, "milldale/empty", older_than="30d"))
    assert (data["deletes"], data["keeps"]) == (0, 0)
    assert "plan_id" not in data


async def test_a_plan_is_never_from_the_cache(context: ToolContext, sandbox: Sandbox) -> None:
    first = await plan(context, "milldale/shared-index", older_than="200d")
    tags = sandbox.state.repositories["milldale", "shared-index"].tags
    tags[:] = [tag for tag in tags if tag.name != "1.0.0"]
    second = await plan(context, "milldale/shared-index", older_than="200d")
    assert "1.0.0" in (await names_of(context, first))
    assert "1.0.0" not in (await names_of(context, second))


# How complete the list is


async def test_a_list_that_ends_early_is_completed(context: ToolContext) -> None:
    result = await plan(context, "milldale/listed-in-part", older_than="20d", max_delete=3000)
    data = data_of(result)
    assert data["deletes"] + data["keeps"] == 45
    assert "as many as the registry lists" in data["tag_list"]
    assert "PARTIAL" not in result.text


async def test_without_the_registry_the_plan_is_partial(make_hub: MakeHub) -> None:
    context = make_context(make_hub("owner"))
    result = await plan(context, "milldale/listed-in-part", delete_matching=["*-00*"])
    assert result.text.startswith("PARTIAL")
    assert "No registry may be contacted" in result.text
    refused = await plan(context, "milldale/listed-in-part", older_than="20d", untagged=True)
    assert refused.is_error
    assert "not proven to be complete" in refused.text


async def test_tags_that_cannot_be_read_stay(context: ToolContext, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/repositories/listed-in-part/tags/", status=400)
    result = await plan(context, "milldale/listed-in-part", delete_matching=["*"], max_delete=3000)
    assert result.text.startswith("PARTIAL")
    assert kept_of(result)["only the name could be read"] == 15
    refused = await plan(context, "milldale/listed-in-part", older_than="20d", untagged=True)
    assert refused.is_error


# Manifests without a tag


async def test_manifests_that_a_staying_tag_needs_are_never_planned(
    context: ToolContext, sandbox: Sandbox
) -> None:
    result = await plan(context, CONTROLLER, older_than="180d", keep_newest=3, max_delete=3000, untagged=True)
    planned = await plan_of(context, result)
    deleted, digests = {tag.name for tag in planned.tags}, {each.digest for each in planned.manifests}
    inventory = get_inventory(sandbox.state.repositories["milldale", "controller"])
    tagged = {digest for digest, names in inventory.tags.items() if not set(names) <= deleted}
    assert not digests & tagged
    assert not [digest for digest in digests if inventory.parents.get(digest, set()) & tagged]
    assert data_of(result)["deleted_manifests"] == len(digests) > len(deleted)
    kinds = [each.kind for each in planned.manifests]
    assert kinds == sorted(kinds, reverse=True, key=lambda kind: kind == "index")


async def test_manifests_that_lost_their_tag_before_are_planned_by_themselves(context: ToolContext) -> None:
    result = await plan(context, CONTROLLER, untagged=True)
    data = data_of(result)
    assert data["deletes"] == 0
    assert 0 < data["deleted_manifests"] <= 100
    assert data["max_bytes"] > 0
    aged = data_of(await plan(context, CONTROLLER, untagged=True, older_than="100000d"))
    assert aged["deleted_manifests"] == 0


async def test_without_the_list_of_manifests_those_of_deleted_tags_are_planned(
    context: ToolContext, sandbox: Sandbox
) -> None:
    sandbox.faults.add(match="/repositories/shared-index/manifests", status=404)
    result = await plan(context, "milldale/shared-index", older_than="200d", untagged=True)
    assert result.text.startswith("PARTIAL")
    assert "had lost their tag before could not be listed" in result.text
    assert data_of(result)["deleted_manifests"] > 0


async def test_an_index_that_stays_but_cannot_be_read_keeps_all_manifests(
    context: ToolContext, sandbox: Sandbox
) -> None:
    sandbox.faults.add(match="/v2/milldale/controller/manifests/", status=404)
    result = await plan(context, CONTROLLER, older_than="180d", untagged=True)
    assert result.text.startswith("PARTIAL")
    assert "No manifest without a tag is planned" in result.text
    assert data_of(result)["deletes"] > 0
    assert data_of(result)["deleted_manifests"] == 0


# Bad input, and trouble


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs a delete rule"),
        ({"keep_newest": 5}, "needs a delete rule"),
        ({"delete_matching": []}, "needs a delete rule"),
        ({"older_than": "6 moons"}, "must be a duration"),
        ({"delete_matching": ["^v.*$"]}, "not regular expressions"),
        ({"older_than": "30d", "max_delete": 0}, "max_delete"),
        ({"older_than": "30d", "keep_newest_per": "week"}, "keep_newest_per"),
        ({"older_than": "30d", "keep": "latest"}, "keep"),
    ],
)
async def test_bad_input(context: ToolContext, arguments: dict[str, Any], message: str) -> None:
    result = await plan(context, CONTROLLER, **arguments)
    assert result.is_error
    assert message in result.text


async def test_a_missing_repository(context: ToolContext) -> None:
    result = await plan(context, "milldale/no-such", older_than="30d")
    assert result.is_error
    assert "no-such" in result.text


@pytest.mark.parametrize("path", ["/repositories/signed", "/repositories/signed/tags"])
async def test_the_hub_fails(context: ToolContext, sandbox: Sandbox, path: str) -> None:
    sandbox.faults.add(match=path, status=400)
    assert (await plan(context, "milldale/signed", older_than="30d")).is_error


@ALL_TAGS
async def test_a_later_page_that_fails_makes_the_plan_partial(context: ToolContext, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="page=9&", status=400)
    result = await plan(context, CONTROLLER, older_than="180d", keep_newest=5)
    assert result.text.startswith("PARTIAL")
    assert data_of(result)["deletes"] > 0


async def test_an_account_without_the_right_is_told(make_hub: MakeHub, sandbox: Sandbox) -> None:
    context = make_image_context(sandbox, make_hub())
    result = await plan(context, "library/redis", only_superseded=True)
    assert "cannot be applied" in result.text


async def test_a_plan_belongs_to_its_account_and_caller(make_hub: MakeHub, sandbox: Sandbox) -> None:
    store = CleanupPlans()
    context = make_image_context(sandbox, make_hub("owner"), plans=store, caller="ci")
    plan_id = data_of(await plan(context, "milldale/shared-index", older_than="200d"))["plan_id"]
    assert describe_account(context).endswith("ada ci")
    with pytest.raises(Exception, match="another account or caller"):
        await store.find(plan_id, describe_account(context).removesuffix(" ci"))


async def test_the_file_of_a_plan_is_named(make_hub: MakeHub, sandbox: Sandbox, tmp_path: Path) -> None:
    context = make_image_context(
        sandbox, make_hub("owner"), plans=CleanupPlans(PlanDirectory(tmp_path / "plans"))
    )
    data = data_of(await plan(context, "milldale/shared-index", older_than="200d"))
    assert Path(data["file"]).parent == tmp_path / "plans"


async def test_long_names_do_not_make_a_plan_long(context: ToolContext, sandbox: Sandbox) -> None:
    for name, tag in tags_in(sandbox, CONTROLLER).items():
        tag.name = f"{name}-".ljust(128, "x")
    globs = [f"{number}*" for number in range(10)] + ["*x", "main*", "feature*"]
    data_of(await plan(context, CONTROLLER, delete_matching=globs, keep_newest=1, max_delete=3000))


@pytest.mark.parametrize("part", [":4.3.0", f"@sha256:{'0a' * 32}"])
async def test_a_tag_or_digest_in_repository_is_refused(context: ToolContext, part: str) -> None:
    result = await plan(context, CONTROLLER + part, older_than="30d")
    assert result.is_error
    assert f"names '{part[1:]}', but a plan is for all tags" in result.text


async def test_a_plan_says_where_applying_it_is_switched_off(context: ToolContext) -> None:
    registry = Registry(access=Access.READ, toolsets=["platform"])
    arguments = {"repository": "milldale/shared-index", "older_than": "30d"}
    result = await call_tool(registry, context, "plan_tag_cleanup", arguments)
    assert (
        "apply_tag_cleanup, which carries plans out, is switched off: it needs --access admin" in result.text
    )
    assert "if it is started before" not in result.text


async def test_groups_without_a_number_of_versions_are_refused(context: ToolContext) -> None:
    image, groups = "milldale/shared-index", {"keep_newest_per": "minor"}
    refused = await plan(context, image, older_than="30d", **groups)
    assert "Without keep_newest, keep_newest_per=minor keeps nothing" in refused.text
    assert not (await plan(context, image, older_than="30d", keep_newest=0, **groups)).is_error


async def test_a_plan_says_what_a_server_that_does_not_ask_needs(context: ToolContext) -> None:
    policy = context.mutation_policy._replace(confirmation_mode=ConfirmationMode.NEVER)
    silent = replace(context, mutation_policy=policy)
    result = await plan(silent, "milldale/shared-index", older_than="30d", untagged=True)
    count = (await plan_of(silent, result)).count
    assert f"with this plan_id and confirm_count={count} deletes what the plan names, without a question" in (
        result.text
    )
