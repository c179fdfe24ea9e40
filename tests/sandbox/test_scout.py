from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

Ask = Callable[..., Awaitable[httpx.Response]]
GRAPHQL = "/v1/graphql"
QUERY = """
query Mirrors($context: Context!) {  # what Docker's own server asks
  dhiListMirroredRepositories(context: $context) {
    mirroredRepositories {
      destinationRepository { name, namespace }
      dhiSourceRepository { displayName namespace name }
    }
  }
}
"""
OBJECT_QUERY = (
    "query ($name: String!) "
    "{ dhiListMirroredRepositories(context: {organization: $name}) { totalCount __typename } __typename }"
)


def body(query: str = QUERY, organization: Any = "acme") -> dict[str, Any]:
    return {"query": query, "variables": {"context": {"organization": organization}}}


@pytest.mark.parametrize("who", ["owner", "owner-pat", "reader-pat", "member", "org-token"])
async def test_mirrored_images_of_an_organization(ask: Ask, who: str) -> None:
    answer = await ask(who, "POST", GRAPHQL, json=body())
    assert (answer.status_code, list(answer.json())) == (200, ["data"])
    mirrored = answer.json()["data"]["dhiListMirroredRepositories"]["mirroredRepositories"]
    assert mirrored == [
        {
            "destinationRepository": {"name": f"dhi-{name}", "namespace": "acme"},
            "dhiSourceRepository": {"displayName": shown, "namespace": "dhi", "name": name},
        }
        for name, shown in (("node", "Node"), ("python", "Python"))
    ]


async def test_arguments_may_be_objects_made_of_variables(ask: Ask) -> None:
    answer = await ask("owner", "POST", GRAPHQL, json={"query": OBJECT_QUERY, "variables": {"name": "acme"}})
    assert answer.json()["data"] == {
        "dhiListMirroredRepositories": {
            "totalCount": 2,
            "__typename": "DhiListMirroredRepositoriesResponse",
        },
        "__typename": "Query",
    }


@pytest.mark.parametrize(
    ("who", "organization"),
    [
        ("outsider", "acme"),
        ("owner", "bigcorp"),
        ("owner", "nope"),
        ("owner", None),
        ("public-pat", "acme"),
        ("org-token", "bigcorp"),
    ],
)
async def test_others_are_told_so_with_a_200(ask: Ask, who: str, organization: str | None) -> None:
    answer = await ask(who, "POST", GRAPHQL, json=body(organization=organization))
    assert (answer.status_code, answer.json()["data"]) == (200, None)
    assert answer.json()["errors"][0]["extensions"]["status"] == "FORBIDDEN"


INVALID_QUERIES = [
    None,
    "",
    "{",
    "{ hello }",
    "{ dhiListMirroredRepositories }",
    OBJECT_QUERY.replace("totalCount", "total"),
    OBJECT_QUERY.replace("totalCount", "totalCount { x }"),
    OBJECT_QUERY.replace("totalCount", "... on X { y }"),
    OBJECT_QUERY.replace("totalCount", "count: totalCount"),
    OBJECT_QUERY.replace("$name})", "acme})"),
    OBJECT_QUERY.replace("$name})", '"acme"})'),
    OBJECT_QUERY.replace("organization:", "organization"),
    OBJECT_QUERY + " {",
    "mutation { x }",
    "query (",
    "{ a ; }",
    "{ a" * 40,
    "{a" * 9_000,
    "{ a(x: " + "{x: " * 40,
    "{ a(x: " + "{x:" * 6_000,
    "{ a }" + " " * 20_000,
]


async def test_invalid_and_unsupported_queries_are_refused(ask: Ask) -> None:
    for query in INVALID_QUERIES:
        request = {"query": query, "variables": {"name": "acme"}}
        answer = await ask("owner", "POST", GRAPHQL, json=request)
        assert answer.status_code == 400, query
        assert answer.json()["errors"][0]["message"], query


async def test_scout_needs_a_bearer_of_the_hub(ask: Ask) -> None:
    assert (await ask(None, "POST", GRAPHQL, json=body())).status_code == 401
    bad = {"Authorization": "Bearer x.y.z"}
    assert (await ask(None, "POST", GRAPHQL, json=body(), headers=bad)).status_code == 401
