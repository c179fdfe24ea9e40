import json
from typing import Any

import httpx2 as httpx

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

TOKENS = "/v2/access-tokens"
NEW = {"token_label": "laptop", "scopes": ["repo:write"], "expires_at": "2030-01-31T12:00:00Z"}
REDIS = "/v2/namespaces/library/repositories/redis"


async def create_token(request_as: RequestAs, **changes: Any) -> dict[str, Any]:
    response = await request_as("owner", "POST", TOKENS, json=NEW | changes)
    assert response.status_code == 201
    body: dict[str, Any] = response.json()
    return body


async def log_in(request_as: RequestAs, secret: str) -> httpx.Response:
    return await request_as(None, "POST", "/v2/auth/token", json={"identifier": "ada", "secret": secret})


async def test_the_secret_is_returned_once(request_as: RequestAs) -> None:
    made = await create_token(request_as)
    assert made["token"].startswith("dckr_pat_")
    assert (made["token_label"], made["scopes"], made["is_active"]) == ("laptop", ["repo:write"], True)
    assert made["expires_at"] == "2030-01-31T12:00:00Z"
    later = (await request_as("owner", "GET", f"{TOKENS}/{made['uuid']}")).json()
    assert later == made | {"token": "***"}
    listed = (await request_as("owner", "GET", TOKENS)).json()
    assert (listed["count"], listed["results"][0]["uuid"]) == (12, made["uuid"])


async def test_two_tokens_with_the_same_label_differ(request_as: RequestAs) -> None:
    one, other = await create_token(request_as), await create_token(request_as)
    assert one["uuid"] != other["uuid"]
    assert one["token"] != other["token"]


async def test_a_new_token_logs_in_with_exactly_its_scopes(request_as: RequestAs) -> None:
    made = await create_token(request_as, scopes=["repo:public_read"])
    bearer = (await log_in(request_as, made["token"])).json()["access_token"]
    headers = {"Authorization": f"Bearer {bearer}"}
    assert (await request_as(None, "GET", REDIS, headers=headers)).status_code == 200
    private = "/v2/namespaces/acme/repositories/storefront"
    assert (await request_as(None, "GET", private, headers=headers)).status_code == 404
    assert (await request_as(None, "GET", TOKENS, headers=headers)).status_code == 403


async def test_a_deactivated_token_and_its_bearer_tokens_stop_working_until_it_is_activated(
    request_as: RequestAs,
) -> None:
    made = await create_token(request_as)
    path = f"{TOKENS}/{made['uuid']}"
    headers = {"Authorization": f"Bearer {(await log_in(request_as, made['token'])).json()['access_token']}"}
    changed = await request_as("owner", "PATCH", path, json={"is_active": False})
    assert (changed.status_code, changed.json()["is_active"], changed.json()["token"]) == (200, False, "***")
    assert (await log_in(request_as, made["token"])).status_code == 401
    assert (await request_as(None, "GET", REDIS, headers=headers)).status_code == 401
    assert (await request_as("owner", "PATCH", path, json={"is_active": True})).json()["is_active"] is True
    assert (await log_in(request_as, made["token"])).status_code == 200
    assert (await request_as(None, "GET", REDIS, headers=headers)).status_code == 200


async def test_a_deleted_token_and_its_bearer_tokens_stop_working_immediately(request_as: RequestAs) -> None:
    made = await create_token(request_as)
    path = f"{TOKENS}/{made['uuid']}"
    headers = {"Authorization": f"Bearer {(await log_in(request_as, made['token'])).json()['access_token']}"}
    gone = await request_as("owner", "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await request_as("owner", "GET", path)).status_code == 404
    assert (await request_as("owner", "DELETE", path)).status_code == 404
    assert (await log_in(request_as, made["token"])).status_code == 401
    assert (await request_as(None, "GET", REDIS, headers=headers)).status_code == 401


async def test_only_label_and_activity_can_change(request_as: RequestAs) -> None:
    made = await create_token(request_as)
    changes = {"token_label": "desk", "scopes": ["repo:admin"], "expires_at": "2031-01-31T12:00:00Z"}
    changed = await request_as("owner", "PATCH", f"{TOKENS}/{made['uuid']}", json=changes)
    assert changed.json() == made | {"token": "***", "token_label": "desk"}


async def test_a_token_expires(request_as: RequestAs, clock: list[float]) -> None:
    made = await create_token(request_as)
    clock[0] = 1_900_000_000.0
    assert (await log_in(request_as, made["token"])).status_code == 401


async def test_the_expiry_is_optional(request_as: RequestAs) -> None:
    response = await request_as("owner", "POST", TOKENS, json={"token_label": "x", "scopes": ["repo:read"]})
    assert response.json()["expires_at"] is None


INVALID_VALUES: list[tuple[dict[str, Any], str]] = [
    ({"token_label": ""}, "token_label"),
    ({"token_label": None}, "token_label"),
    ({"token_label": "x" * 101}, "token_label"),
    ({"token_label": "\ud800"}, "token_label"),
    ({"scopes": []}, "scopes"),
    ({"scopes": None}, "scopes"),
    ({"scopes": "repo:read"}, "scopes"),
    ({"scopes": ["repo:everything"]}, "scopes"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ({"expires_at": "2030-01-01T00:00:00+00:00"}, "expires_at"),
    ({"expires_at": "2030-13-01T00:00:00Z"}, "expires_at"),
    ({"expires_at": "2030-01-01"}, "expires_at"),
    ({"expires_at": 1_900_000_000}, "expires_at"),
]


async def test_invalid_values_are_named(request_as: RequestAs) -> None:
    for change, field in INVALID_VALUES:
        response = await request_as("owner", "POST", TOKENS, content=_encode_json(NEW | change))
        assert (response.status_code, list(response.json()["fields"])) == (400, [field]), (change, field)


INVALID_CHANGES: list[dict[str, Any]] = [{"token_label": ""}, {"token_label": 5}, {"is_active": "no"}]


async def test_invalid_changes_are_named(request_as: RequestAs) -> None:
    for change in INVALID_CHANGES:
        made = await create_token(request_as)
        response = await request_as("owner", "PATCH", f"{TOKENS}/{made['uuid']}", json=change)
        assert (response.status_code, list(response.json()["fields"])) == (400, list(change)), change


async def test_only_a_password_changes_tokens(request_as: RequestAs, sandbox: Sandbox) -> None:
    for method, path in [("POST", ""), ("PATCH", "/{own}"), ("DELETE", "/{own}")]:
        for refusal in [
            (None, 401, "unauthorized"),
            ("owner-pat", 403, "token issued from personal access token is not allowed"),
            ("org-token", 403, "token issued from organization access token is not allowed"),
        ]:
            identity, *expected = refusal
            uuid = sandbox.state.personal_access_tokens[0].uuid
            response = await request_as(identity, method, TOKENS + path.replace("{own}", uuid), json=NEW)
            assert [response.status_code, response.json()["message"]] == expected, (method, path, refusal)


async def test_tokens_of_other_users_are_not_found(request_as: RequestAs, sandbox: Sandbox) -> None:
    for method in ["PATCH", "DELETE"]:
        uuid = sandbox.state.personal_access_tokens[0].uuid
        response = await request_as("member", method, f"{TOKENS}/{uuid}", json={"is_active": False})
        assert (response.status_code, response.json()["message"]) == (404, "access token not found"), method


def _encode_json(body: dict[str, Any]) -> bytes:
    # The client cannot encode unpaired surrogates itself.
    return json.dumps(body).encode()
