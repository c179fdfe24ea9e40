import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
TOKENS = "/v2/access-tokens"
NEW = {"token_label": "laptop", "scopes": ["repo:write"], "expires_at": "2030-01-31T12:00:00Z"}
REDIS = "/v2/namespaces/library/repositories/redis"


async def created(ask: Ask, **changes: Any) -> dict[str, Any]:
    answer = await ask("owner", "POST", TOKENS, json=NEW | changes)
    assert answer.status_code == 201
    body: dict[str, Any] = answer.json()
    return body


async def signed_in(ask: Ask, secret: str) -> httpx.Response:
    return await ask(None, "POST", "/v2/auth/token", json={"identifier": "ada", "secret": secret})


async def test_the_secret_is_told_once(ask: Ask) -> None:
    made = await created(ask)
    assert made["token"].startswith("dckr_pat_")
    assert (made["token_label"], made["scopes"], made["is_active"]) == ("laptop", ["repo:write"], True)
    assert made["expires_at"] == "2030-01-31T12:00:00Z"
    later = (await ask("owner", "GET", f"{TOKENS}/{made['uuid']}")).json()
    assert later == made | {"token": "***"}
    listed = (await ask("owner", "GET", TOKENS)).json()
    assert (listed["count"], listed["results"][0]["uuid"]) == (12, made["uuid"])


async def test_two_tokens_of_one_label_differ(ask: Ask) -> None:
    one, other = await created(ask), await created(ask)
    assert one["uuid"] != other["uuid"]
    assert one["token"] != other["token"]


async def test_a_new_token_signs_in_with_its_scopes_and_no_more(ask: Ask) -> None:
    made = await created(ask, scopes=["repo:public_read"])
    bearer = (await signed_in(ask, made["token"])).json()["access_token"]
    headers = {"Authorization": f"Bearer {bearer}"}
    assert (await ask(None, "GET", REDIS, headers=headers)).status_code == 200
    private = "/v2/namespaces/acme/repositories/storefront"
    assert (await ask(None, "GET", private, headers=headers)).status_code == 404
    assert (await ask(None, "GET", TOKENS, headers=headers)).status_code == 403


async def test_a_deactivated_token_and_its_bearers_stop_working_at_once_and_come_back(ask: Ask) -> None:
    made = await created(ask)
    path = f"{TOKENS}/{made['uuid']}"
    headers = {"Authorization": f"Bearer {(await signed_in(ask, made['token'])).json()['access_token']}"}
    changed = await ask("owner", "PATCH", path, json={"is_active": False})
    assert (changed.status_code, changed.json()["is_active"], changed.json()["token"]) == (200, False, "***")
    assert (await signed_in(ask, made["token"])).status_code == 401
    assert (await ask(None, "GET", REDIS, headers=headers)).status_code == 401
    assert (await ask("owner", "PATCH", path, json={"is_active": True})).json()["is_active"] is True
    assert (await signed_in(ask, made["token"])).status_code == 200
    assert (await ask(None, "GET", REDIS, headers=headers)).status_code == 200


async def test_a_deleted_token_and_its_bearers_stop_working_at_once(ask: Ask) -> None:
    made = await created(ask)
    path = f"{TOKENS}/{made['uuid']}"
    headers = {"Authorization": f"Bearer {(await signed_in(ask, made['token'])).json()['access_token']}"}
    gone = await ask("owner", "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await ask("owner", "GET", path)).status_code == 404
    assert (await ask("owner", "DELETE", path)).status_code == 404
    assert (await signed_in(ask, made["token"])).status_code == 401
    assert (await ask(None, "GET", REDIS, headers=headers)).status_code == 401


async def test_only_label_and_activity_are_changed(ask: Ask) -> None:
    made = await created(ask)
    changes = {"token_label": "desk", "scopes": ["repo:admin"], "expires_at": "2031-01-31T12:00:00Z"}
    changed = await ask("owner", "PATCH", f"{TOKENS}/{made['uuid']}", json=changes)
    assert changed.json() == made | {"token": "***", "token_label": "desk"}


async def test_a_token_expires(ask: Ask, clock: list[float]) -> None:
    made = await created(ask)
    clock[0] = 1_900_000_000.0
    assert (await signed_in(ask, made["token"])).status_code == 401


async def test_no_expiry_is_needed(ask: Ask) -> None:
    answer = await ask("owner", "POST", TOKENS, json={"token_label": "x", "scopes": ["repo:read"]})
    assert answer.json()["expires_at"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
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
    ],
)
async def test_invalid_values_are_named(ask: Ask, change: dict[str, Any], field: str) -> None:
    answer = await ask("owner", "POST", TOKENS, content=_json(NEW | change))
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


@pytest.mark.parametrize("change", [{"token_label": ""}, {"token_label": 5}, {"is_active": "no"}])
async def test_invalid_changes_are_named(ask: Ask, change: dict[str, Any]) -> None:
    made = await created(ask)
    answer = await ask("owner", "PATCH", f"{TOKENS}/{made['uuid']}", json=change)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, list(change))


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PATCH", "/{own}"), ("DELETE", "/{own}")])
@pytest.mark.parametrize(
    "refusal",
    [
        (None, 401, "unauthorized"),
        ("owner-pat", 403, "token issued from personal access token is not allowed"),
        ("org-token", 403, "token issued from organization access token is not allowed"),
    ],
)
async def test_only_a_password_changes_tokens(
    ask: Ask, sandbox: Sandbox, method: str, path: str, refusal: tuple[str | None, int, str]
) -> None:
    who, *expected = refusal
    uuid = sandbox.state.personal_access_tokens[0].uuid
    answer = await ask(who, method, TOKENS + path.replace("{own}", uuid), json=NEW)
    assert [answer.status_code, answer.json()["message"]] == expected


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_nobody_changes_the_tokens_of_others(ask: Ask, sandbox: Sandbox, method: str) -> None:
    uuid = sandbox.state.personal_access_tokens[0].uuid
    answer = await ask("member", method, f"{TOKENS}/{uuid}", json={"is_active": False})
    assert (answer.status_code, answer.json()["message"]) == (404, "access token not found")


def _json(body: dict[str, Any]) -> bytes:
    # The client itself sends halves of surrogate pairs unescaped, or not at all.
    return json.dumps(body).encode()
