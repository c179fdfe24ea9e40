import json
import re
from typing import Any

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.handlers.tag_serializers import encode_tag, serialize_tag
from tests.support.sandbox_requests import RequestAs

REDIS = "/v2/namespaces/library/repositories/redis/tags"
GOLANG = "/v2/namespaces/library/repositories/golang/tags"
STOREFRONT = "/v2/namespaces/acme/repositories/storefront/tags"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


async def list_all_tags(request_as: RequestAs, url: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while url:
        body = (await request_as("outsider", "GET", url)).json()
        found += body["results"]
        url = body["next"]
    return found


async def test_every_tag_is_visited_once_newest_first(request_as: RequestAs) -> None:
    found = await list_all_tags(request_as, f"{REDIS}?page_size=100")
    names = [tag["name"] for tag in found]
    assert len(names) == len(set(names)) > 2400
    # Compare whole seconds, because a period sorts before a Z.
    pushed = [tag["last_updated"][:19] for tag in found]
    assert pushed == sorted(pushed, reverse=True)


async def test_timestamps_come_with_any_number_of_digits_up_to_six(request_as: RequestAs) -> None:
    found = [tag["last_updated"] for tag in await list_all_tags(request_as, f"{REDIS}?page_size=100&name=8.")]
    assert [text for text in found if not TIME.fullmatch(text)] == []
    assert {len(text) for text in found} >= {20, 22, 23, 24, 25, 26, 27}


async def test_new_pulls_and_images_have_nanoseconds(request_as: RequestAs) -> None:
    new = (await request_as(None, "GET", f"{REDIS}/latest")).json()
    texts = [new["tag_last_pulled"], *(image["last_pushed"] for image in new["images"])]
    assert {len(text) for text in texts} <= {28, 29, 30}
    old = (await request_as(None, "GET", f"{REDIS}/6.0.5")).json()
    assert all(TIME.fullmatch(image["last_pushed"]) for image in old["images"])


async def test_the_images_of_a_tag_with_their_layers(request_as: RequestAs) -> None:
    path = "/v2/repositories/library/redis/tags/latest/images"
    listed = (await request_as(None, "GET", path)).json()
    tag = (await request_as(None, "GET", f"{REDIS}/latest")).json()
    assert [{k: v for k, v in image.items() if k != "layers"} for image in listed] == tag["images"]
    for image in listed:
        assert sum(layer["size"] for layer in image["layers"]) == image["size"]
        assert all(layer["instruction"] for layer in image["layers"])
        assert any(layer.get("digest", "").startswith("sha256:") for layer in image["layers"])
    assert (await request_as("org-token", "GET", path)).status_code == 403
    assert (await request_as(None, "GET", path.replace("latest", "nope"))).status_code == 404


async def test_both_signs_of_ordering_are_inverted(request_as: RequestAs) -> None:
    for ordering, field, descending in [
        ("name", "name", True),
        ("-name", "name", False),
        ("last_updated", "tag_last_pushed", True),
        ("-last_updated", "tag_last_pushed", False),
    ]:
        body = (await request_as(None, "GET", REDIS, params={"ordering": ordering, "page_size": 100})).json()
        values = [tag[field] if field == "name" else tag[field][:19] for tag in body["results"]]
        assert values == sorted(values, reverse=descending), (ordering, field, descending)
        assert values[0] != values[-1], (ordering, field, descending)


async def test_an_unknown_ordering_is_a_bad_request(request_as: RequestAs) -> None:
    response = await request_as(None, "GET", REDIS, params={"ordering": "pull_count"})
    assert (response.status_code, list(response.json()["fields"])) == (400, ["ordering"])


async def test_filters(request_as: RequestAs) -> None:
    found = (await request_as(None, "GET", REDIS, params={"name": "8.2.3-alpine"})).json()
    assert {tag["name"] for tag in found["results"]} == {
        "8.2.3-alpine",
        "8.2.3-alpine3.22",
        "8.2.3-alpine3.21",
        "8.2.3-alpine3.20",
    }
    windows = (await request_as(None, "GET", GOLANG, params={"os": "windows"})).json()
    linux = (await request_as(None, "GET", GOLANG, params={"os": "linux"})).json()
    everything = (await request_as(None, "GET", GOLANG)).json()
    assert 0 < windows["count"] < everything["count"] > linux["count"]
    assert (await request_as(None, "GET", GOLANG, params={"architecture": "s390x"})).json()["count"] > 0
    assert (await request_as(None, "GET", GOLANG, params={"architecture": "vax"})).json()["count"] == 0


async def test_a_tag_of_many_platforms(request_as: RequestAs) -> None:
    tag = (await request_as(None, "GET", f"{GOLANG}/latest")).json()
    platforms = {(i["os"], i["architecture"], i["variant"]) for i in tag["images"]}
    assert {("linux", "amd64", None), ("linux", "arm", "v5"), ("linux", "arm64", "v8")} <= platforms
    assert {("linux", "riscv64", None), ("linux", "s390x", None), ("windows", "amd64", None)} <= platforms
    versions = {i["os_version"] for i in tag["images"] if i["os"] == "windows"}
    assert len(versions) == 2
    assert None not in versions
    digests = [i["digest"] for i in tag["images"]]
    assert len(set(digests)) == len(digests)
    assert tag["digest"] not in digests
    assert tag["media_type"] == "application/vnd.oci.image.index.v1+json"
    assert tag["content_type"] == "image"


async def test_attestations_are_listed_with_the_images(request_as: RequestAs) -> None:
    tag = (await request_as(None, "GET", f"{REDIS}/8.2.3")).json()
    attestations = [i for i in tag["images"] if (i["os"], i["architecture"]) == ("unknown", "unknown")]
    assert len(attestations) * 2 == len(tag["images"])


async def test_the_full_size_is_that_of_one_platform(request_as: RequestAs) -> None:
    tag = (await request_as(None, "GET", f"{REDIS}/latest")).json()
    amd64 = next(i for i in tag["images"] if i["architecture"] == "amd64")
    assert tag["full_size"] == amd64["size"] < sum(i["size"] for i in tag["images"])


async def test_aliases_have_the_same_digests(request_as: RequestAs) -> None:
    one, other = [(await request_as(None, "GET", f"{REDIS}/{name}")).json() for name in ("latest", "8.2.3")]
    assert one["digest"] == other["digest"]
    assert [i["digest"] for i in one["images"]] == [i["digest"] for i in other["images"]]
    assert one["id"] != other["id"]


async def test_very_old_tags_lack_digests_and_pulls(request_as: RequestAs) -> None:
    found = await list_all_tags(request_as, f"{REDIS}?page_size=100&name=2.6.")
    assert any("digest" in tag and tag["digest"] is None for tag in found)
    assert any("digest" not in tag and "digest" not in tag["images"][0] for tag in found)
    assert any(tag["tag_last_pulled"] is None for tag in found)
    assert {tag["tag_status"] for tag in found} == {"inactive"}


async def test_a_tag_of_a_single_image_has_the_digest_of_its_manifest(request_as: RequestAs) -> None:
    tag = (await request_as("owner", "GET", "/v2/namespaces/acme/repositories/charts/tags/0.9.1")).json()
    assert [image["digest"] for image in tag["images"]] == [tag["digest"]]
    assert tag["content_type"] == "helm"


async def test_a_missing_tag(request_as: RequestAs) -> None:
    response = await request_as(None, "GET", f"{REDIS}/nope")
    assert response.status_code == 404
    assert response.json()["message"] == "httperror 404: tag 'nope' not found"
    assert response.json()["errinfo"] == {"namespace": "library", "repository": "redis", "tag": "nope"}


async def test_a_page_past_the_end(request_as: RequestAs) -> None:
    response = await request_as("owner", "GET", STOREFRONT, params={"page": 5})
    assert response.status_code == 404
    assert response.json()["message"] == "httperror 404: object not found"


async def test_anonymous_callers_cannot_page_past_the_thousandth_tag(request_as: RequestAs) -> None:
    assert (await request_as(None, "GET", REDIS, params={"page": 10, "page_size": 100})).status_code == 200
    response = await request_as(None, "GET", REDIS, params={"page": 11, "page_size": 100})
    assert response.status_code == 403
    assert response.json() == {
        "message": "pagination offset too large for anonymous requests; sign in to page further",
        "errinfo": {},
    }
    assert (
        await request_as("public-pat", "GET", REDIS, params={"page": 11, "page_size": 100})
    ).status_code == 200


async def test_tags_of_a_private_repository(request_as: RequestAs) -> None:
    for identity, status in [
        ("owner", 200),
        ("owner-pat", 200),
        ("reader-pat", 200),
        ("org-token", 200),
        ("org-token-narrow", 200),
        (None, 404),
        ("outsider", 404),
        ("public-pat", 404),
    ]:
        for path in (STOREFRONT, f"{STOREFRONT}/latest"):
            for method in ("GET", "HEAD"):
                response = await request_as(identity, method, path)
                assert response.status_code == status, (identity, status)
                assert bool(response.content) == (method == "GET"), (identity, status)


async def test_an_organization_token_without_the_tag_scope_is_rejected(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    narrow = sandbox.state.organizations["acme"].access_tokens[1]
    narrow.resources[0].scopes = ("scope-repository-read",)
    assert (await request_as("org-token-narrow", "GET", STOREFRONT.removesuffix("/tags"))).status_code == 200
    assert (await request_as("org-token-narrow", "GET", STOREFRONT)).status_code == 403


async def test_checking_for_tags(request_as: RequestAs) -> None:
    empty = "/v2/namespaces/acme/repositories/next-generation/tags"
    assert (await request_as(None, "HEAD", REDIS)).status_code == 200
    assert (await request_as(None, "HEAD", empty)).status_code == 404
    assert (await request_as(None, "GET", empty)).json()["count"] == 0
    assert (await request_as(None, "HEAD", f"{REDIS}/latest")).status_code == 200
    assert (await request_as(None, "HEAD", f"{REDIS}/nope")).status_code == 404


async def test_tags_can_be_removed_from_the_state(request_as: RequestAs, sandbox: Sandbox) -> None:
    tags = sandbox.state.get_repository("acme", "storefront").tags
    tags[:] = [tag for tag in tags if tag.name != "latest"]
    assert (await request_as("owner", "GET", f"{STOREFRONT}/latest")).status_code == 404
    assert (await request_as("owner", "GET", STOREFRONT)).json()["count"] == 39


def test_a_list_shows_a_tag_as_the_route_of_the_tag_does(sandbox: Sandbox) -> None:
    records = [(each, tag) for each in sandbox.state.repositories.values() for tag in each.tags[::9]]
    now = max(tag.pushed_at for _, tag in records)
    assert {tag.digest_field for _, tag in records} == {"value", "null", "missing"}
    for repository, tag in records:
        expected = json.dumps(serialize_tag(repository, tag, now), separators=(",", ":"), ensure_ascii=False)
        assert encode_tag(repository, tag, now) == expected
