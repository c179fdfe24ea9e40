from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_registry import RegistryUser

REDIS, PREVIEW = "library/redis", "ratelimitpreview/test"
SIX_HOURS = 21_600


@pytest.fixture
def sandbox(clock: list[float]) -> Sandbox:
    return Sandbox(now=lambda: clock[0], anonymous_pull_limit=3, personal_pull_limit=5)


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=sandbox.app, client=("198.51.100.7", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as opened:
        yield opened


def limits_of(response: httpx.Response) -> tuple[str | None, ...]:
    names = ("ratelimit-limit", "ratelimit-remaining", "docker-ratelimit-source")
    return tuple(response.headers.get(name) for name in names)


async def test_each_get_of_a_manifest_counts_and_head_does_not(anonymous: RegistryUser) -> None:
    for method, remaining in [("HEAD", 3), ("GET", 2), ("HEAD", 2), ("GET", 1)]:
        response = await anonymous.send(method, REDIS, "manifests/latest")
        assert limits_of(response) == ("3;w=21600", f"{remaining};w=21600", "198.51.100.7")


async def test_beyond_the_limit_get_is_refused_and_head_is_not(
    anonymous: RegistryUser, clock: list[float]
) -> None:
    for _ in range(3):
        assert (await anonymous.get(REDIS, "manifests/latest")).status_code == 200
    response = await anonymous.get(REDIS, "manifests/latest")
    error = response.json()["errors"][0]
    assert (response.status_code, error["code"]) == (429, "TOOMANYREQUESTS")
    assert error["message"].startswith("You have reached your pull rate limit.")
    assert error["message"].endswith("https://www.docker.com/increase-rate-limit")
    assert limits_of(response)[1] == "0;w=21600"
    headed = await anonymous.send("HEAD", PREVIEW, "manifests/latest")
    assert (headed.status_code, limits_of(headed)[1]) == (200, "0;w=21600")
    assert (await anonymous.get(REDIS, "manifests/nope")).status_code == 404
    clock[0] += SIX_HOURS
    anonymous = RegistryUser(Sandbox(), anonymous._client)
    assert limits_of(await anonymous.get(REDIS, "manifests/latest"))[1] == "2;w=21600"


async def test_accounts_are_counted_on_their_own(
    sandbox: Sandbox, client: httpx.AsyncClient, anonymous: RegistryUser
) -> None:
    await anonymous.get(REDIS, "manifests/latest")
    outsider = RegistryUser(sandbox, client, "outsider")
    uuid = sandbox.state.users["mallory"].uuid
    assert limits_of(await outsider.get(REDIS, "manifests/latest")) == ("5;w=21600", "4;w=21600", uuid)


@pytest.mark.parametrize("identity", ["owner", "reader-pat", "org-token"])
async def test_organizations_and_their_members_have_no_limit(
    sandbox: Sandbox, client: httpx.AsyncClient, identity: str
) -> None:
    user = RegistryUser(sandbox, client, identity)
    assert limits_of(await user.get(REDIS, "manifests/latest")) == (None, None, None)


async def test_images_of_sponsored_publishers_have_no_limit(anonymous: RegistryUser) -> None:
    for repository in ["fernhill/ledger-v1", "bigcorp/billing-api"]:
        response = await anonymous.get(repository, "manifests/latest")
        assert (response.status_code, limits_of(response)) == (200, (None, None, None)), repository


async def test_no_limit_can_be_set(clock: list[float]) -> None:
    unlimited = Sandbox(now=lambda: clock[0], anonymous_pull_limit=None, personal_pull_limit=None)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=unlimited.app), base_url="http://localhost"
    ) as opened:
        for identity in (None, "outsider"):
            user = RegistryUser(unlimited, opened, identity)
            assert limits_of(await user.get(REDIS, "manifests/latest")) == (None, None, None)
