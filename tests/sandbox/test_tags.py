import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
REDIS = "/v2/namespaces/library/repositories/redis/tags"
GOLANG = "/v2/namespaces/library/repositories/golang/tags"
STOREFRONT = "/v2/namespaces/acme/repositories/storefront/tags"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


async def every(ask: Ask, url: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while url:
        body = (await ask("outsider", "GET", url)).json()
        found += body["results"]
        url = body["next"]
    return found


async def test_every_tag_is_visited_once_newest_first(ask: Ask) -> None:
    found = await every(ask, f"{REDIS}?page_size=100")
    names = [tag["name"] for tag in found]
    assert len(names) == len(set(names)) > 2400
    # Whole seconds, since a point sorts before a Z.
    pushed = [tag["last_updated"][:19] for tag in found]
    assert pushed == sorted(pushed, reverse=True)


async def test_timestamps_come_with_any_number_of_digits_up_to_six(ask: Ask) -> None:
    found = [tag["last_updated"] for tag in await every(ask, f"{REDIS}?page_size=100&name=8.")]
    assert [text for text in found if not TIME.fullmatch(text)] == []
    assert {len(text) for text in found} >= {20, 22, 23, 24, 25, 26, 27}


@pytest.mark.parametrize(
    ("ordering", "field", "descending"),
    [
        ("name", "name", True),
        ("-name", "name", False),
        ("last_updated", "tag_last_pushed", True),
        ("-last_updated", "tag_last_pushed", False),
    ],
)
async def test_both_signs_of_ordering_are_inverted(
    ask: Ask, ordering: str, field: str, descending: bool
) -> None:
    body = (await ask(None, "GET", REDIS, params={"ordering": ordering, "page_size": 100})).json()
    values = [tag[field] if field == "name" else tag[field][:19] for tag in body["results"]]
    assert values == sorted(values, reverse=descending)
    assert values[0] != values[-1]


async def test_an_unknown_ordering_is_a_bad_request(ask: Ask) -> None:
    answer = await ask(None, "GET", REDIS, params={"ordering": "pull_count"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["ordering"])


async def test_filters(ask: Ask) -> None:
    found = (await ask(None, "GET", REDIS, params={"name": "8.2.3-alpine"})).json()
    assert {tag["name"] for tag in found["results"]} == {
        "8.2.3-alpine",
        "8.2.3-alpine3.22",
        "8.2.3-alpine3.21",
        "8.2.3-alpine3.20",
    }
    windows = (await ask(None, "GET", GOLANG, params={"os": "windows"})).json()
    linux = (await ask(None, "GET", GOLANG, params={"os": "linux"})).json()
    everything = (await ask(None, "GET", GOLANG)).json()
    assert 0 < windows["count"] < everything["count"] > linux["count"]
    assert (await ask(None, "GET", GOLANG, params={"architecture": "s390x"})).json()["count"] > 0
    assert (await ask(None, "GET", GOLANG, params={"architecture": "vax"})).json()["count"] == 0


async def test_a_tag_of_many_platforms(ask: Ask) -> None:
    tag = (await ask(None, "GET", f"{GOLANG}/latest")).json()
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


async def test_attestations_stand_among_the_images(ask: Ask) -> None:
    tag = (await ask(None, "GET", f"{REDIS}/8.2.3")).json()
    attestations = [i for i in tag["images"] if (i["os"], i["architecture"]) == ("unknown", "unknown")]
    assert len(attestations) * 2 == len(tag["images"])


async def test_the_full_size_is_that_of_one_platform(ask: Ask) -> None:
    tag = (await ask(None, "GET", f"{REDIS}/latest")).json()
    amd64 = next(i for i in tag["images"] if i["architecture"] == "amd64")
    assert tag["full_size"] == amd64["size"] < sum(i["size"] for i in tag["images"])


async def test_aliases_answer_the_same_digests(ask: Ask) -> None:
    one, other = [(await ask(None, "GET", f"{REDIS}/{name}")).json() for name in ("latest", "8.2.3")]
    assert one["digest"] == other["digest"]
    assert [i["digest"] for i in one["images"]] == [i["digest"] for i in other["images"]]
    assert one["id"] != other["id"]


async def test_very_old_tags_lack_digests_and_pulls(ask: Ask) -> None:
    found = await every(ask, f"{REDIS}?page_size=100&name=2.6.")
    assert any("digest" in tag and tag["digest"] is None for tag in found)
    assert any("digest" not in tag and "digest" not in tag["images"][0] for tag in found)
    assert any(tag["tag_last_pulled"] is None for tag in found)
    assert {tag["tag_status"] for tag in found} == {"inactive"}


async def test_a_single_platform_without_attestation_is_the_manifest_itself(ask: Ask) -> None:
    tag = (await ask("owner", "GET", "/v2/namespaces/acme/repositories/charts/tags/0.9.1")).json()
    assert [image["digest"] for image in tag["images"]] == [tag["digest"]]
    assert tag["content_type"] == "helm"


async def test_a_missing_tag(ask: Ask) -> None:
    answer = await ask(None, "GET", f"{REDIS}/nope")
    assert answer.status_code == 404
    assert answer.json()["message"] == "httperror 404: object not found"
    assert answer.json()["errinfo"] == {"namespace": "library", "repository": "redis", "tag": "nope"}


async def test_a_page_past_the_end(ask: Ask) -> None:
    answer = await ask("owner", "GET", STOREFRONT, params={"page": 5})
    assert answer.status_code == 404
    assert answer.json()["message"] == "httperror 404: object not found"


async def test_nobody_may_page_past_the_thousandth_tag_without_signing_in(ask: Ask) -> None:
    assert (await ask(None, "GET", REDIS, params={"page": 10, "page_size": 100})).status_code == 200
    answer = await ask(None, "GET", REDIS, params={"page": 11, "page_size": 100})
    assert answer.status_code == 403
    assert answer.json() == {
        "message": "pagination offset too large for anonymous requests; sign in to page further",
        "errinfo": {},
    }
    assert (await ask("public-pat", "GET", REDIS, params={"page": 11, "page_size": 100})).status_code == 200


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("owner", 200),
        ("owner-pat", 200),
        ("reader-pat", 200),
        ("org-token", 200),
        ("org-token-narrow", 200),
        (None, 404),
        ("outsider", 404),
        ("public-pat", 404),
    ],
)
async def test_tags_of_a_private_repository(ask: Ask, who: str | None, status: int) -> None:
    for path in (STOREFRONT, f"{STOREFRONT}/latest"):
        for method in ("GET", "HEAD"):
            answer = await ask(who, method, path)
            assert answer.status_code == status
            assert bool(answer.content) == (method == "GET")


