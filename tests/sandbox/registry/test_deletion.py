"""Deleting manifests by digest, after their tags were deleted at the Hub."""

from typing import Any

import pytest

from tests.support.manifest_lists import list_manifests
from tests.support.sandbox_registry import RegistryUser
from tests.support.sandbox_requests import RequestAs

SHARED, PLATFORMS, CONTROLLER = (
    f"milldale/{name}" for name in ("shared-index", "platform-tags", "controller")
)
NO_DIGEST = f"sha256:{'0' * 64}"


def hub_path(repository: str) -> str:
    namespace, _, name = repository.partition("/")
    return f"/v2/namespaces/{namespace}/repositories/{name}"


async def get_digest(user: RegistryUser, repository: str, reference: str) -> str:
    response = await user.send("HEAD", repository, f"manifests/{reference}")
    assert response.status_code == 200
    return response.headers["Docker-Content-Digest"]


async def delete(user: RegistryUser, repository: str, reference: str) -> tuple[int, str]:
    """Delete a manifest. Return the status with the code and the message of an error."""
    response = await user.send("DELETE", repository, f"manifests/{reference}", actions="pull,push,delete")
    if response.status_code == 202:
        assert response.content == b""
        return 202, ""
    error: dict[str, Any] = response.json()["errors"][0]
    return response.status_code, f"{error['code']} {error['message']}"


async def test_a_manifest_with_a_tag_is_referenced(owner: RegistryUser, request_as: RequestAs) -> None:
    digest = await get_digest(owner, SHARED, "1.1.0")
    refusal = 403, f"DENIED manifest {digest} cannot be deleted as it is referenced by other images"
    assert await delete(owner, SHARED, digest) == refusal
    for name in ("1.1.0", "1.1"):
        assert (await request_as("owner", "DELETE", f"{hub_path(SHARED)}/tags/{name}")).status_code == 204
        expected = refusal if name == "1.1.0" else (202, "")
        assert await delete(owner, SHARED, digest) == expected, name
    assert (await delete(owner, SHARED, digest))[0] == 404
    assert (await owner.get(SHARED, f"manifests/{digest}")).status_code == 404


async def test_deleting_a_tag_leaves_its_manifests(owner: RegistryUser, request_as: RequestAs) -> None:
    index = await owner.get_manifest(SHARED, "1.0.0")
    digest = await get_digest(owner, SHARED, "1.0.0")
    url = f"{hub_path(SHARED)}/tags/1.0.0"
    assert (await request_as("owner", "DELETE", url)).status_code == 204
    assert (await request_as("owner", "DELETE", url)).status_code == 404
    assert (await owner.get(SHARED, "manifests/1.0.0")).status_code == 404
    assert (await owner.get_manifest(SHARED, digest)) == index
    child = await owner.get_manifest(SHARED, index["manifests"][0]["digest"])
    assert (await owner.get_blob(SHARED, child["config"])).json()["architecture"] == "amd64"


async def test_an_index_goes_before_its_images(owner: RegistryUser, request_as: RequestAs) -> None:
    index = await owner.get_manifest(SHARED, "1.0.0")
    digest = await get_digest(owner, SHARED, "1.0.0")
    await request_as("owner", "DELETE", f"{hub_path(SHARED)}/tags/1.0.0")
    children = [each["digest"] for each in index["manifests"]]
    assert len(children) == 2
    assert (await delete(owner, SHARED, children[0]))[0] == 403
    assert await delete(owner, SHARED, digest) == (202, "")
    for child in children:
        # The registry keeps the images of a deleted index.
        assert (await owner.get(SHARED, f"manifests/{child}")).status_code == 200
        assert await delete(owner, SHARED, child) == (202, "")
        assert (await owner.get(SHARED, f"manifests/{child}")).status_code == 404


async def test_an_image_with_a_tag_of_its_own_outlives_its_index(
    owner: RegistryUser, request_as: RequestAs
) -> None:
    index = await owner.get_manifest(PLATFORMS, "1.0.0")
    images = {each["platform"]["architecture"]: each["digest"] for each in index["manifests"]}
    for architecture, image in images.items():
        assert await get_digest(owner, PLATFORMS, f"1.0.0-{architecture}") == image
    digest = await get_digest(owner, PLATFORMS, "1.0.0")
    for name in ("1.0.0", "1.0.0-amd64"):
        await request_as("owner", "DELETE", f"{hub_path(PLATFORMS)}/tags/{name}")
    assert await delete(owner, PLATFORMS, digest) == (202, "")
    assert (await delete(owner, PLATFORMS, images["amd64"]))[0] == 202
    assert (await delete(owner, PLATFORMS, images["arm64"]))[0] == 403


async def test_an_image_that_another_index_has_is_referenced(
    owner: RegistryUser, request_as: RequestAs
) -> None:
    # The index of the first push of a release has one of the two images of the tagged index.
    tagged = await owner.get_manifest(CONTROLLER, "3.7.4")
    shared = tagged["manifests"][0]["digest"]
    listed = await list_manifests(request_as, CONTROLLER)
    indexes = [
        each["manifest_digest"] for each in listed if not each["tags"] and "index" in each["media_type"]
    ]
    assert len(indexes) == 70
    contents = {digest: await owner.get_manifest(CONTROLLER, digest) for digest in indexes}
    (first,) = [
        digest
        for digest, index in contents.items()
        if [each["digest"] for each in index["manifests"]] == [shared]
    ]
    assert await delete(owner, CONTROLLER, first) == (202, "")
    assert (await delete(owner, CONTROLLER, shared))[0] == 403


async def test_only_digests_can_be_deleted(owner: RegistryUser) -> None:
    assert await delete(owner, SHARED, "1.0.0") == (405, "UNSUPPORTED Only digest-based deletion is allowed")
    assert (await delete(owner, SHARED, NO_DIGEST))[0] == 404


@pytest.mark.parametrize("actions", ["pull", "pull,push"])
async def test_deleting_needs_the_action_in_the_token(owner: RegistryUser, actions: str) -> None:
    digest = await get_digest(owner, "acme/cli", "latest")
    refused = await owner.send("DELETE", "acme/cli", f"manifests/{digest}", actions=actions)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "DENIED")
    assert "referenced" not in refused.text
