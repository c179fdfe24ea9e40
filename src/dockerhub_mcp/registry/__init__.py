"""The client of the container registry behind Docker Hub; knows nothing of MCP.

`RegistryClient` is created once for each account; a call opens a `RegistrySession`, which counts its pulls.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dockerhub_mcp.registry.addresses import NO_REGISTRY
    from dockerhub_mcp.registry.client import RegistryClient
    from dockerhub_mcp.registry.errors import DigestMismatch, ManifestReferenced, PullReserveReached
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
    from dockerhub_mcp.registry.server import RegistryServer
    from dockerhub_mcp.registry.session import RegistrySession

__all__ = [
    "NO_REGISTRY",
    "Attestation",
    "Descriptor",
    "DigestMismatch",
    "HistoryEntry",
    "ImageConfig",
    "ImageIndex",
    "ImageManifest",
    "LegacyManifest",
    "Manifest",
    "ManifestHead",
    "ManifestReferenced",
    "PullLimit",
    "PullReserveReached",
    "Referrers",
    "RegistryClient",
    "RegistryServer",
    "RegistrySession",
    "TagNames",
]

_MODULES = {
    "NO_REGISTRY": "addresses",
    "DigestMismatch": "errors",
    "ManifestReferenced": "errors",
    "PullReserveReached": "errors",
    "RegistryClient": "client",
    "RegistryServer": "server",
    "RegistrySession": "session",
}
"""The modules of the exports that are not models."""


def __getattr__(name: str) -> Any:
    """Import an export on first use: settings are checked before the client is loaded."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'models')}"), name)
    globals()[name] = value
    return value
