from typing import Any

import httpx2 as httpx

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

TOKENS = "/v2/orgs/acme/access-tokens"
ACME = "/v2/namespaces/acme/repositories"
REPOSITORY = {"type": "TYPE_REPO", "path": "acme/storefront", "scopes": ["scope-repository-read"]}
ORGANIZATION = {"type": "TYPE_ORG", "path": "acme", "scopes": ["scope-member-read"]}
NEW = {"label": "pipeline", "description": "for the pipeline", "resources": [REPOSITORY]}


async def create_token(request_as: RequestAs, **changes: Any) -> dict[str, Any]:
    response = await request_as("owner", "POST", TOKENS, json=NEW | changes)
    assert response.status_code == 201
    body: dict[str, Any] = response.json()
    return body


async def log_in(request_as: RequestAs, secret: str) -> httpx.Response:
    return await request_as(None, "POST", "/v2/auth/token", json={"identifier": "acme", "secret": secret})


async def build_auth_headers(request_as: RequestAs, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await log_in(request_as, secret)).json()['access_token']}"}


async def test_the_secret_is_returned_once(request_as: RequestAs, sandbox: Sandbox) -> None:
    made = await create_token(request_as, expires_at="2030-01-31T12:00:00Z")
    assert made["token"].startswith("dckr_oat_")
    assert "created_by" not in made
    assert made["resources"] == [REPOSITORY]
    later = (await request_as("owner", "GET", f"{TOKENS}/{made['id']}")).json()
    del made["token"]
    assert later == made | {"created_by": "ada"}
    listed = (await request_as("owner", "GET", TOKENS)).json()
    assert (listed["total"], listed["results"][0]["id"]) == (7, made["id"])
    event = sandbox.state.audit_events[-1]
    assert (event.account, event.action, event.name) == ("acme", "org.oat.create", "pipeline")


async def test_a_new_token_has_exactly_its_scopes(request_as: RequestAs) -> None:
    headers = await build_auth_headers(
        request_as, (await create_token(request_as, resources=[REPOSITORY, ORGANIZATION]))["token"]
    )
    for path, status in (
        (f"{ACME}/storefront", 200),
        (f"{ACME}/storefront/tags", 403),
        (f"{ACME}/billing-api", 404),
        ("/v2/orgs/acme/members", 200),
        ("/v2/orgs/acme/groups", 403),
        (TOKENS, 403),
    ):
        assert (await request_as(None, "GET", path, headers=headers)).status_code == status, path


async def test_new_resources_replace_all_old_ones(request_as: RequestAs) -> None:
    made = await create_token(request_as)
    headers = await build_auth_headers(request_as, made["token"])
    path = f"{TOKENS}/{made['id']}"
    changed = await request_as("owner", "PATCH", path, json={"resources": [ORGANIZATION]})
    assert (changed.status_code, changed.json()["resources"]) == (200, [ORGANIZATION])
    assert (await request_as(None, "GET", f"{ACME}/storefront", headers=headers)).status_code == 404
    assert (await request_as(None, "GET", "/v2/orgs/acme/members", headers=headers)).status_code == 200


async def test_missing_fields_and_the_expiry_stay_unchanged(request_as: RequestAs) -> None:
    made = await create_token(request_as, expires_at="2030-01-31T12:00:00Z")
    path = f"{TOKENS}/{made['id']}"
    changes = {"label": "renamed", "description": "new", "expires_at": None}
    await request_as("owner", "PATCH", path, json=changes)
    later = (await request_as("owner", "GET", path)).json()
    assert (later["label"], later["description"], later["expires_at"]) == (
        "renamed",
        "new",
        made["expires_at"],
    )
    assert later["resources"] == [REPOSITORY]


