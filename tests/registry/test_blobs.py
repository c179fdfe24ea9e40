"""Blobs: one redirect without credentials, sizes, digests, and the content of configurations and statements."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub.errors import HubError, NotFound, UnexpectedAnswer
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.registry import ImageConfig, ImageIndex, ImageManifest, RegistrySession
from dockerhub_mcp.registry.blobs import find_redirect_target, is_public_host
from dockerhub_mcp.registry.errors import DigestMismatch
from dockerhub_mcp.registry.models import Descriptor
from tests.support.fake_registry import (
    CONFIG,
    MANIFEST,
    REGISTRY,
    STATEMENT,
    STORAGE,
    FakeRegistry,
)

BLOB_URL = f"https://{REGISTRY}/v2/acme/api/blobs/sha256:{'a' * 64}"


async def get_image(session: RegistrySession, tag: str = "single") -> ImageManifest:
    manifest = await session.get_manifest("acme/api", tag)
    assert isinstance(manifest, ImageManifest)
    return manifest


async def test_a_blob_is_read_from_storage_without_credentials(
    fake: FakeRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session = fake.create_client("ada").start_session()
    config = await session.get_config("acme/api", await get_image(session))
    assert config.user == "app"
    assert session.pulls_used == 1  # the manifest alone
    assert fake.find_headers(STORAGE, "authorization") == [""]
    assert len(fake.list_requests(STORAGE)) == 1
    assert "verify=signature-4711" in fake.list_requests(STORAGE)[0]
    lines = [record for record in caplog.records if record.name.startswith("dockerhub_mcp")]
    assert lines
    assert not any("signature-4711" in str(record.__dict__) for record in lines)
    messages = {record.getMessage() for record in lines}
    assert messages >= {"registry answered", "token service answered", "blob storage answered"}
    assert "hub answered" not in messages


async def test_a_blob_may_come_from_the_registry_itself(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    image = await get_image(session)
    content = fake.repositories["acme/api"].blobs[image.config.digest]
    fake.override("/blobs/", httpx.Response(200, content=content))
    assert (await session.get_config("acme/api", image)).user == "app"
    assert fake.list_requests(STORAGE) == []


async def test_only_one_redirect_is_followed(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    image = await get_image(session)
    fake.override(STORAGE, httpx.Response(307, headers={"location": "https://other.example/"}))
    with pytest.raises(UnexpectedAnswer, match="which answered 307") as caught:
        await session.get_config("acme/api", image)
    assert "signature-4711" not in str(caught.value)
    assert len(fake.list_requests(STORAGE)) == 1


@pytest.mark.parametrize(
    "location",
    [
        "",
        "http://storage.example/x",
        "ftp://storage.example/x",
        "https://127.0.0.1/x",
        "https://127.1/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://127.0x0.1/x",
        "https://127.0.0.0x1/x",
        "https://127.0.0.0x1./x",
        "https://%31%32%37.0.0.1/x",
        "https://127.0.0.1\\.storage.example/x",
        "https://224.0.0.1/x",
        "https://[::127.0.0.1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://[2002:7f00:1::]/x",
        "https://[ff02::1]/x",
        "https://kubernetes.default.svc/x",
        "https://wiki.intranet/x",
        "https://storage..example/x",
        "https://storage.example:0/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[fe80::1%25eth0]/x",
        "https://10.0.0.8/x",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/x",
        "https://LOCALHOST./x",
        "https://a.localhost/x",
        "https://metadata.google.internal/x",
        "https://printer.local/x",
        "https://intranet/x",
        "https://user:pw@storage.example/x",
        "https://storage.example/x#y",
        "https://storage.example/a b",
        "https://storage.example:99999/x",
        "https://[::1/x",
        "https://" + "a" * 9000 + ".example/x",
    ],
)
async def test_a_redirect_into_a_private_network_is_not_followed(fake: FakeRegistry, location: str) -> None:
    session = fake.create_client().start_session()
    image = await get_image(session)
    fake.override("/blobs/", httpx.Response(307, headers={"location": location}))
    before = len(fake.requests)
    with pytest.raises(UnexpectedAnswer, match="no request is sent to"):
        await session.get_config("acme/api", image)
    assert len(fake.requests) == before + 1


@pytest.mark.parametrize(
    ("url", "location", "expected"),
    [
        (BLOB_URL, "https://cdn.example/x?sig=a%2Fb", "https://cdn.example/x?sig=a%2Fb"),
        (BLOB_URL, "https://cdn.example:8443/x", "https://cdn.example:8443/x"),
        (BLOB_URL, "https://störage.example/x", None),
        (BLOB_URL, "/other", f"https://{REGISTRY}/other"),
        (BLOB_URL, "https://1.1.1.1/x", "https://1.1.1.1/x"),
        ("http://127.0.0.1:5000/v2/a/b/blobs/x", "http://127.0.0.1:5000/y", "http://127.0.0.1:5000/y"),
        ("http://127.0.0.1:5000/v2/a/b/blobs/x", "http://127.0.0.1:5001/y", None),
        ("http://127.0.0.1:5000/v2/a/b/blobs/x", "https://cdn.example/y", "https://cdn.example/y"),
    ],
)
def test_where_a_redirect_may_lead(url: str, location: str, expected: str | None) -> None:
    assert find_redirect_target(Response(307, {"location": location}, b""), url) == expected


@pytest.mark.parametrize(("host", "is_public"), [("cdn.example", True), ("8.8.8.8", True), ("", False)])
def test_a_host_is_judged_by_its_name(host: str, is_public: bool) -> None:
    assert is_public_host(host) is is_public


async def test_a_blob_that_was_changed_is_an_error(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    image = await get_image(session)
    fake.override(STORAGE, httpx.Response(200, json={"os": "linux", "config": {"User": "root"}}))
    with pytest.raises(DigestMismatch):
        await session.get_config("acme/api", image)


async def test_a_blob_that_is_missing_is_an_error(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    image = await get_image(session)
    del fake.repositories["acme/api"].blobs[image.config.digest]
    with pytest.raises(NotFound, match="does not have the configuration"):
        await session.get_config("acme/api", image)


async def test_a_stated_size_above_the_limit_is_not_downloaded(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    image = await get_image(session)
    large = replace(image, config=replace(image.config, size=4 * 1024**2 + 1))
    before = len(fake.requests)
    with pytest.raises(UnexpectedAnswer, match="at most 4 MiB are read"):
        await session.get_config("acme/api", large)
    assert len(fake.requests) == before


async def test_a_blob_above_the_limit_is_not_read_to_its_end(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    image = await get_image(session)
    fake.override(STORAGE, httpx.Response(200, content=b" " * (4 * 1024**2 + 1)))
    with pytest.raises(UnexpectedAnswer, match="more than 4 MiB"):
        await session.get_config("acme/api", image)


async def test_a_whole_configuration(fake: FakeRegistry) -> None:
    fake.repositories["acme/api"].add_image(
        tag="full",
        config={
            "User": "1000:1000",
            "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
            "Env": ["PATH=/bin", "EMPTY="],
            "Entrypoint": ["/run"],
            "Cmd": None,
            "Volumes": {"/data": {}},
            "WorkingDir": "/srv",
            "Labels": {"a": "b"},
            "StopSignal": "SIGTERM",
            "Healthcheck": {"Test": ["CMD", "check"], "Interval": 30_000_000_000},
            "Shell": ["/bin/sh", "-c"],
        },
    )
    session = fake.create_client().start_session()
    config = await session.get_config("acme/api", await get_image(session, "full"))
    assert config == ImageConfig(  # noqa: S604 - no call of a shell
        platform=config.platform,
        user="1000:1000",
        exposed_ports=("80/tcp", "53/udp"),
        environment=("PATH=/bin", "EMPTY="),
        entrypoint=("/run",),
        volumes=("/data",),
        working_dir="/srv",
        labels={"a": "b"},
        stop_signal="SIGTERM",
        healthcheck=("CMD", "check"),
        shell=("/bin/sh", "-c"),
    )


async def read_config(fake: FakeRegistry, data: Any) -> ImageConfig:
    """Return the configuration of an image with this configuration."""
    api = fake.repositories["acme/api"]
    config = api.add_blob(data, CONFIG)
    api.add_manifest({"schemaVersion": 2, "config": config, "layers": []}, MANIFEST, tag="odd")
    session = fake.create_client().start_session()
    return await session.get_config("acme/api", await get_image(session, "odd"))


async def test_odd_configurations_that_occur(fake: FakeRegistry) -> None:
    config = await read_config(
        fake,
        {
            "os": "windows",
            "os.version": "10.0.20348.1",
            "architecture": "amd64",
            "created": "0001-01-01T00:00:00Z",
            "config": {"Entrypoint": "/bin/sh", "Env": None},
            "history": [
                {"created": "2026-01-02T03:04:05.123456789Z", "created_by": "RUN x", "empty_layer": True},
                {},
            ],
        },
    )
    assert config.platform.platform == "windows(10.0.20348.1)/amd64"
    assert config.created is None
    assert config.entrypoint == ("/bin/sh",)
    assert config.history[0].created == datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)
    assert config.history[0].is_empty_layer
    assert not config.history[1].is_empty_layer


HOSTILE: dict[str, Any] = {
    "no JSON": b"\xff\xfe",
    "an array": [],
    "no image": {"a": 1},
    "config is a text": {"os": "linux", "config": "x"},
    "user is a number": {"os": "linux", "config": {"User": 1}},
    "environment is an object": {"os": "linux", "config": {"Env": {}}},
    "environment with numbers": {"os": "linux", "config": {"Env": [1]}},
    "ports are a list": {"os": "linux", "config": {"ExposedPorts": ["80"]}},
    "labels with numbers": {"os": "linux", "config": {"Labels": {"a": 1}}},
    "history is a text": {"os": "linux", "history": "x"},
    "an entry is a text": {"os": "linux", "history": ["x"]},
    "a flag is a text": {"os": "linux", "history": [{"empty_layer": "yes"}]},
    "a time that is none": {"os": "linux", "created": "yesterday"},
    "a time out of range": {"os": "linux", "created": "9999-12-31T23:59:59-23:00"},
    "a time that is a number": {"os": "linux", "created": 1},
    "layers are numbers": {"os": "linux", "rootfs": {"diff_ids": [1]}},
    "os is a list": {"os": [], "architecture": "amd64"},
    "deeply nested": b'{"os":"linux","config":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001,
    "too much history": {"os": "linux", "history": [{}] * 20_001},
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_configuration_is_an_unexpected_answer(fake: FakeRegistry, data: Any) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        await read_config(fake, data)
    assert type(caught.value) is UnexpectedAnswer
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("media_type", "artifact_type", "named"),
    [
        ("application/vnd.cncf.helm.config.v1+json", "", "a Helm chart"),
        ("application/vnd.docker.ai.model.config.v0.1+json", "", "an AI model"),
        (
            "application/vnd.oci.empty.v1+json",
            "application/vnd.cncf.notary.signature",
            "a Notation signature",
        ),
        ("application/x-unknown\x1b[31m", "", "of the type 'application/x-unknown"),
    ],
)
async def test_other_artifacts_are_named(
    fake: FakeRegistry, media_type: str, artifact_type: str, named: str
) -> None:
    api = fake.repositories["acme/api"]
    data = {"config": api.add_blob({}, media_type), "layers": [], "artifactType": artifact_type}
    api.add_manifest(data, MANIFEST, tag="chart")
    session = fake.create_client().start_session()
    with pytest.raises(UnexpectedAnswer, match=named) as caught:
        await session.get_config("acme/api", await get_image(session, "chart"))
    assert "\x1b" not in str(caught.value)


# Attestations


def add_attested(fake: FakeRegistry, *, is_artifact: bool = False, subject: str = "") -> str:
    """Add an index with an image and an attestation manifest of it, and return the digest of the image."""
    api = fake.repositories["acme/api"]
    image = api.add_image(architecture="s390x")
    statement = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://spdx.dev/Document"}
    layers = [
        api.add_blob(
            statement, STATEMENT, annotations={"in-toto.io/predicate-type": "https://spdx.dev/Document"}
        ),
        api.add_blob({**statement, "n": 2}, STATEMENT, annotations={"in-toto.io/predicate-type": "x"}),
        api.add_blob({"n": 3}, "application/x-other", annotations={"in-toto.io/predicate-type": "y"}),
        api.add_blob({"n": 4}, STATEMENT),
    ]
    manifest: dict[str, Any] = {"schemaVersion": 2, "config": api.add_blob({}, CONFIG), "layers": layers}
    if is_artifact:
        manifest["artifactType"] = "application/vnd.docker.attestation.manifest.v1+json"
        manifest["config"] = api.add_blob({}, "application/vnd.oci.empty.v1+json")
    if subject or is_artifact:
        manifest["subject"] = {**image, "digest": subject or image["digest"]}
    annotations = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": image["digest"],
    }
    unknown = {"os": "unknown", "architecture": "unknown"}
    attestation = api.add_manifest(manifest, annotations=annotations, platform=unknown)
    other = {**attestation, "annotations": {**annotations, "vnd.docker.reference.type": "something-new"}}
    api.add_index(image, attestation, other, tag="attested")
    return str(image["digest"])


@pytest.mark.parametrize("is_artifact", [False, True])
async def test_attestations_in_both_forms(fake: FakeRegistry, is_artifact: bool) -> None:
    digest = add_attested(fake, is_artifact=is_artifact)
    session = fake.create_client().start_session()
    index = await session.get_manifest("acme/api", "attested")
    assert isinstance(index, ImageIndex)
    found = await session.list_attestations("acme/api", index, digest)
    assert [each.predicate_types for each in found] == [("https://spdx.dev/Document", "x")]
    assert found[0].subject_digest == digest
    statement = await session.get_statement("acme/api", found[0].statements[0][1])
    assert statement["predicateType"] == "https://spdx.dev/Document"
    assert session.pulls_used == 2
    assert await session.list_attestations("acme/api", index, f"sha256:{'0' * 64}") == ()


async def test_an_attestation_of_another_image_is_left_out(fake: FakeRegistry) -> None:
    digest = add_attested(fake, subject=f"sha256:{'0' * 64}")
    session = fake.create_client().start_session()
    index = await session.get_manifest("acme/api", "attested")
    assert isinstance(index, ImageIndex)
    assert await session.list_attestations("acme/api", index, digest) == ()


@pytest.mark.parametrize("content", [b"[]", b"x", b'{"a":' * 100_000])
async def test_a_hostile_statement_is_an_unexpected_answer(fake: FakeRegistry, content: bytes) -> None:
    found = fake.repositories["acme/api"].add_blob(content, STATEMENT)
    descriptor = Descriptor(STATEMENT, found["digest"], found["size"])
    with pytest.raises(UnexpectedAnswer):
        await fake.create_client().start_session().get_statement("acme/api", descriptor)


async def test_a_large_statement_is_read(fake: FakeRegistry) -> None:
    data = json.dumps({"predicate": {"packages": [{"name": f"p{n}"} for n in range(100_000)]}}).encode()
    found = fake.repositories["acme/api"].add_blob(data, STATEMENT)
    descriptor = Descriptor(STATEMENT, found["digest"], found["size"])
    statement = await fake.create_client().start_session().get_statement("acme/api", descriptor)
    assert len(statement["predicate"]["packages"]) == 100_000


async def test_a_statement_above_the_limit_is_not_downloaded(fake: FakeRegistry) -> None:
    descriptor = Descriptor(STATEMENT, f"sha256:{'a' * 64}", 32 * 1024**2 + 1)
    with pytest.raises(HubError, match="at most 32 MiB are read"):
        await fake.create_client().start_session().get_statement("acme/api", descriptor)
    assert fake.requests == []
