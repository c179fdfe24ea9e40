import httpx2 as httpx
import jwt
import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_registry import RegistryUser
from tests.support.sandbox_requests import RequestAs

REDIS, STOREFRONT = "repository:library/redis:pull", "repository:acme/storefront:pull,push,delete"


def granted(response: httpx.Response) -> dict[str, list[str]]:
    assert response.status_code == 200, response.text
    claims = jwt.decode(response.json()["token"], options={"verify_signature": False})
    return {entry["name"]: entry["actions"] for entry in claims["access"]}


async def test_an_anonymous_token_lasts_five_minutes(
    anonymous: RegistryUser, client: httpx.AsyncClient, clock: list[float]
) -> None:
    body = (await anonymous.fetch_token(REDIS)).json()
    assert body["token"] == body["access_token"]
    assert (body["expires_in"], body["issued_at"]) == (300, "2025-10-09T08:53:32Z")
    headers = {"Authorization": f"Bearer {body['token']}"}
    assert (await client.get("/v2/", headers=headers)).status_code == 200
    clock[0] += 301
    assert (await client.get("/v2/", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("identity", "actions"),
    [
        (None, None),
        ("owner", ["pull", "push", "delete"]),
        ("owner-pat", ["pull", "push", "delete"]),
        ("reader-pat", ["pull"]),
        ("public-pat", None),
        ("member", ["pull", "push"]),
        ("outsider", None),
        ("org-token", ["pull"]),
        # The token reads the repository and its tags on the Hub, and has no scope for images.
        ("org-token-narrow", None),
        ("two-factor-pat", ["pull", "push"]),
    ],
)
async def test_a_token_grants_what_was_asked_for_and_is_allowed(
    sandbox: Sandbox, client: httpx.AsyncClient, identity: str | None, actions: list[str] | None
) -> None:
    response = await RegistryUser(sandbox, client, identity).fetch_token(STOREFRONT)
    assert granted(response).get("acme/storefront") == actions


async def test_several_scopes(anonymous: RegistryUser, client: httpx.AsyncClient) -> None:
    expected = {"library/redis": ["pull"], "library/nginx": ["pull"]}
    nginx = "repository:library/nginx:pull,push"
    assert granted(await anonymous.fetch_token(REDIS, nginx)) == expected
    assert granted(await client.get("/token", params={"scope": f"{REDIS} {nginx}"})) == expected
    assert granted(await anonymous.fetch_token("registry:catalog:*", "nonsense")) == {}


@pytest.mark.parametrize("identity", ["expired-pat", "inactive-pat", "two-factor"])
async def test_secrets_that_are_refused(sandbox: Sandbox, client: httpx.AsyncClient, identity: str) -> None:
    response = await RegistryUser(sandbox, client, identity).fetch_token(REDIS)
    assert (response.status_code, response.json()) == (401, {"detail": "incorrect username or password"})


@pytest.mark.parametrize("authorization", ["Basic !", "Basic YWRh", "Bearer x", "Basic YWRhOndyb25n"])
async def test_wrong_credentials_are_no_anonymous_request(
    client: httpx.AsyncClient, authorization: str
) -> None:
    response = await client.get("/token", params={"scope": REDIS}, headers={"Authorization": authorization})
    assert response.status_code == 401


async def test_failed_logins_of_hub_and_registry_are_counted_together(
    client: httpx.AsyncClient, clock: list[float]
) -> None:
    for _ in range(2):
        body = {"identifier": "ada", "secret": "wrong"}
        assert (await client.post("/v2/auth/token", json=body)).status_code == 401
    for _ in range(3):
        assert (await client.get("/token", auth=("ada", "wrong"))).status_code == 401
    assert (await client.get("/token", auth=("ada", "sandbox-password-ada"))).status_code == 429
    clock[0] += 601
    assert (await client.get("/token", auth=("ada", "sandbox-password-ada"))).status_code == 200


async def test_tokens_of_hub_and_registry_do_not_mix(
    anonymous: RegistryUser, client: httpx.AsyncClient, request_as: RequestAs
) -> None:
    token = (await anonymous.fetch_token(REDIS)).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/v2/user/", headers=headers)).status_code == 401
    response = await request_as("owner", "GET", "/v2/library/redis/manifests/latest")
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


async def test_revoked_tokens_are_invalid(
    sandbox: Sandbox, anonymous: RegistryUser, client: httpx.AsyncClient
) -> None:
    token = (await anonymous.fetch_token(REDIS)).json()["token"]
    sandbox.revoke_bearer_tokens()
    assert (await client.get("/v2/", headers={"Authorization": f"Bearer {token}"})).status_code == 401
