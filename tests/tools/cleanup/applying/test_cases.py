"""Plans of every special repository, made and carried out with the tools: what stays is whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.inventory import get_inventory
from dockerhub_mcp.tools.context import ToolContext
from tests.support.cleanup_plans import list_names, thin_out
from tests.support.fixture_types import MakeHub
from tests.support.registry_contexts import connect_registry
from tests.support.tool_calls import FakeUser, call

REPOSITORIES = sorted(name for namespace, name in Sandbox().state.repositories if namespace == "milldale")
RULES: dict[str, dict[str, Any]] = {
    "newest": {"delete_matching": ["*"], "keep_newest": 1},
    "latest": {"delete_matching": ["*"], "keep_younger_than": "1h"},
    "old": {"older_than": "90d"},
    "everything": {"delete_matching": ["*"], "keep_matching": [], "allow_everything": True},
    "untagged": {"untagged": True},
}


@pytest.fixture
def sandbox() -> Sandbox:
    return thin_out(Sandbox(signed_in_limit=None))


@pytest.fixture
async def context(sandbox: Sandbox, make_hub: MakeHub) -> AsyncIterator[ToolContext]:
    async with connect_registry(sandbox) as make:
        yield make(make_hub("owner"), confirmer=FakeUser())


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("name", REPOSITORIES)
async def test_what_stays_is_whole(context: ToolContext, sandbox: Sandbox, name: str, rules: str) -> None:
    image, repository = f"milldale/{name}", sandbox.state.repositories["milldale", name]
    arguments = {"untagged": True, "max_delete": 300} | RULES[rules]
    before = list_names(sandbox, image)
    planned = await call(context, "plan_tag_cleanup", namespace="milldale", repository=name, **arguments)
    if planned.is_error:
        assert list_names(sandbox, image) == before
        return
    plan = planned.structured_content or {}
    if "plan_id" not in plan:
        return
    assert plan["deletes"] or rules != "everything"
    applied = await call(context, "apply_tag_cleanup", plan_id=plan["plan_id"])
    assert not applied.is_error, applied.text
    result = applied.structured_content or {}
    assert result["unknown"] == result["not_reached"] == result["moved"] == 0
    assert len(before) - len(list_names(sandbox, image)) == plan["deletes"]
    inventory, deleted = get_inventory(repository), repository.deleted_digests
    needed = set(inventory.tags)
    needed |= {digest for digest, parents in inventory.parents.items() if parents & set(inventory.tags)}
    assert needed & deleted == set(), "the images of tags that stay are there, with all their platforms"
    assert not {f"{each.name}" for each in repository.tags} & set(find_names(result, "deleted"))


def find_names(result: dict[str, Any], outcome: str) -> list[str]:
    groups = (each for each in result.get("outcomes", []) if each["outcome"] == outcome)
    return [name for group in groups for name in group["names"]]
