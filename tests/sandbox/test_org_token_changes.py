from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
TOKENS = "/v2/orgs/acme/access-tokens"
ACME = "/v2/namespaces/acme/repositories"
REPOSITORY = {"type": "TYPE_REPO", "path": "acme/storefront", "scopes": ["scope-repository-read"]}
ORGANIZATION = {"type": "TYPE_ORG", "path": "acme", "scopes": ["scope-member-read"]}
NEW = {"label": "pipeline", "description": "for the pipeline", "resources": [REPOSITORY]}


async def created(ask: Ask, **changes: Any) -> dict[str, Any]:
    answer = await ask("owner", "POST", TOKENS, json=NEW | changes)
    assert answer.status_code == 201
    body: dict[str, Any] = answer.json()
    return body


async def signed_in(ask: Ask, secret: str) -> httpx.Response:
    return await ask(None, "POST", "/v2/auth/token", json={"identifier": "acme", "secret": secret})


async def bearer(ask: Ask, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await signed_in(ask, secret)).json()['access_token']}"}


async def test_the_secret_is_told_once(ask: Ask, sandbox: Sandbox) -> None:
    made = await created(ask, expires_at="2030-01-31T12:00:00Z")
    assert made["token"].startswith("dckr_oat_")
    assert "created_by" not in made
    assert made["resources"] == [REPOSITORY]
    later = (await ask("owner", "GET", f"{TOKENS}/{made['id']}")).json()
    del made["token"]
    assert later == made | {"created_by": "ada"}
    listed = (await ask("owner", "GET", TOKENS)).json()
    assert (listed["total"], listed["results"][0]["id"]) == (7, made["id"])
    event = sandbox.state.audit_events[-1]
    assert (event.account, event.action, event.name) == ("acme", "org.oat.create", "pipeline")


async def test_a_new_token_does_exactly_what_it_was_made_for(ask: Ask) -> None:
    headers = await bearer(ask, (await created(ask, resources=[REPOSITORY, ORGANIZATION]))["token"])
    for path, status in (
        (f"{ACME}/storefront", 200),
        (f"{ACME}/storefront/tags", 403),
        (f"{ACME}/billing-api", 404),
        ("/v2/orgs/acme/members", 200),
        ("/v2/orgs/acme/groups", 403),
        (TOKENS, 403),
    ):
        assert (await ask(None, "GET", path, headers=headers)).status_code == status, path


async def test_resources_that_are_named_replace_all_there_were(ask: Ask) -> None:
    made = await created(ask)
    headers = await bearer(ask, made["token"])
    path = f"{TOKENS}/{made['id']}"
    changed = await ask("owner", "PATCH", path, json={"resources": [ORGANIZATION]})
    assert (changed.status_code, changed.json()["resources"]) == (200, [ORGANIZATION])
    assert (await ask(None, "GET", f"{ACME}/storefront", headers=headers)).status_code == 404
    assert (await ask(None, "GET", "/v2/orgs/acme/members", headers=headers)).status_code == 200


async def test_what_is_not_named_stays_and_the_expiry_always_does(ask: Ask) -> None:
    made = await created(ask, expires_at="2030-01-31T12:00:00Z")
    path = f"{TOKENS}/{made['id']}"
    changes = {"label": "renamed", "description": "new", "expires_at": None}
    await ask("owner", "PATCH", path, json=changes)
    later = (await ask("owner", "GET", path)).json()
    assert (later["label"], later["description"], later["expires_at"]) == (
        "renamed",
        "new",
        made["expires_at"],
    )
    assert later["resources"] == [REPOSITORY]


async def test_a_deactivated_token_and_its_bearers_stop_working_at_once(ask: Ask, sandbox: Sandbox) -> None:
    made = await created(ask)
    headers = await bearer(ask, made["token"])
    path = f"{TOKENS}/{made['id']}"
    assert (await ask("owner", "PATCH", path, json={"is_active": False})).json()["is_active"] is False
    assert (await signed_in(ask, made["token"])).status_code == 401
    assert (await ask(None, "GET", f"{ACME}/storefront", headers=headers)).status_code == 401
    assert sandbox.state.audit_events[-1].action == "org.oat.deactivate"
    assert (await ask("owner", "PATCH", path, json={"is_active": True})).json()["is_active"] is True
    assert (await ask(None, "GET", f"{ACME}/storefront", headers=headers)).status_code == 200
    assert sandbox.state.audit_events[-1].action == "org.oat.activate"


