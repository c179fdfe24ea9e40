from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs, get_actor

ACME, BIG = (f"/v2/namespaces/{name}/repositories" for name in ("acme", "bigcorp"))


@pytest.mark.parametrize("identity", ["owner", "owner-pat", "two-factor-pat"])
async def test_owners_and_editors_create_repositories(
    request_as: RequestAs, sandbox: Sandbox, identity: str
) -> None:
    body = {"name": "new-thing", "namespace": "acme", "description": "A new thing", "is_private": True}
    response = await request_as(identity, "POST", ACME, json=body)
    assert response.status_code == 201
    assert (response.json()["name"], response.json()["is_private"], response.json()["status"]) == (
        "new-thing",
        True,
        0,
    )
    listed = (await request_as(identity, "GET", ACME, params={"name": "new-thing"})).json()
    assert listed["count"] == 1
    assert (await request_as(None, "GET", f"{ACME}/new-thing")).status_code == 404
    event = max(sandbox.state.audit_events, key=lambda event: event.timestamp)
    actor = get_actor(sandbox, identity)
    assert (event.action, event.name, event.actor) == ("repo.create", "acme/new-thing", actor)


async def test_users_create_repositories_of_their_own(request_as: RequestAs) -> None:
    path = "/v2/namespaces/mallory/repositories"
    assert (
        await request_as("outsider", "POST", path, json={"name": "mine", "namespace": "mallory"})
    ).status_code == 201


async def test_other_callers_cannot_create_repositories(request_as: RequestAs) -> None:
    for identity, status in [
        (None, 401),
        ("outsider", 403),
        ("member", 403),
        ("reader-pat", 403),
        ("public-pat", 403),
        ("org-token", 403),
    ]:
        response = await request_as(identity, "POST", ACME, json={"name": "new-thing", "namespace": "acme"})
        assert response.status_code == status, (identity, status)
        assert (await request_as("owner", "GET", f"{ACME}/new-thing")).status_code == 404, (identity, status)


async def test_an_organization_token_with_the_scope_creates_repositories(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    token = sandbox.state.organizations["acme"].access_tokens[0]
    token.resources[1].scopes += ("scope-repository-create",)
    body = {"name": "new-thing", "namespace": "acme"}
    assert (await request_as("org-token", "POST", ACME, json=body)).status_code == 201
    assert (
        await request_as("org-token", "POST", BIG, json=body | {"namespace": "bigcorp"})
    ).status_code == 403


async def test_creating_an_existing_repository_is_a_bad_request(request_as: RequestAs) -> None:
    response = await request_as("owner", "POST", ACME, json={"name": "storefront", "namespace": "acme"})
    assert response.status_code == 400
    assert response.json() == {"__all__": ["Repository with this Name and Namespace already exists."]}


async def test_creating_in_a_namespace_that_does_not_exist(request_as: RequestAs) -> None:
    path = "/v2/namespaces/nobody/repositories"
    response = await request_as("owner", "POST", path, json={"name": "thing", "namespace": "nobody"})
    assert (response.status_code, response.json()["message"]) == (404, "object not found")


INVALID_VALUES: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name"),
    ({"name": "a"}, "name"),
    ({"name": "a" * 256}, "name"),
    ({"name": "Upper"}, "name"),
    ({"name": "two--dashes"}, "name"),
    ({"name": "ends-"}, "name"),
    ({"name": "line\n"}, "name"),
    ({"namespace": "bigcorp"}, "namespace"),
    ({"description": "d" * 101}, "description"),
    ({"description": 5}, "description"),
    ({"full_description": "d" * 25_001}, "full_description"),
    ({"is_private": "yes"}, "is_private"),
]


async def test_invalid_values_are_named_by_field(request_as: RequestAs) -> None:
    for change, field in INVALID_VALUES:
        response = await request_as(
            "owner", "POST", ACME, json={"name": "new-thing", "namespace": "acme"} | change
        )
        assert response.status_code == 400, (change, field)
        assert list(response.json()["fields"]) == [field], (change, field)


async def test_the_longest_allowed_values_are_allowed(request_as: RequestAs) -> None:
    body = {"name": "a" * 255, "description": "d" * 100, "full_description": "d" * 25_000}
    assert (await request_as("owner", "POST", ACME, json=body)).status_code == 201


async def test_unreadable_bodies_are_bad_requests(request_as: RequestAs) -> None:
    for body in [b'{"name": "new-thing", "description": "\\ud800"}', b"[" * 100_000, b"{", b"\xff", b"[]"]:
        response = await request_as("owner", "POST", ACME, content=body)
        assert response.status_code == 400, body