async def test_an_organization_token_without_the_tag_scope_is_refused(ask: Ask, sandbox: Sandbox) -> None:
    narrow = sandbox.state.organizations["acme"].access_tokens[1]
    narrow.resources[0].scopes = ("scope-repository-read",)
    assert (await ask("org-token-narrow", "GET", STOREFRONT.removesuffix("/tags"))).status_code == 200
    assert (await ask("org-token-narrow", "GET", STOREFRONT)).status_code == 403


async def test_checking_for_tags(ask: Ask) -> None:
    empty = "/v2/namespaces/acme/repositories/next-generation/tags"
    assert (await ask(None, "HEAD", REDIS)).status_code == 200
    assert (await ask(None, "HEAD", empty)).status_code == 404
    assert (await ask(None, "GET", empty)).json()["count"] == 0
    assert (await ask(None, "HEAD", f"{REDIS}/latest")).status_code == 200
    assert (await ask(None, "HEAD", f"{REDIS}/nope")).status_code == 404


async def test_tags_may_be_taken_away(ask: Ask, sandbox: Sandbox) -> None:
    tags = sandbox.state.get_repository("acme", "storefront").tags
    tags[:] = [tag for tag in tags if tag.name != "latest"]
    assert (await ask("owner", "GET", f"{STOREFRONT}/latest")).status_code == 404
    assert (await ask("owner", "GET", STOREFRONT)).json()["count"] == 39
