"""Manifests: HEAD before GET, digests, the cache that accounts share, and the formats."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub.errors import HubError, InvalidRequest, NotFound, UnexpectedAnswer
from dockerhub_mcp.registry import ImageIndex, ImageManifest, LegacyManifest
from dockerhub_mcp.registry.errors import DigestMismatch
from tests.support.fake_registry import INDEX, MANIFEST, REGISTRY, FakeRegistry, digest_of

SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"
LAYER_DIGEST = f"sha256:{'a' * 64}"


async def test_a_head_request_tells_digest_and_media_type(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    head = await session.head_manifest("acme/api", "1.0")
    assert head.digest == fake.repositories["acme/api"].tags["1.0"]
    assert head.media_type == INDEX
    assert session.pulls_used == 0
    accepted = fake.find_headers(REGISTRY, "accept")[-1]
    assert INDEX in accepted
    assert MANIFEST in accepted
    assert accepted.count("docker.distribution.manifest") == 2


async def test_a_manifest_is_read_by_the_digest_of_the_head_request(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    index = await session.get_manifest("acme/api", "1.0")
    assert isinstance(index, ImageIndex)
    assert [each.platform.platform for each in index.descriptors if each.platform] == [
        "linux/amd64",
        "linux/arm64",
    ]
    image = await session.get_manifest("acme/api", index.descriptors[1].digest)
    assert isinstance(image, ImageManifest)
    assert image.compressed_size == sum(layer.size for layer in image.layers) > 0
    assert session.pulls_used == 2
    assert fake.list_requests(REGISTRY, path="manifests")[:2] == [
        "HEAD /v2/acme/api/manifests/1.0",
        f"GET /v2/acme/api/manifests/{index.digest}",
    ]


async def test_a_tag_stays_the_same_within_a_call(fake: FakeRegistry) -> None:
    client = fake.create_client()
    session = client.start_session()
    before = await session.head_manifest("acme/api", "1.0")
    api = fake.repositories["acme/api"]
    api.tags["1.0"] = api.tags["single"]
    assert await session.head_manifest("acme/api", "1.0") == before
    assert await client.start_session().head_manifest("acme/api", "1.0") != before


async def test_a_cached_manifest_is_no_pull(fake: FakeRegistry) -> None:
    client = fake.create_client()
    first = await client.start_session().get_manifest("acme/api", "1.0")
    session = client.start_session()
    assert await session.get_manifest("acme/api", "1.0") == first
    assert session.pulls_used == 0
    assert len(fake.list_requests(REGISTRY, "GET", "manifests")) == 1


@pytest.mark.parametrize("by_digest", [False, True])
async def test_a_cached_private_manifest_is_not_shown_to_others(fake: FakeRegistry, by_digest: bool) -> None:
    secret = await fake.create_client("ada").start_session().get_manifest("ada/secret", "latest")
    reference = secret.digest if by_digest else "latest"
    session = fake.create_client().start_session()
    with pytest.raises(NotFound, match="not visible to an anonymous caller"):
        await session.get_manifest("ada/secret", reference)
    # Nor through a repository that the caller may read, which does not hold it.
    with pytest.raises(NotFound):
        await session.get_manifest("acme/api", secret.digest)


async def test_another_account_may_use_the_cache_after_its_own_head_request(fake: FakeRegistry) -> None:
    first = await fake.create_client("ada").start_session().get_manifest("acme/api", "1.0")
    session = fake.create_client().start_session()
    assert await session.get_manifest("acme/api", first.digest) == first
    assert session.pulls_used == 0
    assert fake.list_requests(REGISTRY, path="manifests")[-1].startswith("HEAD")


async def test_a_right_that_was_taken_away_ends_the_use_of_the_cache(fake: FakeRegistry) -> None:
    client = fake.create_client("ada")
    secret = await client.start_session().get_manifest("ada/secret", "latest")
    fake.repositories["ada/secret"].readers = set()
    fake.clock.time += 301
    with pytest.raises(NotFound):
        await client.start_session().get_manifest("ada/secret", secret.digest)


async def test_content_that_does_not_match_its_digest_is_an_error(fake: FakeRegistry) -> None:
    api = fake.repositories["acme/api"]
    other = httpx.Response(
        200, content=b'{"schemaVersion":2,"manifests":[]}', headers={"content-type": INDEX}
    )
    fake.override(f"manifests/{api.tags['1.0']}", other)
    session = fake.create_client().start_session()
    with pytest.raises(DigestMismatch, match="nothing of it was used"):
        await session.get_manifest("acme/api", "1.0")
    assert session.pulls_used == 1


async def test_a_registry_may_leave_the_digest_out(fake: FakeRegistry) -> None:
    api = fake.repositories["acme/api"]
    _, content = api.manifests[api.tags["1.0"]]
    fake.override("manifests/1.0", httpx.Response(200, content=content, headers={"content-type": INDEX}))
    session = fake.create_client().start_session()
    with pytest.raises(UnexpectedAnswer, match="Docker-Content-Digest"):
        await session.head_manifest("acme/api", "1.0")
    manifest = await session.get_manifest("acme/api", "1.0")
    assert manifest.digest == digest_of(content)


def sign_legacy(data: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return a manifest of schema 1, without and with its signature."""
    payload = json.dumps(data, indent=3).encode()
    length, tail = len(payload) - 2, payload[-2:]
    protected = json.dumps({"formatLength": length, "formatTail": base64.urlsafe_b64encode(tail).decode()})
    signature = {"protected": base64.urlsafe_b64encode(protected.encode()).decode(), "signature": "c2ln"}
    return payload, payload[:length] + b',\n   "signatures": ' + json.dumps([signature]).encode() + tail


