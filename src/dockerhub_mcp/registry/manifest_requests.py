"""The requests about manifests and blobs."""

from __future__ import annotations

from dataclasses import replace

from dockerhub_mcp.registry.media_types import ACCEPTED_MANIFESTS
from dockerhub_mcp.registry.models import Descriptor
from dockerhub_mcp.registry.references import is_digest
from dockerhub_mcp.registry.request import DELETE, JSON, RegistryRequest

_MAX_MANIFEST_BYTES = 4 * 1024**2


def manifest_request(verb: str, repository: str, reference: str) -> RegistryRequest:
    """Return the request for a manifest by tag or digest."""
    return RegistryRequest(
        verb,
        repository,
        f"manifests/{reference}",
        "manifests/{reference}",
        f"the {'digest' if is_digest(reference) else 'tag'} {reference}",
        max_bytes=_MAX_MANIFEST_BYTES,
        accept=ACCEPTED_MANIFESTS,
    )


def blob_request(repository: str, descriptor: Descriptor) -> RegistryRequest:
    """Return the request for a blob, for messages."""
    return RegistryRequest("GET", repository, f"blobs/{descriptor.digest}", "blobs/{digest}", "the blob")


def deletion_request(repository: str, digest: str) -> RegistryRequest:
    """Return the request that deletes a manifest."""
    return replace(manifest_request("DELETE", repository, digest), accept=JSON, actions=DELETE)