async def test_a_deleted_token_and_its_bearers_stop_working_at_once(ask: Ask, sandbox: Sandbox) -> None:
    made = await created(ask)
    headers = await bearer(ask, made["token"])
    path = f"{TOKENS}/{made['id']}"
    gone = await ask("owner", "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await ask("owner", "GET", path)).status_code == 404
    assert (await signed_in(ask, made["token"])).status_code == 401
    assert (await ask(None, "GET", f"{ACME}/storefront", headers=headers)).status_code == 401
    assert sandbox.state.audit_events[-1].action == "org.oat.delete"


async def test_an_expired_token_can_only_be_deleted(ask: Ask, sandbox: Sandbox) -> None:
    tokens = sandbox.state.organizations["acme"].access_tokens
    path = f"{TOKENS}/{next(token.id for token in tokens if token.label == 'cluster pull (old)')}"
    refused = await ask("owner", "PATCH", path, json={"label": "x"})
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "an expired access token can only be deleted",
    )
    assert (await ask("owner", "DELETE", path)).status_code == 204


async def test_an_organization_has_a_hundred_tokens_at_most(ask: Ask, sandbox: Sandbox) -> None:
    tokens = sandbox.state.organizations["acme"].access_tokens
    tokens += tokens[-1:] * (99 - len(tokens))
    await created(ask)
    refused = await ask("owner", "POST", TOKENS, json=NEW)
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "the limit of 100 organization access tokens is reached",
    )


@pytest.mark.parametrize(
    "resource",
    [
        {"path": "acme/*"},
        {"path": "*/*/public"},
        {"scopes": ["scope-image-delete", "scope-repository-settings-admin"]},
        {"type": "TYPE_ORG", "path": "acme", "scopes": ["scope-ram-write", "scope-cloud-connect"]},
    ],
)
async def test_resources_of_all_kinds(ask: Ask, resource: dict[str, Any]) -> None:
    assert (await created(ask, resources=[REPOSITORY | resource]))["resources"] == [REPOSITORY | resource]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": None}, "label"),
        ({"description": "x" * 201}, "description"),
        ({"resources": None}, "resources"),
        ({"resources": []}, "resources"),
        ({"resources": ["x"]}, "resources"),
        ({"resources": [REPOSITORY | {"type": "TYPE_KING"}]}, "resources"),
        ({"resources": [REPOSITORY | {"path": "bigcorp/x"}]}, "resources"),
        ({"resources": [REPOSITORY | {"path": "acme"}]}, "resources"),
        ({"resources": [REPOSITORY | {"path": 5}]}, "resources"),
        ({"resources": [REPOSITORY | {"scopes": []}]}, "resources"),
        ({"resources": [REPOSITORY | {"scopes": ["repo-pull"]}]}, "resources"),
        ({"resources": [REPOSITORY | {"scopes": ["scope-member-read"]}]}, "resources"),
        ({"resources": [ORGANIZATION | {"path": "bigcorp"}]}, "resources"),
        ({"resources": [REPOSITORY] * 51}, "resources"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
async def test_invalid_values_are_named(ask: Ask, change: dict[str, Any], field: str) -> None:
    answer = await ask("owner", "POST", TOKENS, json=NEW | change)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PATCH", "/{id}"), ("DELETE", "/{id}")])
@pytest.mark.parametrize(
    "refusal",
    [
        (None, 401, "unauthorized"),
        ("owner-pat", 403, "token issued from personal access token is not allowed"),
        ("org-token", 403, "token issued from organization access token is not allowed"),
        ("member", 403, "permission denied"),
        ("outsider", 403, "permission denied"),
    ],
)
async def test_only_owners_change_tokens(
    ask: Ask, sandbox: Sandbox, method: str, path: str, refusal: tuple[str | None, int, str]
) -> None:
    who, *expected = refusal
    own = sandbox.state.organizations["acme"].access_tokens[0].id
    answer = await ask(who, method, TOKENS + path.replace("{id}", own), json=NEW)
    assert [answer.status_code, answer.json()["message"]] == expected


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_tokens_that_do_not_exist(ask: Ask, method: str) -> None:
    answer = await ask("owner", method, f"{TOKENS}/nope", json={})
    assert (answer.status_code, answer.json()["message"]) == (404, "access token not found")
