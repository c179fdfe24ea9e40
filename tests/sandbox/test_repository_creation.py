from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
ACME, BIG = (f"/v2/namespaces/{name}/repositories" for name in ("acme", "bigcorp"))


@pytest.mark.parametrize("who", ["owner", "owner-pat", "two-factor-pat"])
async def test_owners_and_editors_create_repositories(ask: Ask, sandbox: Sandbox, who: str) -> None:
    body = {"name": "new-thing", "namespace": "acme", "description": "A new thing", "is_private": True}
    answer = await ask(who, "POST", ACME, json=body)
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["is_private"], answer.json()["status"]) == (
        "new-thing",
        True,
        0,
    )
    listed = (await ask(who, "GET", ACME, params={"name": "new-thing"})).json()
    assert listed["count"] == 1
    assert (await ask(None, "GET", f"{ACME}/new-thing")).status_code == 404
    event = max(sandbox.state.audit_events, key=lambda event: event.timestamp)
    username = sandbox.get_identity(who).username
    assert (event.action, event.name, event.actor) == ("repo.create", "acme/new-thing", username)


async def test_users_create_repositories_of_their_own(ask: Ask) -> None:
    path = "/v2/namespaces/mallory/repositories"
    assert (
        await ask("outsider", "POST", path, json={"name": "mine", "namespace": "mallory"})
    ).status_code == 201


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (None, 401),
        ("outsider", 403),
        ("member", 403),
        ("reader-pat", 403),
        ("public-pat", 403),
        ("org-token", 403),
    ],
)
async def test_others_do_not_create_repositories(ask: Ask, who: str | None, status: int) -> None:
    answer = await ask(who, "POST", ACME, json={"name": "new-thing", "namespace": "acme"})
    assert answer.status_code == status
    assert (await ask("owner", "GET", f"{ACME}/new-thing")).status_code == 404


async def test_an_organization_token_with_the_scope_creates_repositories(ask: Ask, sandbox: Sandbox) -> None:
    token = sandbox.state.organizations["acme"].access_tokens[0]
    token.resources[1].scopes += ("scope-repository-create",)
    body = {"name": "new-thing", "namespace": "acme"}
    assert (await ask("org-token", "POST", ACME, json=body)).status_code == 201
    assert (await ask("org-token", "POST", BIG, json=body | {"namespace": "bigcorp"})).status_code == 403


async def test_creating_what_exists_is_refused_in_the_older_way(ask: Ask) -> None:
    answer = await ask("owner", "POST", ACME, json={"name": "storefront", "namespace": "acme"})
    assert answer.status_code == 400
    assert answer.json() == {"__all__": ["Repository with this Name and Namespace already exists."]}


async def test_creating_in_a_namespace_that_does_not_exist(ask: Ask) -> None:
    path = "/v2/namespaces/nobody/repositories"
    answer = await ask("owner", "POST", path, json={"name": "thing", "namespace": "nobody"})
    assert (answer.status_code, answer.json()["message"]) == (404, "object not found")


@pytest.mark.parametrize(
    ("change", "field"),
    [
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
    ],
)
async def test_invalid_values_are_named_by_field(ask: Ask, change: dict[str, Any], field: str) -> None:
    answer = await ask("owner", "POST", ACME, json={"name": "new-thing", "namespace": "acme"} | change)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


async def test_the_longest_allowed_values_are_allowed(ask: Ask) -> None:
    body = {"name": "a" * 255, "description": "d" * 100, "full_description": "d" * 25_000}
    assert (await ask("owner", "POST", ACME, json=body)).status_code == 201


@pytest.mark.parametrize(
    "body", [b'{"name": "new-thing", "description": "\\ud800"}', b"[" * 100_000, b"{", b"\xff", b"[]"]
)
async def test_what_cannot_be_read_is_a_bad_request(ask: Ask, body: bytes) -> None:
    answer = await ask("owner", "POST", ACME, content=body)
    assert answer.status_code == 400
