import re

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_registry import RegistryUser


async def test_all_names_in_the_order_of_their_bytes(sandbox: Sandbox, anonymous: RegistryUser) -> None:
    body = (await anonymous.get("library/redis", "tags/list")).json()
    assert body["name"] == "library/redis"
    assert body["tags"] == sorted(body["tags"])
    # The Hub lets anonymous callers page through 1,000 tags, the registry through all.
    assert len(body["tags"]) == len(sandbox.state.get_repository("library", "redis").tags) > 2_000


async def test_pages_are_linked(anonymous: RegistryUser) -> None:
    names: list[str] = []
    path = "tags/list?n=900"
    while path:
        response = await anonymous.get("library/redis", path)
        names += response.json()["tags"]
        link = re.fullmatch(r'</v2/library/redis/(.+)>; rel="next"', response.headers.get("Link", ""))
        path = link[1] if link else ""
    assert names == (await anonymous.get("library/redis", "tags/list")).json()["tags"]
    assert (await anonymous.get("library/redis", "tags/list?n=5&last=zzz")).json()["tags"] == []


@pytest.mark.parametrize("size", ["0", "-1", "x", ""])
async def test_invalid_sizes(anonymous: RegistryUser, size: str) -> None:
    response = await anonymous.get("library/redis", f"tags/list?n={size}")
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "PAGINATION_NUMBER_INVALID")


async def test_a_list_of_tags_is_no_pull(anonymous: RegistryUser) -> None:
    await anonymous.get("library/redis", "tags/list")
    response = await anonymous.send("HEAD", "library/redis", "manifests/latest")
    assert response.headers["ratelimit-remaining"] == "100;w=21600"


async def test_referrers_are_not_offered(anonymous: RegistryUser) -> None:
    digest = (await anonymous.get("quayside/gateway", "manifests/1.5.0")).headers["Docker-Content-Digest"]
    response = await anonymous.get("quayside/gateway", f"referrers/{digest}")
    assert (response.status_code, response.text) == (404, "404 page not found\n")
