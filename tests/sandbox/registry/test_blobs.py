import httpx2 as httpx

from tests.support.sandbox_registry import RegistryUser

REDIS = "library/redis"


async def test_the_bytes_come_from_another_path_without_a_token(
    anonymous: RegistryUser, client: httpx.AsyncClient
) -> None:
    image = await anonymous.get_image(REDIS, "8.2")
    redirect = await anonymous.get(REDIS, f"blobs/{image['config']['digest']}")
    location = redirect.headers["Location"]
    assert (redirect.status_code, redirect.content) == (307, b"")
    assert location.startswith("http://localhost/_blobs/")
    assert (await client.get(location)).json()["os"] == "linux"


async def test_an_address_is_valid_for_one_blob_and_some_minutes(
    anonymous: RegistryUser, client: httpx.AsyncClient, clock: list[float]
) -> None:
    image = await anonymous.get_image(REDIS, "8.2")
    other = await anonymous.get_image(REDIS, "8.0")
    digest, other_digest = image["config"]["digest"], other["config"]["digest"]
    location = (await anonymous.get(REDIS, f"blobs/{digest}")).headers["Location"]
    assert (await client.get(location.replace(digest, other_digest))).status_code == 403
    assert (await client.get(location.partition("?")[0])).status_code == 403
    clock[0] += 301
    assert (await client.get(location)).status_code == 403


async def test_head_has_the_size(anonymous: RegistryUser) -> None:
    config = (await anonymous.get_image(REDIS, "8.2"))["config"]
    response = await anonymous.send("HEAD", REDIS, f"blobs/{config['digest']}")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Length"] == str(config["size"])


async def test_layers_are_not_stored(anonymous: RegistryUser) -> None:
    layer = (await anonymous.get_image(REDIS, "8.2"))["layers"][0]
    response = await anonymous.get(REDIS, f"blobs/{layer['digest']}")
    error = response.json()["errors"][0]
    assert (response.status_code, error["code"]) == (404, "BLOB_UNKNOWN")
    assert "stores no layers" in error["message"]


async def test_invalid_digests(anonymous: RegistryUser) -> None:
    response = await anonymous.get(REDIS, "blobs/sha256:nope")
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "DIGEST_INVALID")
