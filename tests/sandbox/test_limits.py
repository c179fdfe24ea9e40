from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2 as httpx

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import START, RequestAs

SEARCH = "/v2/search/repositories/"
URL = "/v2/namespaces/library/repositories/redis"
# The end of the minute that contains START.
RESET = 1_760_000_040


@asynccontextmanager
async def open_client(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def log_in(client: httpx.AsyncClient, sandbox: Sandbox, name: str) -> dict[str, str]:
    identity = sandbox.get_identity(name)
    body = {"identifier": identity.username, "secret": identity.secret}
    token = (await client.post("/v2/auth/token", json=body)).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def read_limits(response: httpx.Response) -> tuple[int, int, int]:
    limit, remaining, reset = (
        response.headers[f"X-RateLimit-{word}"] for word in ("Limit", "Remaining", "Reset")
    )
    return int(limit), int(remaining), int(reset)


async def test_every_response_has_the_rate_limit_headers(request_as: RequestAs) -> None:
    assert read_limits(await request_as(None, "GET", URL)) == (180, 179, RESET)
    assert read_limits(await request_as(None, "HEAD", "/v2/nope")) == (180, 178, RESET)
    assert read_limits(await request_as("owner", "GET", URL)) == (600, 599, RESET)
    assert read_limits(await request_as(None, "GET", URL, headers={"Authorization": "Bearer x"})) == (
        180,
        176,
        RESET,
    )


async def test_requests_outside_of_the_hub_are_not_limited(request_as: RequestAs) -> None:
    assert "X-RateLimit-Limit" not in (await request_as(None, "GET", "/_sandbox")).headers


async def test_requests_over_the_limit_are_rejected_until_the_minute_ends(clock: list[float]) -> None:
    async with open_client(Sandbox(now=lambda: clock[0], anonymous_limit=2)) as client:
        assert [(await client.get(URL)).status_code for _ in range(2)] == [200, 200]
        refused = await client.get(URL)
        assert refused.status_code == 429
        assert refused.json() == {"detail": "Rate limit exceeded", "error": False}
        assert refused.headers["Retry-After"] == str(RESET)
        assert refused.headers["X-RateLimit-Ip"] == "127.0.0.1"
        assert read_limits(refused) == (2, 0, RESET)
        clock[0] = RESET - 0.01
        assert (await client.get(URL)).headers["Retry-After"] == str(RESET)
        clock[0] = RESET
        assert read_limits(await client.get(URL)) == (2, 1, RESET + 60)


async def test_accounts_are_counted_separately_and_all_tokens_of_a_user_together(clock: list[float]) -> None:
    sandbox = Sandbox(now=lambda: clock[0], signed_in_limit=3)
    async with open_client(sandbox) as client:
        left = {}
        for name in ("owner", "owner-pat", "reader-pat", "org-token", "org-token-narrow"):
            headers = await log_in(client, sandbox, name)
            left[name] = read_limits(await client.get(URL, headers=headers))[1]
        assert left == {"owner": 2, "owner-pat": 1, "reader-pat": 2, "org-token": 2, "org-token-narrow": 1}


async def test_an_organization_and_a_user_with_the_same_name_are_counted_separately() -> None:
    sandbox = Sandbox(now=lambda: START, signed_in_limit=1)
    sandbox.state.users["acme"] = sandbox.state.users.pop("mallory")
    sandbox.state.users["acme"].username = "acme"
    async with open_client(sandbox) as client:
        token = await log_in(client, sandbox, "org-token")
        assert (await client.get(URL, headers=token)).status_code == 200
        del sandbox.state.organizations["acme"]
        body = {"identifier": "acme", "secret": "sandbox-password-mallory"}
        own = (await client.post("/v2/auth/token", json=body)).json()["access_token"]
        assert (await client.get(URL, headers={"Authorization": f"Bearer {own}"})).status_code == 200


async def test_rate_limits_can_be_disabled() -> None:
    async with open_client(Sandbox(anonymous_limit=None)) as client:
        responses = [await client.get(URL) for _ in range(200)]
    assert {response.status_code for response in responses} == {200}
    assert "X-RateLimit-Limit" not in responses[0].headers


async def test_the_offset_limits_are_configurable() -> None:
    sandbox = Sandbox(anonymous_tag_offset=20, anonymous_repository_offset=10, anonymous_search_offset=20)
    async with open_client(sandbox) as client:
        for url, first in ((f"{URL}/tags", 3), ("/v2/namespaces/library/repositories", 2), (SEARCH, 3)):
            assert (await client.get(url, params={"page": first - 1, "page_size": 10})).status_code == 200
            assert (await client.get(url, params={"page": first, "page_size": 10})).status_code == 403
