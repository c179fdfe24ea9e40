from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2 as httpx

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
URL = "/v2/namespaces/library/repositories/redis"
START = 1_760_000_012.5
# The minute that START lies in ends then.
RESET = 1_760_000_040


@asynccontextmanager
async def opened(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def bearer(client: httpx.AsyncClient, sandbox: Sandbox, name: str) -> dict[str, str]:
    who = sandbox.get_identity(name)
    body = {"identifier": who.username, "secret": who.secret}
    token = (await client.post("/v2/auth/token", json=body)).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def limits(answer: httpx.Response) -> tuple[int, int, int]:
    limit, remaining, reset = (
        answer.headers[f"X-RateLimit-{word}"] for word in ("Limit", "Remaining", "Reset")
    )
    return int(limit), int(remaining), int(reset)


async def test_every_answer_tells_the_limits(ask: Ask) -> None:
    assert limits(await ask(None, "GET", URL)) == (180, 179, RESET)
    assert limits(await ask(None, "HEAD", "/v2/nope")) == (180, 178, RESET)
    assert limits(await ask("owner", "GET", URL)) == (600, 599, RESET)
    assert limits(await ask(None, "GET", URL, headers={"Authorization": "Bearer x"})) == (180, 176, RESET)


async def test_pages_outside_of_the_hub_are_not_limited(ask: Ask) -> None:
    assert "X-RateLimit-Limit" not in (await ask(None, "GET", "/_sandbox")).headers


async def test_over_the_limit_requests_are_refused_until_the_minute_ends(clock: list[float]) -> None:
    async with opened(Sandbox(now=lambda: clock[0], anonymous_limit=2)) as client:
        assert [(await client.get(URL)).status_code for _ in range(2)] == [200, 200]
        refused = await client.get(URL)
        assert refused.status_code == 429
        assert refused.json() == {"detail": "Rate limit exceeded", "error": False}
        assert refused.headers["Retry-After"] == "28"
        assert limits(refused) == (2, 0, RESET)
        clock[0] = RESET - 0.01
        assert (await client.get(URL)).headers["Retry-After"] == "1"
        clock[0] = RESET
        assert limits(await client.get(URL)) == (2, 1, RESET + 60)


async def test_identities_are_counted_apart_and_a_users_tokens_together(clock: list[float]) -> None:
    sandbox = Sandbox(now=lambda: clock[0], signed_in_limit=3)
    async with opened(sandbox) as client:
        left = {}
        for name in ("owner", "owner-pat", "reader-pat", "org-token", "org-token-narrow"):
            headers = await bearer(client, sandbox, name)
            left[name] = limits(await client.get(URL, headers=headers))[1]
        assert left == {"owner": 2, "owner-pat": 1, "reader-pat": 2, "org-token": 2, "org-token-narrow": 1}


async def test_an_organization_and_a_user_of_one_name_are_counted_apart() -> None:
    sandbox = Sandbox(now=lambda: START, signed_in_limit=1)
    sandbox.state.users["acme"] = sandbox.state.users.pop("mallory")
    sandbox.state.users["acme"].username = "acme"
    async with opened(sandbox) as client:
        token = await bearer(client, sandbox, "org-token")
        assert (await client.get(URL, headers=token)).status_code == 200
        del sandbox.state.organizations["acme"]
        body = {"identifier": "acme", "secret": "sandbox-password-mallory"}
        own = (await client.post("/v2/auth/token", json=body)).json()["access_token"]
        assert (await client.get(URL, headers={"Authorization": f"Bearer {own}"})).status_code == 200


async def test_limits_may_be_switched_off() -> None:
    async with opened(Sandbox(anonymous_limit=None)) as client:
        answers = [await client.get(URL) for _ in range(200)]
    assert {answer.status_code for answer in answers} == {200}
    assert "X-RateLimit-Limit" not in answers[0].headers


async def test_the_offset_caps_can_be_set() -> None:
    sandbox = Sandbox(anonymous_tag_offset=20, anonymous_repository_offset=10)
    async with opened(sandbox) as client:
        for url, first in ((f"{URL}/tags", 3), ("/v2/namespaces/library/repositories", 2)):
            assert (await client.get(url, params={"page": first - 1})).status_code == 200
            assert (await client.get(url, params={"page": first})).status_code == 403
