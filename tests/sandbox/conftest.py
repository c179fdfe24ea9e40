from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import START, RequestAs


@pytest.fixture
def clock() -> list[float]:
    """Return the time of the sandbox in a list, so that a test can change it."""
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
def request_as(sandbox: Sandbox, client: httpx.AsyncClient) -> RequestAs:
    """Return a function that logs in as an identity, once, and sends a request."""
    bearers: dict[str, str] = {}

    async def send(identity: str | None, method: str, url: str, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if identity is not None:
            if identity not in bearers:
                account = sandbox.get_identity(identity)
                body = {"identifier": account.username, "secret": account.secret}
                bearers[identity] = (await client.post("/v2/auth/token", json=body)).json()["access_token"]
            headers["Authorization"] = f"Bearer {bearers[identity]}"
        return await client.request(method, url, headers=headers, **options)

    return send