async def test_a_deactivated_token_and_its_bearer_tokens_stop_working_immediately(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    made = await create_token(request_as)
    headers = await build_auth_headers(request_as, made["token"])
    path = f"{TOKENS}/{made['id']}"
    assert (await request_as("owner", "PATCH", path, json={"is_active": False})).json()["is_active"] is False
    assert (await log_in(request_as, made["token"])).status_code == 401
    assert (await request_as(None, "GET", f"{ACME}/storefront", headers=headers)).status_code == 401
    assert sandbox.state.audit_events[-1].action == "org.oat.deactivate"
    assert (await request_as("owner", "PATCH", path, json={"is_active": True})).json()["is_active"] is True
    assert (await request_as(None, "GET", f"{ACME}/storefront", headers=headers)).status_code == 200
    assert sandbox.state.audit_events[-1].action == "org.oat.activate"


async def test_a_deleted_token_and_its_bearer_tokens_stop_working_immediately(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    made = await create_token(request_as)
    headers = await build_auth_headers(request_as, made["token"])
    path = f"{TOKENS}/{made['id']}"
    gone = await request_as("owner", "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await request_as("owner", "GET", path)).status_code == 404
    assert (await log_in(request_as, made["token"])).status_code == 401
    assert (await request_as(None, "GET", f"{ACME}/storefront", headers=headers)).status_code == 401
    assert sandbox.state.audit_events[-1].action == "org.oat.delete"


async def test_an_expired_token_can_only_be_deleted(request_as: RequestAs, sandbox: Sandbox) -> None:
    tokens = sandbox.state.organizations["acme"].access_tokens
    path = f"{TOKENS}/{next(token.id for token in tokens if token.label == 'cluster pull (old)')}"
    refused = await request_as("owner", "PATCH", path, json={"label": "x"})
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "an expired access token can only be deleted",
    )
    assert (await request_as("owner", "DELETE", path)).status_code == 204


async def test_an_organization_has_a_hundred_tokens_at_most(request_as: RequestAs, sandbox: Sandbox) -> None:
    tokens = sandbox.state.organizations["acme"].access_tokens
    tokens += tokens[-1:] * (99 - len(tokens))
    await create_token(request_as)
    refused = await request_as("owner", "POST", TOKENS, json=NEW)
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "the limit of 100 organization access tokens is reached",
    )


VALID_RESOURCES: list[dict[str, Any]] = [
    {"path": "acme/*"},
    {"path": "*/*/public"},
    {"scopes": ["scope-image-delete", "scope-repository-settings-admin"]},
    {"type": "TYPE_ORG", "path": "acme", "scopes": ["scope-ram-write", "scope-cloud-connect"]},
]


async def test_resources_of_all_kinds_are_valid(request_as: RequestAs) -> None:
    for resource in VALID_RESOURCES:
        assert (await create_token(request_as, resources=[REPOSITORY | resource]))["resources"] == [
            REPOSITORY | resource
        ], resource


INVALID_VALUES: list[tuple[dict[str, Any], str]] = [
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
]


async def test_invalid_values_are_named(request_as: RequestAs) -> None:
    for change, field in INVALID_VALUES:
        response = await request_as("owner", "POST", TOKENS, json=NEW | change)
        assert (response.status_code, list(response.json()["fields"])) == (400, [field]), (change, field)


async def test_only_owners_change_tokens(request_as: RequestAs, sandbox: Sandbox) -> None:
    for method, path in [("POST", ""), ("PATCH", "/{id}"), ("DELETE", "/{id}")]:
        for refusal in [
            (None, 401, "unauthorized"),
            ("owner-pat", 403, "token issued from personal access token is not allowed"),
            ("org-token", 403, "token issued from organization access token is not allowed"),
            ("member", 403, "permission denied"),
            ("outsider", 403, "permission denied"),
        ]:
            identity, *expected = refusal
            own = sandbox.state.organizations["acme"].access_tokens[0].id
            response = await request_as(identity, method, TOKENS + path.replace("{id}", own), json=NEW)
            assert [response.status_code, response.json()["message"]] == expected, (method, path, refusal)


async def test_tokens_that_do_not_exist(request_as: RequestAs) -> None:
    for method in ["PATCH", "DELETE"]:
        response = await request_as("owner", method, f"{TOKENS}/nope", json={})
        assert (response.status_code, response.json()["message"]) == (404, "access token not found"), method
