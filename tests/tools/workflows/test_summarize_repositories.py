"""The summary of a namespace, compared with the repositories of the sandbox."""

from __future__ import annotations

import time
from typing import Any

import pytest

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.state import ARCHIVED_STATUS, RepositoryRecord
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import call, make_context

YEAR = 365 * 86_400


async def summarize(hub: Hub, namespace: str, **arguments: Any) -> dict[str, Any]:
    found = await call(hub, "summarize_repositories", namespace=namespace, **arguments)
    assert not found.is_error, found.text
    return found.structured_content or {}


def records_of(sandbox: Sandbox, namespace: str) -> list[RepositoryRecord]:
    return [each for (owner, _), each in sandbox.state.repositories.items() if owner == namespace]


@pytest.mark.parametrize(("namespace", "requests"), [("acme", 1), ("bigcorp", 3)])
async def test_totals_and_lists_agree_with_the_hub(
    make_hub: MakeHub, sandbox: Sandbox, namespace: str, requests: int
) -> None:
    records = records_of(sandbox, namespace)
    records[0].description, records[1].status = " ", ARCHIVED_STATUS
    data = await summarize(make_hub("owner"), namespace)
    private = sum(each.is_private for each in records)
    count = f"{len(records)}: {len(records) - private} public, {private} private; 1 archived"
    assert data["repositories"] == count
    assert data["storage"] == sum(each.storage_size or 0 for each in records)
    assert data["pulls"] == sum(each.pull_count for each in records)
    largest = sorted(records, key=lambda each: -(each.storage_size or 0))[:10]
    assert [each["repository"] for each in data["largest"]] == [each.name for each in largest]
    stale = sorted(
        (each for each in records if time.time() - each.updated_at > YEAR), key=lambda each: each.updated_at
    )
    assert data["not_updated_for_a_year_count"] == len(stale)
    assert [each["repository"] for each in data["not_updated_for_a_year"]] == [each.name for each in stale]
    assert data["undescribed"] == [records[0].name]
    assert data["archived"] == [records[1].name]
    assert data["requests"] == requests == len([each for each in sandbox.requests if each.method == "GET"])


async def test_the_number_of_the_largest_is_chosen(make_hub: MakeHub) -> None:
    assert len((await summarize(make_hub("owner"), "acme", largest=3))["largest"]) == 3


async def test_an_anonymous_summary_is_partial(make_hub: MakeHub) -> None:
    found = await call(make_hub(), "summarize_repositories", namespace="bigcorp")
    head = found.text.splitlines()[0]
    assert head.startswith("PARTIAL")
    assert "the repositories (not all)" in head
    assert "private repositories" in head
    assert not found.is_cacheable


async def test_a_token_without_the_scope_to_list_is_told_so(make_hub: MakeHub) -> None:
    found = await call(make_hub("org-token-narrow"), "summarize_repositories", namespace="acme")
    assert "the organization token lacks scope-repository-list" in found.text.splitlines()[0]


async def test_members_are_told_that_they_may_not_see_all(make_hub: MakeHub) -> None:
    told = "Private repositories are counted only where this account may see them."
    assert told in (await call(make_hub("member"), "summarize_repositories", namespace="acme")).text
    assert told not in (await call(make_hub("owner"), "summarize_repositories", namespace="acme")).text


async def test_a_page_that_fails_makes_the_summary_partial(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.rules.append(Fault(match="page=2", status=500))
    found = await call(make_hub("owner"), "summarize_repositories", namespace="bigcorp")
    assert found.text.startswith("PARTIAL, the result is incomplete: not read: the repositories (not all).")
    sandbox.faults.rules[:] = [Fault(match="/v2/namespaces/bigcorp/repositories", status=500)]
    assert (await call(make_hub("owner"), "summarize_repositories", namespace="bigcorp")).is_error


async def test_sizes_that_the_hub_leaves_out_are_unknown(make_hub: MakeHub, sandbox: Sandbox) -> None:
    body = '{"count": 2, "next": null, "results": [{"name": "a", "storage_size": 5}, {"name": "b", "is_private": true}]}'
    sandbox.faults.rules.append(Fault(match="/v2/namespaces/acme/repositories", status=200, body=body))
    found = await call(make_hub("owner"), "summarize_repositories", namespace="acme")
    data = found.structured_content or {}
    assert data["repositories"] == "2: 0 public, 1 private, 1 of unknown visibility; none archived"
    assert (data["storage"], data["undescribed_count"], data["not_updated_for_a_year_count"]) == (5, 0, 0)
    assert "The Hub sent no size of 1 repository;" in found.text


async def test_a_namespace_without_repositories_is_explained(make_hub: MakeHub) -> None:
    found = await call(make_hub("owner"), "summarize_repositories", namespace="nothing")
    assert "if there is no namespace 'nothing'" in found.text


async def test_thousands_of_old_repositories_are_counted_and_cut(make_hub: MakeHub, sandbox: Sandbox) -> None:
    pattern = records_of(sandbox, "bigcorp")[0]
    for number in range(1_500):
        fields = {
            name: getattr(pattern, name) for name in ("id", "description", "registered_at", "make_tags")
        }
        name = f"repository-with-a-long-name-{number:05}"
        sandbox.state.add_repository(
            RepositoryRecord(namespace="bigcorp", name=name, updated_at=1e9, **fields)
        )
    found = await call(make_context(make_hub("owner")), "summarize_repositories", namespace="bigcorp")
    data = found.structured_content or {}
    assert len(found.text.encode()) <= 32_768
    assert data["not_updated_for_a_year_count"] >= 1_500
    assert f"the {len(data['not_updated_for_a_year'])} oldest are listed" in found.text
    assert "LEFT OUT" not in found.text
