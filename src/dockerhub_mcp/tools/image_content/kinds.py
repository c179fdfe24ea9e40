"""What a manifest is: a container image, or another artifact such as a Helm chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.registry.media_types import EMPTY_CONFIG, IMAGE_CONFIG_TYPES, name_artifact

if TYPE_CHECKING:
    from dockerhub_mcp.registry import ImageManifest

CONTAINER_IMAGE = "container image"
LEGACY_IMAGE = "container image of the old format (schema 1), which current engines cannot pull"
NESTED_INDEX = "index within an index, which engines do not pull as an image"

LEGACY_TYPE_PREFIX = "application/vnd.docker.distribution.manifest.v1"

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
        if known := name_artifact(media_type):
            return known
    if manifest.artifact_type:
        return f"artifact of type {to_single_line(manifest.artifact_type, _MAX_TYPE_CHARS)}"
    if manifest.config.media_type in IMAGE_CONFIG_TYPES:
        return CONTAINER_IMAGE
    if manifest.config.media_type == EMPTY_CONFIG:
        return "artifact of unknown type"
    config_type = to_single_line(manifest.config.media_type, _MAX_TYPE_CHARS)
    return f"artifact with a configuration of type {config_type}"


def identify_content(content_type: str | None) -> str:
    """Return the kind of a tag by the content type of the Hub; that of an image by default."""
    if content_type in {None, "", "image"}:
        return CONTAINER_IMAGE
    name = to_single_line(content_type or "", _MAX_TYPE_CHARS)
    return _KINDS_BY_CONTENT.get(content_type or "", f"content of type {name}")
