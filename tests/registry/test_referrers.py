"""Referrers: the registry's list, the fallback tag, and the tags of older versions of cosign."""

from __future__ import annotations

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub.errors import HubUnavailable, InvalidRequest, NotFound, UnexpectedAnswer
from dockerhub_mcp.registry.referrers import MAX_PAGES
from tests.support.fake_registry import INDEX, REGISTRY, FakeRegistry

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@pytest.fixture
def digest(fake: FakeRegistry) -> str:
    """Return the digest of an index without referrers."""
    return fake.repositories["acme/api"].tags["1.0"]


def add_referrer(fake: FakeRegistry, tag: str = "") -> str:
    """Add a referrer to the fallback tag, and return its digest."""
    api = fake.repositories["acme/api"]
    descriptor = api.add_image(architecture="ppc64le")
    api.add_index({**descriptor, "artifactType": BUNDLE, "annotations": {"a": "b"}}, tag=tag)
    return str(descriptor["digest"])


def fallback(digest: str) -> str:
    return digest.replace(":", "-")


async def test_there_are_none(fake: FakeRegistry, digest: str) -> None:
    session = fake.create_client().start_session()
    found = await session.list_referrers("acme/api", digest)
    assert (found.descriptors, found.cosign_tags, found.source) == ((), (), "tag")
    assert session.pulls_used == 0


async def test_the_fallback_tag_is_read(fake: FakeRegistry, digest: str) -> None:
    referrer = add_referrer(fake, fallback(digest))
    session = fake.create_client().start_session()
    found = await session.list_referrers("acme/api", digest)
    assert [(each.digest, each.artifact_type) for each in found.descriptors] == [(referrer, BUNDLE)]
    assert found.source == "tag"
    assert session.pulls_used == 1


async def test_the_list_of_the_registry_comes_first(fake: FakeRegistry, digest: str) -> None:
    add_referrer(fake, fallback(digest))
    descriptor = {"mediaType": "x", "digest": f"sha256:{'c' * 64}", "size": 1, "artifactType": "y"}
    path = f"/v2/acme/api/referrers/{digest}"
    fake.override(
        path,
        httpx.Response(
            200, json={"manifests": [descriptor]}, headers={"link": f'<{path}?last=1>; rel="next"'}
        ),
        httpx.Response(200, json={"manifests": [descriptor]}),
    )
    session = fake.create_client().start_session()
    found = await session.list_referrers("acme/api", digest)
    assert [each.artifact_type for each in found.descriptors] == ["y", "y"]
    assert (found.source, session.pulls_used) == ("referrers", 0)


@pytest.mark.parametrize("is_circular", [False, True])
async def test_a_list_without_an_end_is_an_error(fake: FakeRegistry, digest: str, is_circular: bool) -> None:
    path = f"/v2/acme/api/referrers/{digest}"
    pages = [
        httpx.Response(
            200,
            json={"manifests": []},
            headers={"link": f'<{path}?last={number % 2 if is_circular else number}>; rel="next"'},
        )
        for number in range(MAX_PAGES + 1)
    ]
    fake.override(path, *pages)
    with pytest.raises(UnexpectedAnswer, match="circle" if is_circular else "more than 20 pages"):
        await fake.create_client().start_session().list_referrers("acme/api", digest)
    assert len(fake.list_requests(REGISTRY, path="referrers")) == (3 if is_circular else MAX_PAGES)


async def test_an_empty_list_is_an_answer(fake: FakeRegistry, digest: str) -> None:
    add_referrer(fake, fallback(digest))
    fake.override("/referrers/", httpx.Response(200, json={"manifests": []}))
    found = await fake.create_client().start_session().list_referrers("acme/api", digest)
    assert (found.descriptors, found.source) == ((), "referrers")


async def test_a_registry_without_the_list_is_asked_once_for_each_repository(
    fake: FakeRegistry, digest: str
) -> None:
    client = fake.create_client()
    for _ in range(3):
        await client.start_session().list_referrers("acme/api", digest)
    assert len(fake.list_requests(REGISTRY, path="referrers")) == 1
    fake.clock.time += 3601
    await client.start_session().list_referrers("acme/api", digest)
    assert len(fake.list_requests(REGISTRY, path="referrers")) == 2


async def test_tags_of_older_cosign_versions_are_found_without_a_pull(
    fake: FakeRegistry, digest: str
) -> None:
    for suffix in (".sbom", ".sig"):
        fake.repositories["acme/api"].add_image(tag=f"{fallback(digest)}{suffix}", architecture=suffix)
    session = fake.create_client().start_session()
    found = await session.list_referrers("acme/api", digest)
    assert found.cosign_tags == (f"{fallback(digest)}.sig", f"{fallback(digest)}.sbom")
    assert session.pulls_used == 0


async def test_a_fallback_tag_that_is_no_index_holds_none(fake: FakeRegistry, digest: str) -> None:
    fake.repositories["acme/api"].add_image(tag=fallback(digest), architecture="riscv64")
    found = await fake.create_client().start_session().list_referrers("acme/api", digest)
    assert found.descriptors == ()


async def test_a_failure_is_not_taken_for_none(fake: FakeRegistry, digest: str) -> None:
    fake.override(".att", httpx.Response(503, json={}))
    with pytest.raises(HubUnavailable):
        await fake.create_client().start_session().list_referrers("acme/api", digest)
    fake.override("/referrers/", httpx.Response(500, json={}))
    with pytest.raises(HubUnavailable):
        await fake.create_client().start_session().list_referrers("acme/api", digest)


@pytest.mark.parametrize("content", [b"x", b"[]", b'{"manifests":[1]}', b'{"manifests":{}}'])
async def test_a_hostile_list_is_an_unexpected_answer(
    fake: FakeRegistry, digest: str, content: bytes
) -> None:
    fake.override("/referrers/", httpx.Response(200, content=content, headers={"content-type": INDEX}))
    with pytest.raises(UnexpectedAnswer):
        await fake.create_client().start_session().list_referrers("acme/api", digest)


async def test_a_web_page_is_not_the_absence_of_a_list(fake: FakeRegistry, digest: str) -> None:
    fake.override("/referrers/", httpx.Response(404, html="<title>Blocked</title>"))
    with pytest.raises(UnexpectedAnswer):
        await fake.create_client().start_session().list_referrers("acme/api", digest)


async def test_a_private_repository_stays_hidden(fake: FakeRegistry, digest: str) -> None:
    with pytest.raises(NotFound):
        await fake.create_client().start_session().list_referrers("ada/secret", digest)


async def test_a_tag_is_no_digest(fake: FakeRegistry) -> None:
    with pytest.raises(InvalidRequest):
        await fake.create_client().start_session().list_referrers("acme/api", "latest")


@pytest.mark.parametrize("content", [b"{}", b'{"errors": [{"code": "UNSUPPORTED"}]}', b'{"manifests": {}}'])
async def test_an_answer_without_a_list_is_an_error(fake: FakeRegistry, digest: str, content: bytes) -> None:
    fake.override("/referrers/", httpx.Response(200, content=content, headers={"content-type": INDEX}))
    with pytest.raises(UnexpectedAnswer):
        await fake.create_client().start_session().list_referrers("acme/api", digest)


async def test_a_success_without_a_digest_is_no_cosign_signature(fake: FakeRegistry, digest: str) -> None:
    fake.override(".sig", httpx.Response(200, headers={"content-type": "text/xml"}), verb="HEAD")
    with pytest.raises(UnexpectedAnswer, match="Docker-Content-Digest"):
        await fake.create_client().start_session().list_referrers("acme/api", digest)
