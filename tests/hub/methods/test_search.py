"""Search, hardened images and the current user."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import pytest
from pydantic import ValidationError

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.errors import (
    BadRequest,
    Forbidden,
    HubUnavailable,
    NotFound,
    SignInRequired,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.methods import (
    GetCurrentUser,
    GetOrganization,
    ListHardenedImages,
    ListOrganizations,
    SearchRepositories,
)
from dockerhub_mcp.sandbox import Sandbox

ACME = ListHardenedImages(organization="acme")
GRAPHQL = "/v1/graphql"


async def test_a_search_returns_unknown_types_and_badges(make_hub: Callable[..., Hub]) -> None:
    found = await make_hub().send(SearchRepositories(words="nginx"))
    first = found.results[0]
    assert (first.id, first.type, first.badge) == ("dhi/nginx", "dhi", "hardened")
    official = next(one for one in found.results if one.id == "library/nginx")
    assert official.badge == "official"
    assert official.pull_count == "10B+"
    assert official.publisher is not None
    assert official.publisher.name == "Docker Official Images"
    assert found.total is not None
    assert found.total >= len(found.results)


async def test_unknown_values_are_kept(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="/api/search", unknown_words=True)
    found = await make_hub().send(SearchRepositories(words="nginx", size=1))
    assert (found.results[0].type, found.results[0].id) == ("something-new", "dhi/nginx")
    sandbox.faults.clear()
    sandbox.faults.add(match="/api/search", nulls=True)
    found = await make_hub().send(SearchRepositories(words="nginx", size=1))
    assert (found.results[0].type, found.results[0].badge, found.results[0].id) == (None, None, "dhi/nginx")


async def test_a_search_is_filtered_and_sorted(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    call = SearchRepositories.model_validate(
        {
            "query": "node js",
            "type": "dhi",
            "badges": "hardened,official",
            "categories": "languages-and-frameworks",
            "architectures": "arm64",
            "operating_systems": "linux",
            "sort": "updated_at",
            "order": "asc",
            "from": 0,
            "size": 5,
        }
    )
    await make_hub().send(call)
    assert sandbox.requests[-1].query == (
        "query=node+js&type=dhi&badges=hardened%2Cofficial&categories=languages-and-frameworks"
        "&architectures=arm64&operating_systems=linux&sort=updated_at&order=asc&from=0&size=5"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"query": "curl", "badges": "hardened"}, ["dhi/curl"]),
        ({"query": "volume", "type": "plugin"}, ["acme/volume-driver"]),
        ({"query": "volume-driver", "badges": "", "type": None}, ["acme/volume-driver"]),
        ({"query": "volume", "type": "something-new"}, []),
    ],
)
async def test_filters_select_results(
    make_hub: Callable[..., Hub], arguments: dict[str, Any], expected: list[str]
) -> None:
    found = await make_hub().send(SearchRepositories.model_validate(arguments))
    assert [one.id for one in found.results] == expected


async def test_a_search_continues_from_any_offset(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub()
    whole = await hub.send(SearchRepositories(words="api", size=20))
    slice_ = await hub.send(SearchRepositories.model_validate({"query": "api", "from": 5, "size": 3}))
    assert [one.id for one in slice_.results] == [one.id for one in whole.results[5:8]]
    assert slice_.total == whole.total
    beyond = await hub.send(SearchRepositories.model_validate({"query": "api", "from": 100_000}))
    assert (beyond.results, beyond.total) == ([], whole.total)


async def test_pull_counts_are_rounded_texts(make_hub: Callable[..., Hub]) -> None:
    found = await make_hub().send(SearchRepositories(words="base-images"))
    assert [(one.id, one.pull_count, one.star_count) for one in found.results] == [
        ("acme/base-images", "100K+", 21)
    ]


async def test_private_repositories_are_not_found(make_hub: Callable[..., Hub]) -> None:
    assert (await make_hub("owner").send(SearchRepositories(words="storefront dashboard"))).results == []


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"query": ""},
        {"query": "x", "size": 101},
        {"query": "x", "from": -1},
        {"query": "x", "sort": "name"},
    ],
)
def test_invalid_searches_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SearchRepositories.model_validate(arguments)


@pytest.mark.parametrize("identity", ["owner", "member", "owner-pat", "org-token"])
async def test_hardened_images_are_listed_with_their_sources(
    make_hub: Callable[..., Hub], identity: str
) -> None:
    found = await make_hub(identity).send(ACME)
    assert found.organization == "acme"
    assert [(one.repository, one.source, one.display_name) for one in found.results] == [
        ("acme/dhi-node", "dhi/node", "Node"),
        ("acme/dhi-python", "dhi/python", "Python"),
    ]


async def test_the_query_passes_the_organization_as_a_variable(
    wired: Callable[..., Hub], sent: list[httpx.Request]
) -> None:
    with pytest.raises(Forbidden):
        await wired("owner").send(ListHardenedImages(organization='x"}) { __typename }'))
    body = json.loads(sent[-1].content)
    assert body["variables"] == {"organization": 'x"}) { __typename }'}
    assert "__typename" not in body["query"]


async def test_a_graphql_refusal_with_status_200_is_an_error(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(Forbidden, match="does not show the hardened images of acme") as caught:
        await make_hub("outsider").send(ACME)
    assert caught.value.hub_message == "not authorized for this organization"
    assert "not a member" in caught.value.why


@pytest.mark.parametrize(
    ("errors", "message"),
    [
        ([{"message": "Cannot query field"}, {"message": "and more"}], "Cannot query field; and more"),
        (["out of order"], "out of order"),
        ([None], ""),
        ([{"message": None, "code": 7}], ""),
        ([{"message": None, "extensions": {"code": "BAD_USER_INPUT"}}], "BAD_USER_INPUT"),
        ([{"message": "dial tcp 10.0.0.7:443: timeout"}], "dial tcp (a host): timeout"),
        ({"message": "an object"}, "an object"),
        ("a text", "a text"),
        ([{"message": "Bearer eyJhbGciOi.eyJzdWIiOi.c2ln is old"}], "Bearer *** is old"),
        ([{"message": "x" * 400}], "x" * 299 + "…"),
    ],
)
async def test_other_graphql_errors_are_passed_on(
    sandbox: Sandbox, make_hub: Callable[..., Hub], errors: Any, message: str
) -> None:
    sandbox.faults.add(match=GRAPHQL, status=200, body=json.dumps({"data": None, "errors": errors}))
    with pytest.raises(UnexpectedAnswer, match="did not return the hardened images") as caught:
        await make_hub("owner").send(ACME)
    assert caught.value.hub_message == message


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        '{"data": {"dhiListMirroredRepositories": {"mirroredRepositories": [1, "x"]}}}',
        '{"data": {"dhiListMirroredRepositories": {"mirroredRepositories": [{}]}}}',
        '{"data": null}',
        '{"data": []}',
        '{"data": {"dhiListMirroredRepositories": null}}',
        '{"data": {"dhiListMirroredRepositories": [1]}}',
        '{"data": {"dhiListMirroredRepositories": {"mirroredRepositories": "none"}}}',
    ],
)
async def test_a_response_without_repositories_is_unexpected(
    sandbox: Sandbox, make_hub: Callable[..., Hub], body: str
) -> None:
    sandbox.faults.add(match=GRAPHQL, status=200, body=body)
    with pytest.raises(UnexpectedAnswer, match="but the answer names no repositories"):
        await make_hub("owner").send(ACME)


async def test_an_invalid_repository_does_not_affect_the_others(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    items = [
        None,
        {"destinationRepository": "x", "dhiSourceRepository": {"namespace": "dhi", "displayName": 5}},
        {"destinationRepository": {"namespace": "acme", "name": "n"}, "dhiSourceRepository": None},
    ]
    body = {"data": {"dhiListMirroredRepositories": {"mirroredRepositories": items}}}
    sandbox.faults.add(match=GRAPHQL, status=200, body=json.dumps(body))
    found = await make_hub("owner").send(ACME)
    assert [(one.repository, one.source, one.display_name) for one in found.results] == [
        ("acme/n", None, None)
    ]
    assert found.unreadable_count == 2


@pytest.mark.parametrize(
    ("status", "kind"), [(400, BadRequest), (403, Forbidden), (404, NotFound), (503, HubUnavailable)]
)
async def test_scout_may_refuse_with_a_status_too(
    sandbox: Sandbox, make_hub: Callable[..., Hub], status: int, kind: type[Exception]
) -> None:
    sandbox.faults.add(match=GRAPHQL, status=status, body='{"errors": [{"message": "no"}]}')
    for identity in ("owner", "org-token"):
        with pytest.raises(kind, match='The Hub said: "no"') as caught:
            await make_hub(identity).send(ACME)
        assert "lacks ," not in str(caught.value)
    assert len([request for request in sandbox.requests if request.path == GRAPHQL]) == 2


async def test_hardened_images_need_an_account(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(SignInRequired):
        await make_hub().send(ACME)
    assert sandbox.requests == []


async def test_the_current_user_is_read(make_hub: Callable[..., Hub]) -> None:
    me = await make_hub("owner").send(GetCurrentUser())
    assert (me.username, me.full_name, me.type) == ("ada", "Ada Marlow", "User")
    assert me.date_joined is not None


async def test_an_organization_is_not_a_user(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(Forbidden, match="accepts no organization access token here"):
        await make_hub("org-token").send(ListOrganizations())
    with pytest.raises(SignInRequired):
        await make_hub().send(ListOrganizations())


async def test_own_organizations_are_listed(make_hub: Callable[..., Hub]) -> None:
    mine = await make_hub("member").send(ListOrganizations())
    assert [(one.orgname, one.full_name) for one in mine.results] == [("acme", "Acme")]
    assert (await make_hub("outsider").send(ListOrganizations())).results == []


async def test_the_profile_of_an_organization_is_public(make_hub: Callable[..., Hub]) -> None:
    found = await make_hub().send(GetOrganization(org_name="bigcorp"))
    assert (found.orgname, found.badge, found.type) == ("bigcorp", "verified_publisher", "Organization")
    with pytest.raises(NotFound, match="The Hub knows no organization 'nobody'"):
        await make_hub().send(GetOrganization(org_name="nobody"))


async def test_a_user_requested_as_an_organization_is_returned(make_hub: Callable[..., Hub]) -> None:
    found = await make_hub().send(GetOrganization(org_name="grace"))
    assert (found.username, found.orgname, found.type) == ("grace", None, "User")