LEGACY = {
    "schemaVersion": 1,
    "name": "acme/old",
    "architecture": "amd64",
    "fsLayers": [{"blobSum": f"sha256:{'b' * 64}"}, {"blobSum": LAYER_DIGEST}],
}


async def test_a_manifest_of_the_old_format_is_recognized(fake: FakeRegistry) -> None:
    payload, signed = sign_legacy(LEGACY)
    old = fake.add_repository("acme/old")
    old.manifests[digest_of(payload)] = SIGNED, signed
    old.tags["latest"] = digest_of(payload)
    manifest = await fake.create_client().start_session().get_manifest("acme/old", "latest")
    assert isinstance(manifest, LegacyManifest)
    assert manifest.layer_digests == (LAYER_DIGEST, f"sha256:{'b' * 64}")


async def test_only_the_signed_part_of_an_old_manifest_is_used(fake: FakeRegistry) -> None:
    payload, signed = sign_legacy(LEGACY)
    forged = signed[:-2] + b',"fsLayers":[]}'
    old = fake.add_repository("acme/old")
    old.manifests[digest_of(payload)] = SIGNED, forged
    old.tags["latest"] = digest_of(payload)
    manifest = await fake.create_client().start_session().get_manifest("acme/old", "latest")
    assert isinstance(manifest, LegacyManifest)
    assert len(manifest.layer_digests) == 2


OBJECT = {"mediaType": "x", "digest": LAYER_DIGEST, "size": 1}
IMAGE = {"schemaVersion": 2, "config": OBJECT, "layers": [OBJECT]}
HOSTILE: dict[str, bytes] = {
    "no JSON": b"not json",
    "cut off": b'{"schemaVersion":2,"manifests":[',
    "an array": b"[1]",
    "null": b"null",
    "empty": b"",
    "deeply nested": b'{"manifests":' * 5000,
    "deep annotations": b'{"layers":[],"config":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a huge number": b'{"schemaVersion":2,"config":{"mediaType":"x","digest":"%b","size":1%b}}'
    % (LAYER_DIGEST.encode(), b"0" * 10_000),
    "infinity": b'{"layers":[],"config":{"mediaType":"x","digest":"%b","size":Infinity}}'
    % LAYER_DIGEST.encode(),
    "manifests is a text": b'{"manifests":"x"}',
    "a descriptor is a number": b'{"manifests":[1]}',
    "a descriptor without digest": b'{"manifests":[{"mediaType":"x","size":1}]}',
    "a digest with a path": b'{"manifests":[{"mediaType":"x","size":1,"digest":"sha256:../../x"}]}',
    "a negative size": json.dumps({"manifests": [{**OBJECT, "size": -1}]}).encode(),
    "a size that is true": json.dumps({"manifests": [{**OBJECT, "size": True}]}).encode(),
    "a platform that is a text": json.dumps({"manifests": [{**OBJECT, "platform": "linux"}]}).encode(),
    "annotations with numbers": json.dumps({"manifests": [], "annotations": {"a": 1}}).encode(),
    "a subject that is a text": json.dumps({"manifests": [], "subject": "x"}).encode(),
    "an index and an image": json.dumps({**IMAGE, "manifests": []}).encode(),
    "an image without config": b'{"layers":[]}',
    "neither": b'{"errors":[]}',
    "old format with numbers": b'{"schemaVersion":1,"fsLayers":[1]}',
    "too many descriptors": json.dumps({"manifests": [OBJECT] * 20_001}).encode(),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_content_is_an_unexpected_answer(fake: FakeRegistry, content: bytes) -> None:
    bad = fake.add_repository("acme/bad")
    bad.add_manifest(content, "application/json", tag="latest")
    with pytest.raises(UnexpectedAnswer) as caught:
        await fake.create_client().start_session().get_manifest("acme/bad", "latest")
    assert len(str(caught.value)) < 1000


async def test_a_header_that_contradicts_the_content_is_an_error(fake: FakeRegistry) -> None:
    bad = fake.add_repository("acme/bad")
    bad.add_manifest({**IMAGE, "mediaType": MANIFEST}, INDEX, tag="latest")
    with pytest.raises(UnexpectedAnswer, match="by its header"):
        await fake.create_client().start_session().get_manifest("acme/bad", "latest")


async def test_a_manifest_that_is_too_large_is_an_error(fake: FakeRegistry) -> None:
    bad = fake.add_repository("acme/bad")
    bad.add_manifest(b" " * (4 * 1024**2 + 1), INDEX, tag="latest")
    with pytest.raises(UnexpectedAnswer, match="4 MiB"):
        await fake.create_client().start_session().get_manifest("acme/bad", "latest")


@pytest.mark.parametrize(
    ("repository", "reference"),
    [
        ("redis", "latest"),
        ("acme/../api", "latest"),
        ("acme/api?x", "latest"),
        ("acme/API", "latest"),
        ("acme/api", "../tags/list"),
        ("acme/api", "a b"),
        ("acme/api", "sha256:abc"),
        ("acme/api", ""),
        (f"acme/{'x' * 600}", "latest"),
    ],
)
async def test_names_that_cannot_be_are_not_sent(fake: FakeRegistry, repository: str, reference: str) -> None:
    with pytest.raises(InvalidRequest):
        await fake.create_client().start_session().head_manifest(repository, reference)
    assert fake.requests == []


async def test_errors_are_those_of_the_hub_client(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    with pytest.raises(HubError) as caught:
        await session.get_manifest("acme/api", "no-such-tag")
    assert isinstance(caught.value, NotFound)
    assert "acme/api does not have the tag no-such-tag, or does not exist" in str(caught.value)
