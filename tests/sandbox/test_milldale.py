"""The organization milldale, which has tags to clean up."""

import re
from collections import Counter
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.content import describe_build
from dockerhub_mcp.sandbox.data.images.tag_content import summarize_content
from dockerhub_mcp.sandbox.state import RepositoryRecord
from tests.support.sandbox_registry import RegistryUser
from tests.support.sandbox_requests import START, RequestAs

MILLDALE = "/v2/namespaces/milldale/repositories"
DAY = 86400


@pytest.fixture
def controller(sandbox: Sandbox) -> RepositoryRecord:
    return sandbox.state.get_repository("milldale", "controller")


@pytest.fixture
def registry(sandbox: Sandbox, client: Any) -> RegistryUser:
    return RegistryUser(sandbox, client, "owner")


def get_digests(repository: RepositoryRecord) -> dict[str, str]:
    return {tag.name: summarize_content(describe_build(repository, tag)).digest for tag in repository.tags}


def test_the_controller_has_3000_tags_of_several_families(controller: RepositoryRecord) -> None:
    assert len(controller.tags) == len({tag.name for tag in controller.tags}) == 3000
    families = Counter(re.split(r"[\d-]", tag.name, maxsplit=1)[0] for tag in controller.tags)
    least = {"": 700, "main": 500, "pr": 400, "v": 100, "feature": 150, "sha": 190, "nightly": 121}
    assert {name: count for name, count in least.items() if families[name] < count} == {}
    assert families["latest"] == families["edge"] == families["stable"] == families["lts"] == 1


def test_tags_share_digests(controller: RepositoryRecord) -> None:
    digests = get_digests(controller)
    assert len({digests[name] for name in ("latest", "stable", "4.3.2", "4.3", "4", "v4.3.2")}) == 1
    assert digests["alpine"] == digests["4.3.2-alpine"] != digests["latest"]
    (edge,) = [name for name, digest in digests.items() if digest == digests["edge"] and "main-" in name]
    assert digests[f"sha-{edge.removeprefix('main-')}"] == digests["edge"]
    assert 2500 < len(set(digests.values())) < 2750


def test_tags_are_of_all_ages_and_uses(controller: RepositoryRecord) -> None:
    tags = controller.tags
    ages = [(START - tag.pushed_at) / DAY for tag in tags]
    assert sum(age < 1 for age in ages) > 3
    assert max(ages) > 4000
    assert 500 < sum(tag.pulled_at is None for tag in tags) < 1500
    unused = sum(START - max(tag.pushed_at, tag.pulled_at or 0) > 30 * DAY for tag in tags)
    assert 2000 < unused < 2900
    assert sum("-rc." in tag.name or "-beta." in tag.name for tag in tags) == 150


async def test_undated_tags_are_old_and_still_pulled(
    request_as: RequestAs, controller: RepositoryRecord
) -> None:
    undated = [tag.name for tag in controller.tags if tag.is_undated]
    assert len(undated) == 24
    tag = (await request_as("owner", "GET", f"{MILLDALE}/controller/tags/{undated[0]}")).json()
    assert (tag["tag_last_pushed"], tag["last_updated"], tag["digest"]) == (None, None, None)
    assert tag["tag_last_pulled"] is not None
    assert tag["media_type"] == "application/vnd.docker.distribution.manifest.v1+prettyjws"
    assert [(image["os"], image["last_pushed"]) for image in tag["images"]] == [("", None)]
    params = {"ordering": "-last_updated", "page_size": 24}
    oldest = (await request_as("owner", "GET", f"{MILLDALE}/controller/tags", params=params)).json()
    assert {tag["name"] for tag in oldest["results"]} == set(undated)


async def test_images_of_platforms_are_tagged_alone(
    request_as: RequestAs, controller: RepositoryRecord
) -> None:
    digests = get_digests(controller)
    index = (await request_as("owner", "GET", f"{MILLDALE}/controller/tags/2.4.3")).json()
    for image in index["images"]:
        name = f"2.4.3-{image['architecture']}"
        assert digests[name] == image["digest"], name
        alone = (await request_as("owner", "GET", f"{MILLDALE}/controller/tags/{name}")).json()
        assert (alone["full_size"], len(alone["images"])) == (image["size"], 1)
    assert len(index["images"]) == 2


async def test_signatures_belong_to_releases(registry: RegistryUser, controller: RepositoryRecord) -> None:
    digests = get_digests(controller)
    prefix = digests["latest"].replace(":", "-")
    assert {name for name in digests if name.startswith(prefix)} == {prefix, f"{prefix}.sig", f"{prefix}.att"}
    signed = {name[:71].replace("-", ":") for name in digests if name.startswith("sha256-")}
    assert len(signed) > 10
    assert signed <= set(digests.values())
    index = await registry.get_manifest("milldale/controller", prefix)
    signature = await registry.get_manifest("milldale/controller", index["manifests"][0]["digest"])
    assert signature["subject"]["digest"] == digests["latest"]


