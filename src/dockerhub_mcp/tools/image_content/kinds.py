"""What a manifest is: a container image, or another artifact such as a Helm chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.registry.media_types import IMAGE_CONFIG_TYPES

if TYPE_CHECKING:
    from dockerhub_mcp.registry import ImageManifest

CONTAINER_IMAGE = "container image"
LEGACY_IMAGE = "container image of the old format (schema 1), which current engines cannot pull"
NESTED_INDEX = "index within an index, which engines do not pull as an image"

LEGACY_TYPE_PREFIX = "application/vnd.docker.distribution.manifest.v1"

_EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
_KINDS_BY_TYPE = (
    ("application/vnd.cncf.helm.", "Helm chart"),
    ("application/vnd.docker.plugin.", "plugin of Docker Engine"),
    ("application/vnd.docker.ai.model.", "AI model"),
    ("application/vnd.cncf.model.", "AI model"),
    ("application/vnd.wasm.", "WebAssembly module"),
    ("application/vnd.bytecodealliance.", "WebAssembly module"),
    ("application/vnd.docker.compose.", "Compose application"),
    ("application/vnd.docker.volume.", "volume"),
    ("application/vnd.docker.attestation.", "attestation of an image"),
    ("application/vnd.dev.cosign.", "cosign signature"),
    ("application/vnd.dev.sigstore.", "Sigstore bundle"),
    ("application/vnd.cncf.notary.", "Notation signature"),
)
_KINDS_BY_CONTENT = {
    "helm": "Helm chart",
    "plugin": "plugin of Docker Engine",
    "model": "AI model",
    "wasm": "WebAssembly module",
    "compose": "Compose application",
    "volume": "volume",
}
_MAX_TYPE_CHARS = 120


def identify_manifest(manifest: ImageManifest) -> str:
    """Return the kind of a manifest, by the type of its artifact and of its configuration."""
    for media_type in (manifest.artifact_type, manifest.config.media_type):
        if known := name_media_type(media_type):
            return known
    if manifest.artifact_type:
        return f"artifact of type {to_single_line(manifest.artifact_type, _MAX_TYPE_CHARS)}"
    if manifest.config.media_type in IMAGE_CONFIG_TYPES:
        return CONTAINER_IMAGE
    if manifest.config.media_type == _EMPTY_CONFIG:
        return "artifact of unknown type"
    config_type = to_single_line(manifest.config.media_type, _MAX_TYPE_CHARS)
    return f"artifact with a configuration of type {config_type}"


def name_media_type(media_type: str) -> str:
    """Return the name of a media type of an artifact; empty where it is not a known one."""
    return next((kind for prefix, kind in _KINDS_BY_TYPE if media_type.startswith(prefix)), "")


def identify_content(content_type: str | None) -> str:
    """Return the kind of a tag by the content type of the Hub; that of an image by default."""
    if content_type in {None, "", "image"}:
        return CONTAINER_IMAGE
    name = to_single_line(content_type or "", _MAX_TYPE_CHARS)
    return _KINDS_BY_CONTENT.get(content_type or "", f"content of type {name}")
