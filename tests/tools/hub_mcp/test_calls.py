"""The tools of docker/hub-mcp, called as its clients call them: names, arguments, effects and odd values."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client
from mcp_types import ResourceTemplateReference

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.mutations.confirmation import Decision
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.elicitation import Person
from tests.support.fixture_types import MakeHub
from tests.support.programs import MODES, text_of
from tests.support.tool_calls import FakeUser, add_org_token, changes, make_context

PAGE = ["page", "page_size"]
TOOLS: dict[str, tuple[list[str], list[str]]] = {
    "listRepositoriesByNamespace": (["namespace"], [*PAGE, "ordering", "media_types", "content_types"]),
    "createRepository": (
        ["namespace"],
        ["name", "description", "is_private", "full_description", "registry"],
    ),
    "getRepositoryInfo": (["namespace", "repository"], []),
    "checkRepository": (["namespace", "repository"], []),
    "updateRepositoryInfo": (["namespace", "repository"], ["description", "full_description", "status"]),
    "listRepositoryTags": (["repository"], ["namespace", *PAGE, "architecture", "os"]),
    "getRepositoryTag": (["namespace", "repository", "tag"], []),
    "checkRepositoryTag": (["namespace", "repository", "tag"], []),
    "listNamespaces": ([], PAGE),
    "getPersonalNamespace": ([], []),
    "listAllNamespacesMemberOf": ([], []),
    "search": (
        ["query"],
        [
            *("badges", "type", "categories", "architectures", "operating_systems", "images"),
            *("extension_reviewed", "from", "size", "sort", "order"),
        ],
    ),
    "dockerHardenedImages": (["organisation"], []),
}
"""The tools of docker/hub-mcp, with their required and their optional arguments."""

OWN = {"createRepository": "create_repository", "updateRepositoryInfo": "update_repository"}
BOTH_NAMES = Registry(access=Access.ADMIN, toolsets=["all"], names="hub-mcp")
WRITING = Registry(access=Access.WRITE, names="hub-mcp")

REDIS = {"namespace": "library", "repository": "redis"}
SEARCH_FILTERS: list[dict[str, Any]] = [
    {"badges": ["official", "verified_publisher"]},
    {"type": "plugin"},
    {"categories": ["databases-and-storage"]},
    {"architectures": ["s390x"]},
    {"operating_systems": ["windows"]},
    {"from": 3},
    {"size": 2},
    {"sort": "pull_count"},
    {"sort": "pull_count", "order": "asc"},
]
SAME: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("listRepositoriesByNamespace", {"namespace": "acme", "page": 2.0, "page_size": 3.0}, "list_repositories", {"namespace": "acme", "page": 2, "page_size": 3}),
    *(
        ("listRepositoriesByNamespace", {"namespace": "acme", "ordering": theirs}, "list_repositories", {"namespace": "acme", "page_size": 10, "ordering": ours})
        for theirs, ours in [
            ("last_updated", "newest"),
            ("-last_updated", "oldest"),
            ("name", "name"),
            ("-name", "name_descending"),
            ("pull_count", "most_pulled"),
            ("-pull_count", "least_pulled"),
        ]
    ),
    ("listRepositoriesByNamespace", {"namespace": "acme", "content_types": "helm, plugin"}, "list_repositories", {"namespace": "acme", "page_size": 10, "content_types": "helm,plugin"}),
    ("getRepositoryInfo", REDIS, "get_repository", REDIS),
    ("checkRepository", REDIS, "check_repository", REDIS),
    ("checkRepository", REDIS | {"repository": "nothing"}, "check_repository", REDIS | {"repository": "nothing"}),
    ("listRepositoryTags", {"repository": "redis"}, "list_tags", {"repository": "redis", "page_size": 10}),
    ("listRepositoryTags", {"repository": "storefront", "namespace": "acme", "page_size": 2, "page": 2}, "list_tags", {"repository": "acme/storefront", "page_size": 2, "page": 2}),
    ("listRepositoryTags", {"repository": "golang", "os": "windows"}, "list_tags", {"repository": "golang", "page_size": 10, "os": "windows"}),
    ("listRepositoryTags", {"repository": "redis", "architecture": "s390x"}, "list_tags", {"repository": "redis", "page_size": 10, "architecture": "s390x"}),
    ("getRepositoryTag", REDIS | {"tag": "8.2"}, "get_tag", REDIS | {"tag": "8.2"}),
    ("checkRepositoryTag", REDIS | {"tag": "8.2"}, "check_tag", REDIS | {"tag": "8.2"}),
    ("listNamespaces", {}, "list_organizations", {"page_size": 10}),
    ("listNamespaces", {"page": 2, "page_size": 1}, "list_organizations", {"page": 2, "page_size": 1}),
    ("getPersonalNamespace", {}, "get_current_user", {}),
    ("search", {"query": "redis"}, "search_repositories", {"query": "redis", "size": 25}),
    *(
        ("search", {"query": "a", **given}, "search_repositories", {"query": "a", "size": 25, **given})
        for given in SEARCH_FILTERS
    ),
    ("dockerHardenedImages", {"organisation": "acme"}, "list_hardened_images", {"organization": "acme"}),
]  # fmt: skip
"""Calls, each with the call of our own tool that has the same result."""


async def call(hub: Hub, name: str, registry: Registry = WRITING, /, **arguments: Any) -> ToolResult:
    context = make_context(hub, confirmer=FakeUser())
    return await call_tool(registry, context, name, arguments)


@asynccontextmanager
async def connected(
    hub: Hub, mode: str, registry: Registry = BOTH_NAMES, **client: Any
) -> AsyncIterator[Client]:
    server = build_server(RequestContext(registry, make_context(hub)), names="hub-mcp")
    async with Client(server, mode=mode, **client) as opened:
        yield opened


@MODES
async def test_the_tools_have_the_names_and_arguments_of_docker_hub_mcp(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub("owner"), mode, WRITING) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert list(listed) == list(TOOLS)
    for name, (required, optional) in TOOLS.items():
        schema = listed[name].input_schema
        assert set(schema.get("required", [])) == set(required), name
        assert set(schema["properties"]) == {*required, *optional}, name
        assert listed[name].output_schema
        assert (listed[name].meta or {})["dockerhub-mcp/tools"], name
    assert "anyOf" not in str([tool.input_schema for tool in listed.values()])
    changing = [name for name, tool in listed.items() if not (tool.annotations or tool).read_only_hint]  # type: ignore[union-attr]
    assert changing == ["createRepository", "updateRepositoryInfo"]


@MODES
async def test_each_tool_has_the_result_of_our_own(make_hub: MakeHub, mode: str) -> None:
    called = set()
    async with connected(make_hub("owner"), mode) as client:
        for name, arguments, own_name, own_arguments in SAME:
            if name in called:
                continue
            called.add(name)
            theirs = await client.call_tool(name, arguments)
            ours = await client.call_tool(own_name, own_arguments)
            assert not theirs.is_error, (name, arguments, text_of(theirs))
            assert (text_of(theirs), theirs.structured_content) == (text_of(ours), ours.structured_content)
        everything = await client.call_tool("listAllNamespacesMemberOf", {})
    assert everything.structured_content
    assert {*called, "listAllNamespacesMemberOf", *OWN} == TOOLS.keys()


async def test_each_argument_has_the_effect_of_our_own(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    seen: dict[str, set[str]] = {}
    for name, arguments, own_name, own_arguments in SAME:
        theirs = await call(hub, name, BOTH_NAMES, **arguments)
        ours = await call(hub, own_name, BOTH_NAMES, **own_arguments)
        assert (theirs.text, theirs.structured_content) == (ours.text, ours.structured_content)
        seen.setdefault(name, set()).add(str(theirs.structured_content))
    repeated = {name: sum(each[0] == name for each in SAME) for name in seen}
    assert {name: len(results) for name, results in seen.items()} == repeated, "an argument has no effect"


async def test_orders_are_those_of_docker_hub(make_hub: MakeHub) -> None:
    hub, fields = make_hub("owner"), ["name", "pull_count", "last_updated"]
    for ordering, key, is_descending in [
        ("last_updated", "last_updated", True),
        ("-last_updated", "last_updated", False),
        ("pull_count", "pull_count", True),
        ("-pull_count", "pull_count", False),
        ("name", "name", False),
        ("-name", "name", True),
    ]:
        result = await call(
            hub, "listRepositoriesByNamespace", namespace="acme", ordering=ordering, fields=fields
        )
        values = [row[key] for row in (result.structured_content or {})["results"]]
        assert values == sorted(values, reverse=is_descending), ordering
        assert len(set(values)) > 2


async def test_repositories_are_filtered_by_media_type(make_hub: MakeHub, sandbox: Sandbox) -> None:
    acme = [each for each in sandbox.state.repositories.values() if each.namespace == "acme"]
    kinds = sorted({kind for each in acme for kind in each.media_types})
    wanted = kinds[0]
    sandbox.state.repositories["acme", "storefront"].media_types = ("application/x-of-its-own",)
    names = {each.name for each in acme if wanted in each.media_types}
    for media_types, expected in [
        (wanted, names),
        ("application/x-of-its-own", {"storefront"}),
        (f"{wanted}, application/x-of-its-own ,", names | {"storefront"}),
    ]:
        given = {"namespace": "acme", "page_size": 100, "media_types": media_types}
        result = await call(make_hub("owner"), "listRepositoriesByNamespace", **given)
        assert {row["name"] for row in (result.structured_content or {})["results"]} == expected


async def test_the_search_is_limited_to_reviewed_extensions(make_hub: MakeHub, sandbox: Sandbox) -> None:
    verified = next(
        each
        for each in sandbox.state.repositories.values()
        if not each.is_private
        and (owner := sandbox.state.organizations.get(each.namespace))
        and owner.badge == "verified_publisher"
    )
    verified.repository_type = "extension"
    hub = make_hub("owner")
    for value, is_limited in [(True, True), (False, False), (None, False)]:
        result = await call(hub, "search", query=verified.namespace, extension_reviewed=value)
        names = [row["name"] for row in (result.structured_content or {})["results"]]
        assert f"{verified.namespace}/{verified.name}" in names
        assert (len(names) == 1) is is_limited
    assert "extension_reviewed=true" in sandbox.requests[-3].query


async def test_the_namespaces_are_the_account_s_own_and_its_organizations(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "listAllNamespacesMemberOf")
    rows = (result.structured_content or {})["results"]
    assert [(row["namespace"], row["kind"], row.get("role")) for row in rows] == [
        ("ada", "personal", None),
        ("acme", "organization", "Owner"),
        ("milldale", "organization", "Owner"),
    ]
    assert not result.is_error


async def test_namespaces_that_cannot_be_read_are_reported(make_hub: MakeHub, sandbox: Sandbox) -> None:
    anonymous = await call(make_hub(), "listAllNamespacesMemberOf")
    assert anonymous.is_error
    assert "needs an account" in anonymous.text
    sandbox.faults.add(match="/v2/user/orgs", status=403, body="{}")
    failed = await call(make_hub("owner"), "listAllNamespacesMemberOf")
    assert failed.text.startswith("PARTIAL, the result is incomplete: the organizations could not be read")
    assert [row["namespace"] for row in (failed.structured_content or {})["results"]] == ["ada"]
    token = add_org_token(sandbox, "scope-repository-list")
    of_organization = await call(make_hub(credentials=token), "listAllNamespacesMemberOf")
    rows = (of_organization.structured_content or {})["results"]
    assert [(row["namespace"], row["kind"]) for row in rows] == [("acme", "organization")]


MUTATIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("createRepository", {"name": "made-1"}, {"name": "made-1"}),
    ("createRepository", {"name": "made-2", "description": "Of a test", "full_description": "# Long", "is_private": True, "registry": "docker.io"}, {"name": "made-2", "description": "Of a test", "full_description": "# Long", "is_private": True}),
    ("updateRepositoryInfo", {"repository": "storefront", "description": "New", "status": None}, {"repository": "storefront", "description": "New"}),
    ("updateRepositoryInfo", {"repository": "storefront", "full_description": "# New"}, {"repository": "storefront", "full_description": "# New"}),
]  # fmt: skip


async def test_each_mutation_sends_what_our_own_tool_sends(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    for name, theirs, ours in MUTATIONS:
        preview = [
            await call(hub, each, BOTH_NAMES, namespace="acme", dry_run=True, **given)
            for each, given in [(name, theirs), (OWN[name], ours)]
        ]
        assert preview[0].text == preview[1].text.replace(OWN[name], name)
        assert not preview[0].is_error, preview[0].text
    created = await call(hub, "createRepository", namespace="acme", **MUTATIONS[1][1])
    data = created.structured_content or {}
    assert (data["is_private"], data["description"]) == (True, "Of a test")
    assert "acme/made-2 is private" in created.text


@MODES
async def test_a_change_of_the_status_is_confirmed(make_hub: MakeHub, sandbox: Sandbox, mode: str) -> None:
    place = {"namespace": "acme", "repository": "storefront"}
    repository = sandbox.state.repositories["acme", "storefront"]
    for action, expected in [("decline", 1), ("accept", 0)]:
        person = Person(action)
        async with connected(make_hub("owner"), mode, WRITING, elicitation_callback=person) as client:
            result = await client.call_tool("updateRepositoryInfo", place | {"status": "inactive"})
        assert "acme/storefront becomes inactive" in person.asked[0]
        assert result.is_error is (action == "decline")
        assert repository.status == expected
    person = Person()
    async with connected(make_hub("owner"), mode, WRITING, elicitation_callback=person) as client:
        given = {"status": "active", "description": "Back again"}
        result = await client.call_tool("updateRepositoryInfo", place | given)
        again = await client.call_tool("updateRepositoryInfo", place | {"status": "active"})
    assert not result.is_error, text_of(result)
    assert "Back again" in person.asked[0]
    assert (repository.status, repository.description) == (1, "Back again")
    assert len(person.asked) == 1
    assert not again.is_error


async def test_a_change_of_the_status_is_confirmed_where_the_state_cannot_be_read(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    token, user = add_org_token(sandbox, "scope-repository-edit"), FakeUser()
    sandbox.faults.add(match="/repositories/storefront", method="GET", status=403, body="{}")
    context = make_context(make_hub(credentials=token), confirmer=user)
    place = {"namespace": "acme", "repository": "storefront", "description": "Resting"}
    result = await call_tool(WRITING, context, "updateRepositoryInfo", place | {"status": "inactive"})
    (confirmation,) = user.confirmations
    assert "becomes inactive" in confirmation.text
    assert "Also description changes. The current state could not be read" in confirmation.text
    assert confirmation.takes
    repository = sandbox.state.repositories["acme", "storefront"]
    assert (result.is_error, repository.status, repository.description) == (False, 0, "Resting")


@MODES
async def test_names_are_completed_by_the_tools_that_are_listed(make_hub: MakeHub, mode: str) -> None:
    template = ResourceTemplateReference(type="ref/resource", uri="dockerhub://{namespace}/{repository}")
    async with connected(make_hub("owner"), mode, WRITING) as client:
        found = await client.complete(
            template, {"name": "repository", "value": "store"}, context_arguments={"namespace": "acme"}
        )
        read = await client.read_resource("dockerhub://acme/storefront")
    assert found.completion.values == ["storefront"]
    assert "name: storefront" in str(read.contents[0])


@pytest.mark.parametrize("status", [{"status": None}, {}])
async def test_no_status_changes_no_status(
    make_hub: MakeHub, sandbox: Sandbox, status: dict[str, Any]
) -> None:
    user = FakeUser(Decision.DECLINED)
    context = make_context(make_hub("owner"), confirmer=user)
    place = {
        "namespace": "acme",
        "repository": "storefront",
        "description": "Changed",
        "full_description": "",
    }
    result = await call_tool(WRITING, context, "updateRepositoryInfo", place | status)
    repository = sandbox.state.repositories["acme", "storefront"]
    assert (repository.status, repository.description) == (1, "Changed")
    assert repository.overview
    assert "An empty text changes nothing here: full_description left as before." in result.text
    assert user.confirmations == []


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("search", {"query": "redis", "images": ["nginx"]}, "images: is not available"),
    ("search", {}, "query: is required"),
    ("search", {"query": "redis", "badges": ["hardened"]}, "badges: must be one of 'official'"),
    ("search", {"query": "redis", "sort": "stars"}, "sort: must be one of"),
    ("listRepositoriesByNamespace", {}, "namespace: is required"),
    ("listRepositoriesByNamespace", {"namespace": "acme", "ordering": "newest"}, "ordering: must be one of"),
    ("listRepositoriesByNamespace", {"namespace": "acme", "page": 0}, "page: must be at least 1"),
    ("listRepositoriesByNamespace", {"namespace": "acme", "page": 1.5}, "page: must be a whole number"),
    ("listRepositoriesByNamespace", {"namespace": "acme", "page_size": -5}, "page_size: must be at least 1"),
    ("listRepositoryTags", {"repository": "redis", "name": "8"}, "name: listRepositoryTags has no such argument"),
    ("getRepositoryInfo", {"repository": "redis"}, "namespace: is required"),
    ("getRepositoryInfo", {"namespace": "acme", "repository": "library/redis"}, "give one"),
    ("createRepository", {"namespace": "acme"}, "name: is required"),
    ("createRepository", {"namespace": "acme", "name": "new-repository"}, "name: must be no placeholder"),
    ("createRepository", {"namespace": "acme", "name": "x-1", "registry": "ghcr.io"}, "registry: must be Docker Hub"),
    ("updateRepositoryInfo", {"namespace": "acme", "repository": "storefront"}, "Give description"),
    ("updateRepositoryInfo", {"namespace": "acme", "repository": "storefront", "description": "", "status": None}, "an empty text changes nothing"),
    ("updateRepositoryInfo", {"namespace": "acme", "repository": "storefront", "status": "archived"}, "status: must be one of"),
    ("dockerHardenedImages", {}, "organisation: is required"),
]  # fmt: skip


async def test_what_cannot_be_served_is_refused_by_name(make_hub: MakeHub, sandbox: Sandbox) -> None:
    for name, arguments, message in REFUSED:
        result = await call(make_hub("owner"), name, **arguments)
        assert result.is_error, (name, arguments)
        assert result.text.startswith(f"{name} was not called. "), result.text
        assert message in result.text, result.text
    assert sandbox.requests == []


async def test_odd_values_that_mean_something_are_served(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    read = await call(hub, "getRepositoryInfo", namespace="acme", repository="storefront")
    for pasted in (
        {"repository": "acme/storefront"},
        {"namespace": "acme", "repository": "acme/storefront"},
        {"namespace": "ACME", "repository": "docker.io/acme/storefront"},
    ):
        assert (await call(hub, "getRepositoryInfo", **pasted)).text == read.text
    tags = await call(hub, "listRepositoryTags", namespace="acme", repository="storefront")
    assert (await call(hub, "listRepositoryTags", repository="acme/storefront")).text == tags.text
    given: dict[str, Any] = {"namespace": "acme", "name": "acme/made-0", "dry_run": True}
    assert "acme/made-0" in (await call(hub, "createRepository", **given)).text
    empty: dict[str, Any] = {"images": [], "badges": [], "sort": None, "order": None}
    plain = await call(hub, "search", query="redis")
    assert (await call(hub, "search", query="redis", **empty)).text == plain.text
    for name, argument, size in [
        ("listRepositoryTags", "repository", "page_size"),
        ("search", "query", "size"),
    ]:
        result = await call(hub, name, **{argument: "redis", size: 300})
        assert "=300 is more than Docker Hub returns at once: this is a page of 100." in result.text
        assert len((result.structured_content or {})["results"]) <= 100
    for registry in (
        "",
        "hub.docker.com",
        "https://index.docker.io/v1/",
        "registry-1.docker.io",
        "Docker Hub",
    ):
        given = {"namespace": "acme", "name": "made-3", "registry": registry, "dry_run": True}
        assert not (await call(hub, "createRepository", **given)).is_error, registry


TRAVERSALS = ("..", "../..", "acme/../../orgs", "x/../../auditlogs/acme", "a?b=1", "a#b", "%2e%2e")


async def test_no_name_leads_to_another_path(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub = make_hub("owner")
    for odd in TRAVERSALS:
        for name in ("namespace", "repository", "tag"):
            arguments = REDIS | {"tag": "8.2", name: odd}
            for tool, (required, _) in TOOLS.items():
                if name in required and "repository" in required:
                    given = {each: arguments[each] for each in required}
                    extra = {"description": "x"} if tool == "updateRepositoryInfo" else {}
                    result = await call(hub, tool, **given, **extra)
                    missing = (result.structured_content or {}).get("exists") is False
                    assert result.is_error or missing, (tool, given)
    paths = {request.path for request in sandbox.requests} - {"/v2/auth/token"}
    assert all(path.startswith("/v2/namespaces/") and "/repositories/" in path for path in paths), paths
    assert changes(sandbox) == []


async def test_a_failure_is_no_missing_repository(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=500, body="{}")
    for name, arguments in [("checkRepository", REDIS), ("checkRepositoryTag", REDIS | {"tag": "8.2"})]:
        result = await call(make_hub("owner"), name, **arguments)
        assert result.is_error
        assert "exist" not in result.text


async def test_a_new_value_in_one_image_is_shown_and_rejects_no_page(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    usual = {
        "architecture": "amd64",
        "os": "linux",
        "status": "active",
        "size": 1,
        "digest": f"sha256:{'a' * 64}",
    }
    images = [usual | {"status": "of-the-future", "architecture": "quantum"}, usual | {"os": None}, usual]
    tags = [{"name": "one", "tag_status": "unheard-of", "images": images}, {"name": "two", "images": [usual]}]
    body = {"count": 2, "next": None, "previous": None, "results": tags}
    sandbox.faults.add(match="/repositories/redis/tags", status=200, body=json.dumps(body))
    result = await call(make_hub(), "listRepositoryTags", repository="redis")
    assert not result.is_error, result.text
    assert [row["name"] for row in (result.structured_content or {})["results"]] == ["one", "two"]
    assert all(text in result.text for text in ("of-the-future", "quantum", "unheard-of")), result.text


async def test_results_are_cached_together_with_those_of_our_own_tools(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    context = make_context(make_hub("owner"), cache=ResultCache())
    await call_tool(BOTH_NAMES, context, "get_tag", REDIS | {"tag": "8.2"})
    sent = len(sandbox.requests)
    result = await call_tool(BOTH_NAMES, context, "getRepositoryTag", REDIS | {"tag": "8.2"})
    assert "(cached by this server)" in result.text
    assert len(sandbox.requests) == sent
    place = {"namespace": "acme", "repository": "storefront"}
    await call_tool(BOTH_NAMES, context, "updateRepositoryInfo", place | {"description": "Other"})
    result = await call_tool(BOTH_NAMES, context, "getRepositoryTag", REDIS | {"tag": "8.2"})
    assert "cached" not in result.text


async def test_notes_and_errors_name_the_tools_that_are_listed(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub = make_hub("owner")
    nothing = await call(hub, "search", query="no/such-repository-at-all")
    assert "with getRepositoryInfo." in nothing.text
    sandbox.state.repositories["acme", "storefront"].overview = "Note: get_repository\nget_repository"
    read = await call(hub, "getRepositoryInfo", namespace="acme", repository="storefront")
    assert read.text.count("get_repository") == 2
    refused = await call_tool(
        WRITING,
        make_context(hub),
        "updateRepositoryInfo",
        {"namespace": "acme", "repository": "storefront", "status": "inactive"},
    )
    assert refused.text.startswith("updateRepositoryInfo needs the user's confirmation")
