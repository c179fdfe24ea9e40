"""The undocumented list of manifests, with those that have no tag."""

from collections import Counter
from typing import Any

from dockerhub_mcp.sandbox import Sandbox
from tests.support.manifest_lists import list_manifests
from tests.support.sandbox_registry import OCI_INDEX, OCI_MANIFEST
from tests.support.sandbox_requests import RequestAs

MILLDALE = "/v2/namespaces/milldale/repositories"
MANIFESTS = f"{MILLDALE}/shared-index/manifests"
ZERO_DATE = "0001-01-01T00:00:00Z"


async def test_indexes_and_their_images_are_listed(request_as: RequestAs) -> None:
    body = (await request_as("owner", "GET", MANIFESTS, params={"page_size": 100})).json()
    assert set(body) == {"manifests"}
    tags = {tuple(each["tags"]): each for each in body["manifests"] if each["tags"]}
    assert set(tags) == {("1.2.0", "1.2", "latest"), ("1.1.0", "1.1"), ("1.0.0",)}
    tag = (await request_as("owner", "GET", f"{MILLDALE}/shared-index/tags/1.2")).json()
    newest = tags["1.2.0", "1.2", "latest"]
    assert newest == {
        "manifest_digest": tag["digest"],
        "media_type": OCI_INDEX,
        "tags": ["1.2.0", "1.2", "latest"],
        "last_pushed": newest["last_pushed"],
        "last_pulled": tag["tag_last_pulled"],
        "total_size": sum(image["size"] for image in tag["images"]),
    }
    # The images of a tagged index have no tag themselves.
    without = [each for each in body["manifests"] if not each["tags"]]
    assert Counter(each["media_type"] for each in without) == {OCI_MANIFEST: 6}
    images = {image["digest"]: image["size"] for image in tag["images"]}
    assert images.items() <= {each["manifest_digest"]: each["total_size"] for each in without}.items()


async def test_pages_continue_after_the_key(request_as: RequestAs) -> None:
    whole = await list_manifests(request_as, "milldale/shared-index")
    assert len(whole) == 9
    seen: list[dict[str, Any]] = []
    parameters = {"page_size": "4"}
    for size in (4, 4, 1):
        body = (await request_as("owner", "GET", MANIFESTS, params=parameters)).json()
        assert len(body["manifests"]) == size
        seen += body["manifests"]
        parameters["last_evaluated_key"] = body.get("last_evaluated_key", "")
    assert (seen, parameters["last_evaluated_key"]) == (whole, "")
    refused = await request_as("owner", "GET", MANIFESTS, params={"last_evaluated_key": "nope"})
    assert refused.status_code == 400


async def test_a_key_stays_valid_after_its_manifest_was_deleted(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    body = (await request_as("owner", "GET", MANIFESTS, params={"page_size": 4})).json()
    rest = (await list_manifests(request_as, "milldale/shared-index"))[4:]
    repository = sandbox.state.get_repository("milldale", "shared-index")
    repository.deleted_digests |= {body["manifests"][3]["manifest_digest"], rest[0]["manifest_digest"]}
    parameters = {"page_size": 100, "last_evaluated_key": body["last_evaluated_key"]}
    following = (await request_as("owner", "GET", MANIFESTS, params=parameters)).json()["manifests"]
    assert following == rest[1:]


async def test_a_deleted_tag_leaves_its_manifest_in_the_list(request_as: RequestAs) -> None:
    before = await list_manifests(request_as, "milldale/shared-index")
    await request_as("owner", "DELETE", f"{MILLDALE}/shared-index/tags/1.0.0")
    after = await list_manifests(request_as, "milldale/shared-index")
    assert [each | {"tags": []} for each in before] == [each | {"tags": []} for each in after]
    assert [each["tags"] for each in after if each["tags"]] == [["1.2.0", "1.2", "latest"], ["1.1.0", "1.1"]]


async def test_the_manifests_of_the_controller(request_as: RequestAs) -> None:
    manifests = await list_manifests(request_as, "milldale/controller")
    digests = [each["manifest_digest"] for each in manifests]
    assert len(set(digests)) == len(digests)
    assert sum(len(each["tags"]) for each in manifests) == 3000
    pushed = [each["last_pushed"] for each in manifests if each["last_pushed"]]
    assert [time[:10] for time in pushed] == sorted((time[:10] for time in pushed), reverse=True)
    assert {each["last_pulled"] for each in manifests if each["tags"] == []} >= {ZERO_DATE}


async def test_the_list_is_for_those_who_may_change_the_repository(request_as: RequestAs) -> None:
    for identity, path, status in (
        (None, "acme/repositories/cli", 401),
        ("member", "acme/repositories/cli", 403),
        ("outsider", "milldale/repositories/signed", 404),
        ("owner-pat", "milldale/repositories/signed", 200),
        ("owner", "milldale/repositories/missing", 404),
    ):
        response = await request_as(identity, "GET", f"/v2/namespaces/{path}/manifests")
        assert response.status_code == status, (identity, path)
