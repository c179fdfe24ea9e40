from typing import Any

from tests.support.sandbox_requests import RequestAs

GRAPHQL = "/v1/graphql"
QUERY = """
query Mirrors($context: Context!) {  # as in Docker's own server
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


def build_body(query: str = QUERY, organization: Any = "acme") -> dict[str, Any]:
    return {"query": query, "variables": {"context": {"organization": organization}}}


async def test_mirrored_images_of_an_organization(request_as: RequestAs) -> None:
    for identity in ["owner", "owner-pat", "reader-pat", "member", "org-token"]:
        response = await request_as(identity, "POST", GRAPHQL, json=build_body())
        assert (response.status_code, list(response.json())) == (200, ["data"]), identity
        mirrored = response.json()["data"]["dhiListMirroredRepositories"]["mirroredRepositories"]
        assert mirrored == [
            {
                "destinationRepository": {"name": f"dhi-{name}", "namespace": "acme"},
                "dhiSourceRepository": {"displayName": shown, "namespace": "dhi", "name": name},
            }
            for name, shown in (("node", "Node"), ("python", "Python"))
        ], identity


async def test_arguments_may_be_objects_made_of_variables(request_as: RequestAs) -> None:
    response = await request_as(
        "owner", "POST", GRAPHQL, json={"query": OBJECT_QUERY, "variables": {"name": "acme"}}
    )
    assert response.json()["data"] == {
        "dhiListMirroredRepositories": {
            "totalCount": 2,
            "__typename": "DhiListMirroredRepositoriesResponse",
        },
        "__typename": "Query",
    }


async def test_an_unauthorized_organization_is_an_error_with_status_200(request_as: RequestAs) -> None:
    for identity, organization in [
        ("outsider", "acme"),
        ("owner", "bigcorp"),
        ("owner", "nope"),
        ("owner", None),
        ("public-pat", "acme"),
        ("org-token", "bigcorp"),
    ]:
        response = await request_as(identity, "POST", GRAPHQL, json=build_body(organization=organization))
        assert (response.status_code, response.json()["data"]) == (200, None), (identity, organization)
        assert response.json()["errors"][0]["extensions"]["status"] == "FORBIDDEN", (identity, organization)


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


async def test_invalid_and_unsupported_queries_are_rejected(request_as: RequestAs) -> None:
    for query in INVALID_QUERIES:
        request = {"query": query, "variables": {"name": "acme"}}
        response = await request_as("owner", "POST", GRAPHQL, json=request)
        assert response.status_code == 400, query
        assert response.json()["errors"][0]["message"], query


async def test_scout_requires_a_bearer_token_of_the_hub(request_as: RequestAs) -> None:
    assert (await request_as(None, "POST", GRAPHQL, json=build_body())).status_code == 401
    bad = {"Authorization": "Bearer x.y.z"}
    assert (await request_as(None, "POST", GRAPHQL, json=build_body(), headers=bad)).status_code == 401
