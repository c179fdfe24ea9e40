"""Find the attestations of an image in its index, and the statements in an attestation manifest."""

from __future__ import annotations

from dockerhub_mcp.registry.media_types import STATEMENT
from dockerhub_mcp.registry.models import Attestation, Descriptor, ImageIndex, ImageManifest, Manifest

MAX_ATTESTATIONS = 8
"""The most attestation manifests of one image that are read."""

_TYPE_ANNOTATION = "vnd.docker.reference.type"
_SUBJECT_ANNOTATION = "vnd.docker.reference.digest"
_ATTESTATION = "attestation-manifest"
_PREDICATE_ANNOTATION = "in-toto.io/predicate-type"


def find_attestation_manifests(index: ImageIndex, image_digest: str) -> tuple[Descriptor, ...]:
    """Return the descriptors of the attestation manifests of one image of an index."""
    return tuple(
        descriptor
        for descriptor in index.descriptors
        if descriptor.annotations.get(_TYPE_ANNOTATION) == _ATTESTATION
        and descriptor.annotations.get(_SUBJECT_ANNOTATION) == image_digest
    )


def read_attestation(manifest: Manifest, image_digest: str) -> Attestation | None:
    """Return the attestations that a manifest holds; None where they are not about the image."""
    if not isinstance(manifest, ImageManifest):
        return None
    if manifest.subject is not None and manifest.subject.digest != image_digest:
        return None
    statements = tuple(
        (predicate_type, layer)
        for layer in manifest.layers
        if layer.media_type == STATEMENT
        and (predicate_type := layer.annotations.get(_PREDICATE_ANNOTATION, ""))
    )
    return Attestation(manifest.digest, image_digest, statements)
