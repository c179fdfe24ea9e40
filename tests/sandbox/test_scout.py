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
INLINE = (
    '{ d: dhiListMirroredRepositories(context: {organization: "acme"}) { totalCount __typename } __typename }'
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


async def test_aliases_and_values_in_the_query(ask: Ask) -> None:
    answer = await ask("owner", "POST", GRAPHQL, json={"query": INLINE})
    assert answer.json()["data"] == {
        "d": {"totalCount": 2, "__typename": "DhiListMirroredRepositoriesResponse"},
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


@pytest.mark.parametrize(
    "query",
    [
        None,
        "",
        "{",
        "{ hello }",
        "{ dhiListMirroredRepositories }",
        INLINE.replace("totalCount", "total"),
        INLINE.replace("totalCount", "totalCount { x }"),
        INLINE.replace("totalCount", "... on X { y }"),
        INLINE.replace('"acme"', "acme"),
        INLINE.replace("organization:", "organization"),
        INLINE + " {",
        "mutation { x }",
        "query (",
        "{ a ; }",
        "{ a" * 40,
        "{ a(x: " + "{x: " * 40,
        "{ a }" + " " * 20_000,
    ],
)
async def test_what_is_no_query_is_refused(ask: Ask, query: str | None) -> None:
    answer = await ask("owner", "POST", GRAPHQL, json={"query": query})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"]


async def test_scout_needs_a_bearer_of_the_hub(ask: Ask) -> None:
    assert (await ask(None, "POST", GRAPHQL, json=body())).status_code == 401
    bad = {"Authorization": "Bearer x.y.z"}
    assert (await ask(None, "POST", GRAPHQL, json=body(), headers=bad)).status_code == 401
