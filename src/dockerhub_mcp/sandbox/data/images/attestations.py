"""The attestations of images, as BuildKit pushes them: an SBOM and the provenance.

Written from BuildKit's document `docs/attestations/attestation-storage.md`.
"""

import hashlib
from functools import lru_cache
from typing import Any, NamedTuple

from dockerhub_mcp.sandbox.data.images.content import Content, ImageBuild, Layer, encode_json
from dockerhub_mcp.sandbox.data.images.image import PlatformImage
from dockerhub_mcp.sandbox.data.images.provenance import build_provenance
from dockerhub_mcp.sandbox.data.images.sbom import build_sbom
from dockerhub_mcp.sandbox.media_types import (
    ATTESTATION_ARTIFACT,
    EMPTY_CONFIG,
    IN_TOTO,
    OCI_CONFIG,
    OCI_MANIFEST,
)
from dockerhub_mcp.sandbox.timestamps import CONTENT_EPOCH, DAY

ARTIFACT_FORM_MAX_AGE = 25 * DAY
"""The age of the oldest builds with attestations in BuildKit's newer form."""
PREDICATE_TYPE = "in-toto.io/predicate-type"
SPDX = "https://spdx.dev/Document"
STATEMENT_TYPES = ("https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1")
CACHE_SIZE = 32


class Attestation(NamedTuple):
    """The attestation of one image."""

    manifest: Content
    blobs: tuple[Content, ...]
    layers: tuple[Layer, ...]


def build_attestation(build: ImageBuild, image: PlatformImage, base_digest: str | None) -> Attestation:
    """Return the attestation of an image; the digest is that of its base image."""
    is_artifact = CONTENT_EPOCH - build.created_at < ARTIFACT_FORM_MAX_AGE
    subject = _encode_subject(build, image)
    predicate_type, provenance = build_provenance(build, image.platform, base_digest)
    statement_type = STATEMENT_TYPES[is_artifact]
    statements = [
        (SPDX, _make_sbom_statement(build, image.platform.os, statement_type, subject)),
        (predicate_type, _make_statement(statement_type, predicate_type, encode_json(provenance), subject)),
    ]
    layers = [statement.describe(annotations={PREDICATE_TYPE: name}) for name, statement in statements]
    manifest: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_MANIFEST}
    if is_artifact:
        config = Content(EMPTY_CONFIG, b"{}")
        manifest |= {
            "artifactType": ATTESTATION_ARTIFACT,
            "config": config.describe(),
            "layers": layers,
            "subject": image.manifest.describe(),
        }
    else:
        diff_ids = [statement.digest for _, statement in statements]
        rootfs = {"type": "layers", "diff_ids": diff_ids}
        fields = {"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": rootfs}
        config = Content(OCI_CONFIG, encode_json(fields))
        manifest |= {"config": config.describe(), "layers": layers}
    return Attestation(
        Content(OCI_MANIFEST, encode_json(manifest)),
        (config, *(statement for _, statement in statements)),
        tuple(Layer("in-toto", statement.digest, len(statement.data)) for _, statement in statements),
    )


def _encode_subject(build: ImageBuild, image: PlatformImage) -> bytes:
    platform = image.platform
    path = build.path.removeprefix("library/")
    name = f"pkg:docker/{path}@{build.version}?platform={platform.os}%2F{platform.architecture}"
    digest = {"sha256": image.manifest.digest.removeprefix("sha256:")}
    return encode_json([{"name": name, "digest": digest}])


def _make_statement(statement_type: str, predicate_type: str, predicate: bytes, subject: bytes) -> Content:
    return Content(IN_TOTO, _encode_start(statement_type, predicate_type, predicate) + subject + b"}")


def _encode_start(statement_type: str, predicate_type: str, predicate: bytes) -> bytes:
    fields = {"_type": statement_type, "predicateType": predicate_type}
    return b'%s,"predicate":%s,"subject":' % (encode_json(fields)[:-1], predicate)


def _make_sbom_statement(build: ImageBuild, os: str, statement_type: str, subject: bytes) -> Content:
    # The subject stands at the end, so that most of an SBOM is encoded and hashed once for all platforms.
    start, start_hash = _start_sbom_statement(build, os, statement_type)
    end = subject + b"}"
    content_hash = start_hash.copy()
    content_hash.update(end)
    content = Content(IN_TOTO, start + end)
    content.__dict__["digest"] = "sha256:" + content_hash.hexdigest()
    return content


@lru_cache(CACHE_SIZE)
def _start_sbom_statement(build: ImageBuild, os: str, statement_type: str) -> tuple[bytes, "hashlib._Hash"]:
    start = _encode_start(statement_type, SPDX, encode_json(build_sbom(build, os)))
    return start, hashlib.sha256(start)
