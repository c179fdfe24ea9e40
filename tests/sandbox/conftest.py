from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

START = 1_760_000_012.5

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def clock() -> list[float]:
    """The time, to be set by tests."""
    return [START]


@pytest.fixture
def sandbox(clock: list[float]) -> Sandbox:
    return Sandbox(now=lambda: clock[0])


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as opened:
        yield opened


@pytest.fixture
def ask(sandbox: Sandbox, client: httpx.AsyncClient) -> Ask:
    """Send a request as one of the identities, or as nobody."""
    bearers: dict[str, str] = {}

    async def send(who: str | None, method: str, url: str, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if who is not None:
            if who not in bearers:
                identity = sandbox.get_identity(who)
                body = {"identifier": identity.username, "secret": identity.secret}
                bearers[who] = (await client.post("/v2/auth/token", json=body)).json()["access_token"]
            headers["Authorization"] = f"Bearer {bearers[who]}"
        return await client.request(method, url, headers=headers, **options)

    return send
