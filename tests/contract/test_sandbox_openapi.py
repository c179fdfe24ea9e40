"""All operations of the official OpenAPI document against all routes of the sandbox."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox.routes import HUB_ROUTES
from tests.support.failures import failures_named
from tests.support.openapi import (
    SUCCESSES,
    Area,
    Situation,
    check_deviation_tables,
    check_situation,
    describe_situation,
    find_violations,
    load_document,
    needs_document,
)
from tests.support.openapi_areas import organization, reading, repositories, scim, tokens

pytestmark = needs_document

VERBS = {"get", "head", "post", "put", "patch", "delete"}
AREAS = [module.AREA for module in (organization, reading, repositories, scim, tokens)]
SITUATIONS = [situation for area in AREAS for situation in area.situations]
BY_OPERATION: dict[str, list[tuple[Area, Situation]]] = {}
for _area in AREAS:
    for _situation in _area.situations:
        BY_OPERATION.setdefault(f"{_situation.method} {_situation.operation}", []).append((_area, _situation))

REPOSITORY, OLDER = "/v2/namespaces/{}/repositories/{}", "/v2/repositories/{}/{}"
# Routes without an operation in the document: older forms that real clients use.
ELSEWHERE = {
    ("patch", REPOSITORY),
    ("delete", REPOSITORY),
    ("delete", f"{REPOSITORY}/tags/{{}}"),
    ("get", f"{REPOSITORY}/manifests"),
    ("get", "/v2/repositories/{}"),
    ("get", "/v2/repositories/{}/"),
    ("get", OLDER),
    ("get", f"{OLDER}/"),
    ("patch", f"{OLDER}/"),
    ("delete", f"{OLDER}/"),
    ("delete", f"{OLDER}/tags/{{}}/"),
    ("get", f"{OLDER}/tags/{{}}/images"),
    ("post", f"{OLDER}/privacy"),
    ("post", f"{OLDER}/privacy/"),
    ("get", "/v2/orgs/{}/groups/{}/repositories"),
    ("post", f"{OLDER}/groups/"),
    ("get", f"{OLDER}/groups/"),
    ("get", f"{OLDER}/groups/{{}}/"),
    ("patch", f"{OLDER}/groups/{{}}/"),
    ("delete", f"{OLDER}/groups/{{}}/"),
    ("get", "/v2/repositories/namespaces"),
    ("get", "/v2/user/"),
    ("get", "/v2/user/orgs"),
    ("get", "/v2/users/{}"),
    ("get", "/v2/users/{}/orgs"),
    ("get", "/v2/orgs/{}"),
    ("get", "/v2/search/repositories/"),
    ("get", "/api/search/v4"),
    ("get", "/v1/search"),
    ("post", "/v1/graphql"),
}


def operations() -> set[tuple[str, str]]:
    """The operations of the document, without parameter names."""
    return {
        (verb, re.sub(r"{\w+}", "{}", path))
        for path, item in load_document()["paths"].items()
        for verb in item
        if verb in VERBS
    }


def routes() -> set[tuple[str, str]]:
    """The routes of the sandbox; Starlette serves HEAD for every GET."""
    return {
        (method.lower(), re.sub(r"{\w+}", "{}", route.path))
        for route in HUB_ROUTES
        for method in route.methods or ()
    }


def test_every_operation_of_the_document_is_served() -> None:
    assert len(operations()) == sum(method.is_documented for method in ALL_METHODS)
    assert operations() - routes() == set()


def test_every_route_is_documented_or_known_to_be_used() -> None:
    heads = {route for route in routes() if route[0] == "head"}
    assert routes() - heads - operations() == ELSEWHERE


def test_every_operation_succeeds_and_refuses_somewhere() -> None:
    for operation in operations():
        statuses = {
            situation.status
            for situation in SITUATIONS
            if (situation.method, re.sub(r"{\w+}", "{}", situation.operation)) == operation
        }
        assert any(status in SUCCESSES for status in statuses), operation
        assert any(status not in SUCCESSES for status in statuses), operation


@pytest.mark.parametrize("operation", BY_OPERATION)
async def test_an_answer_is_as_documented(operation: str) -> None:
    for area, situation in BY_OPERATION[operation]:
        with failures_named(describe_situation(situation)):
            await check_situation(area, situation)


@pytest.mark.parametrize("area", AREAS, ids=["organization", "reading", "repositories", "scim", "tokens"])
async def test_the_tables_of_deviations_list_what_is_needed_and_no_more(area: Area) -> None:
    await check_deviation_tables(area)


def test_every_documented_route_is_met_under_its_own_path() -> None:
    for route in HUB_ROUTES:
        shape = re.sub(r"{\w+}", "{}", route.path)
        for verb in {method.lower() for method in route.methods or ()} - {"head"}:
            if (verb, shape) in operations():
                assert any(
                    situation.method == verb and route.path_regex.match(situation.path.partition("?")[0])
                    for situation in SITUATIONS
                ), f"{verb} {route.path}"


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ("tag", {"images": [{"os": None}]}),
        ("tag", {"tag_status": "something-new"}),
        ("repository_info", {"name": "redis"}),
        ("repository_list_entry", {"date_registered": "2025-01-20 10:30:00"}),
        ("repository_list_entry", {"date_registered": "2025-13-20T10:30:00Z"}),
        ("paginated_tags", {"count": 1, "results": [{"name": 1}]}),
        ("getAccessTokensResponse", {"results": [{"expires_at": "soon"}]}),
        ("scim_user", {"active": "yes"}),
        ("org_member", {"role": "King"}),
    ],
)
def test_a_body_that_breaks_its_schema_is_noticed(schema: str, body: dict[str, Any]) -> None:
    assert find_violations({"$ref": f"#/components/schemas/{schema}"}, body) != []
