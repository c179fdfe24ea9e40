"""The client of the container registry behind Docker Hub; knows nothing of MCP.

`RegistryClient` is created once for each account; a call opens a `RegistrySession`, which counts its pulls.
"""

from dockerhub_mcp.registry.client import RegistryClient, RegistrySession
from dockerhub_mcp.registry.models import (
    Attestation,
    Descriptor,
    HistoryEntry,
    ImageConfig,
    ImageIndex,
    ImageManifest,
    LegacyManifest,
    Manifest,
    ManifestHead,
    PullLimit,
    Referrers,
    TagNames,
)

__all__ = [
    "Attestation",
    "Descriptor",
    "HistoryEntry",
    "ImageConfig",
    "ImageIndex",
    "ImageManifest",
    "LegacyManifest",
    "Manifest",
    "ManifestHead",
    "PullLimit",
    "Referrers",
    "RegistryClient",
    "RegistrySession",
    "TagNames",
]