async def test_immutable_tags_refuse_to_be_deleted(request_as: RequestAs) -> None:
    for repository, immutable, mutable in (
        ("controller", ["4.3.2", "lts"], ["v4.3.2", "3.8.19", "4.3"]),
        ("immutable", ["v1.1.0", "Release-candidate"], ["v1.1.0-rc.1", "dev"]),
    ):
        for name in immutable:
            response = await request_as("owner", "DELETE", f"{MILLDALE}/{repository}/tags/{name}")
            assert (response.status_code, response.json()["message"]) == (
                403,
                "immutable tags cannot be deleted",
            ), name
        for name in mutable:
            response = await request_as("owner", "DELETE", f"{MILLDALE}/{repository}/tags/{name}")
            assert response.status_code == 204, name


async def test_the_last_tag_can_be_deleted(request_as: RequestAs) -> None:
    assert (await request_as("owner", "DELETE", f"{MILLDALE}/last-tag/tags/0.3.0")).status_code == 204
    left = (await request_as("owner", "GET", f"{MILLDALE}/last-tag/tags")).json()
    assert (left["count"], left["results"]) == (0, [])


async def test_storage_stays_until_manifests_are_deleted(
    request_as: RequestAs, registry: RegistryUser
) -> None:
    url = f"{MILLDALE}/shared-index"
    before = (await request_as("owner", "GET", url)).json()["storage_size"]
    tag = (await request_as("owner", "GET", f"{url}/tags/1.0.0")).json()
    await request_as("owner", "DELETE", f"{url}/tags/1.0.0")
    assert (await request_as("owner", "GET", url)).json()["storage_size"] == before
    kept: set[str] = set()
    for name in ("1.1.0", "1.2.0"):
        kept |= await get_layer_digests(request_as, f"shared-index/tags/{name}")
    manifests = [tag["digest"], *(image["digest"] for image in tag["images"])]
    layers = [
        layer
        for digest in manifests[1:]
        for layer in (await registry.get_manifest("milldale/shared-index", digest))["layers"]
    ]
    for digest in manifests:
        response = await registry.send(
            "DELETE", "milldale/shared-index", f"manifests/{digest}", actions="pull,delete"
        )
        assert response.status_code == 202
    freed = sum(layer["size"] for layer in layers if layer["digest"] not in kept)
    after = (await request_as("owner", "GET", url)).json()["storage_size"]
    assert 0 < freed < sum(layer["size"] for layer in layers), "some layers are shared"
    assert before - after == freed
    listed = (await request_as("owner", "GET", MILLDALE)).json()["results"]
    assert {each["name"]: each["storage_size"] for each in listed}["shared-index"] == after


async def get_layer_digests(request_as: RequestAs, path: str) -> set[str]:
    images = (await request_as("owner", "GET", f"/v2/repositories/milldale/{path}/images")).json()
    return {layer["digest"] for image in images for layer in image["layers"] if "digest" in layer}


async def test_small_repositories_have_one_special_case_each(request_as: RequestAs, sandbox: Sandbox) -> None:
    listed = (await request_as("owner", "GET", MILLDALE, params={"page_size": 100})).json()["results"]
    counts = {
        each["name"]: len(sandbox.state.get_repository("milldale", each["name"]).tags) for each in listed
    }
    assert counts == {
        "controller": 3000,
        "shared-index": 6,
        "platform-tags": 7,
        "signed": 13,
        "immutable": 6,
        "branches": 4,
        "last-tag": 1,
        "empty": 0,
        "listed-in-part": 45,
    }
    signed = get_digests(sandbox.state.get_repository("milldale", "signed"))
    subjects = {name[:71].replace("-", ":") for name in signed if name.startswith("sha256-")}
    assert len(subjects - set(signed.values())) == 1, "one image of a signature does not exist"
    assert {name[71:] for name in signed if name.startswith("sha256-")} == {"", ".sig", ".att", ".sbom"}


async def test_the_owner_and_a_developer_are_members(request_as: RequestAs) -> None:
    members = (await request_as("owner", "GET", "/v2/orgs/milldale/members")).json()["results"]
    assert {each["username"]: each["role"] for each in members} == {"ada": "Owner", "margaret": "Member"}
    assert (await request_as("member", "GET", f"{MILLDALE}/controller")).status_code == 404
    repository = (await request_as("owner-pat", "GET", f"{MILLDALE}/controller")).json()
    assert repository["permissions"] == {"read": True, "write": True, "admin": True}
