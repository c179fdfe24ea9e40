"""The client of the container registry behind Docker Hub; knows nothing of MCP.

`RegistryClient` is created once for each account; a call opens a `RegistrySession`, which counts its pulls.
"""

from dockerhub_mcp.registry.client import RegistryClient
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
from dockerhub_mcp.registry.server import NO_REGISTRY, RegistryServer
from dockerhub_mcp.registry.session import RegistrySession

__all__ = [
    "NO_REGISTRY",
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
    "RegistryServer",
    "RegistrySession",
    "TagNames",
]
