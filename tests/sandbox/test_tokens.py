from collections.abc import Awaitable, Callable

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
PERSONAL, ORGANIZATION = "/v2/access-tokens", "/v2/orgs/acme/access-tokens"
FROM_PAT = "token issued from personal access token is not allowed"
FROM_OAT = "token issued from organization access token is not allowed"


async def test_a_user_lists_their_own_tokens_without_secrets(ask: Ask, sandbox: Sandbox) -> None:
    body = (await ask("owner", "GET", PERSONAL, params={"page_size": 100})).json()
    own = {token.uuid for token in sandbox.state.personal_access_tokens if token.username == "ada"}
    assert {token["uuid"] for token in body["results"]} == own
    assert body["count"] == len(own)
    assert body["active_count"] == len(own) - 2
    assert {token["token"] for token in body["results"]} == {"***"}
    created = [token["created_at"] for token in body["results"]]
    assert created == sorted(created, reverse=True)


async def test_tokens_are_paged(ask: Ask) -> None:
    first = (await ask("owner", "GET", PERSONAL)).json()
    assert len(first["results"]) == 10
    second = (await ask("owner", "GET", first["next"])).json()
    assert second["next"] is None
    assert len(second["results"]) == first["count"] - 10
    past = await ask("owner", "GET", PERSONAL, params={"page": 3})
    assert (past.status_code, past.json()["results"]) == (200, [])


async def test_one_token_is_found_by_its_uuid(ask: Ask) -> None:
    listed = (await ask("owner", "GET", PERSONAL)).json()["results"][0]
    assert (await ask("owner", "GET", f"{PERSONAL}/{listed['uuid']}")).json() == listed
    assert (await ask("member", "GET", f"{PERSONAL}/{listed['uuid']}")).status_code == 404
    assert (await ask("owner", "GET", f"{PERSONAL}/nope")).status_code == 404


@pytest.mark.parametrize("path", [PERSONAL, f"{PERSONAL}/nope"])
@pytest.mark.parametrize(
    ("who", "status", "message"),
    [(None, 401, "unauthorized"), ("owner-pat", 403, FROM_PAT), ("org-token", 403, FROM_OAT)],
)
async def test_only_a_password_looks_at_personal_tokens(
    ask: Ask, path: str, who: str | None, status: int, message: str
) -> None:
    answer = await ask(who, "GET", path)
    assert (answer.status_code, answer.json()["message"]) == (status, message)


async def test_an_owner_lists_the_tokens_of_the_organization(ask: Ask, sandbox: Sandbox) -> None:
    body = (await ask("owner", "GET", ORGANIZATION)).json()
    assert list(body) == ["total", "next", "previous", "results"]
    assert body["total"] == len(body["results"]) == 6
    secrets = [token.secret for token in sandbox.state.organizations["acme"].access_tokens if token.secret]
    text = str(body)
    assert [secret for secret in secrets if secret in text] == []
    assert "resources" not in body["results"][0]


async def test_tokens_of_the_organization_are_paged(ask: Ask) -> None:
    first = (await ask("owner", "GET", ORGANIZATION, params={"page_size": 4})).json()
    second = (await ask("owner", "GET", first["next"])).json()
    assert (len(second["results"]), second["next"]) == (2, None)


async def test_one_token_of_the_organization_shows_what_it_may_do(ask: Ask) -> None:
    listed = (await ask("owner", "GET", ORGANIZATION)).json()["results"][0]
    shown = (await ask("owner", "GET", f"{ORGANIZATION}/{listed['id']}")).json()
    scopes = ["scope-repository-read", "scope-tag-read"]
    assert shown.pop("resources") == [{"type": "TYPE_REPO", "path": "acme/storefront", "scopes": scopes}]
    assert shown == listed
    assert (await ask("owner", "GET", f"{ORGANIZATION}/nope")).status_code == 404


@pytest.mark.parametrize("path", [ORGANIZATION, f"{ORGANIZATION}/nope"])
@pytest.mark.parametrize(
    ("who", "status", "message"),
    [
        (None, 401, "unauthorized"),
        ("owner-pat", 403, FROM_PAT),
        ("org-token", 403, FROM_OAT),
        ("member", 403, "permission denied"),
        ("outsider", 403, "permission denied"),
    ],
)
async def test_only_owners_look_at_tokens_of_the_organization(
    ask: Ask, path: str, who: str | None, status: int, message: str
) -> None:
    answer = await ask(who, "GET", path)
    assert (answer.status_code, answer.json()["message"]) == (status, message)


async def test_an_organization_that_does_not_exist(ask: Ask) -> None:
    answer = await ask("owner", "GET", "/v2/orgs/nope/access-tokens")
    assert (answer.status_code, answer.json()) == (404, {"detail": "No such organization"})
