"""Parse manifests and verify their digests."""

from __future__ import annotations

import base64
import json
from typing import Any

from dockerhub_mcp.hub.models import Platform
from dockerhub_mcp.registry.media_types import (
    INDEX_TYPES,
    LEGACY_TYPES,
    MANIFEST_TYPES,
    SIGNED_LEGACY_MANIFEST,
    normalize_media_type,
)
from dockerhub_mcp.registry.models import (
    Descriptor,
    ImageIndex,
    ImageManifest,
    LegacyManifest,
    Manifest,
)
from dockerhub_mcp.registry.parsing.json_values import (
    decode_object,
    get_digest,
    get_list,
    get_size,
    get_text,
    get_text_map,
    require_object,
)
from dockerhub_mcp.registry.references import has_digest

_MAX_DESCRIPTORS = 5000
"""The most entries of an index, or layers of an image; engines take 127 layers."""

_KNOWN_TYPES = INDEX_TYPES | MANIFEST_TYPES | LEGACY_TYPES


def parse_manifest(content: bytes, content_type: str, digest: str) -> Manifest:
    """Parse a manifest.

    Args:
        content: The body of the response.
        content_type: The Content-Type of the response; one that names no manifest is ignored.
        digest: Its digest.

    Raises:
        ValueError: It is no manifest, or its parts contradict one another.
    """
    data = decode_object(content)
    media_type = _find_media_type(data, normalize_media_type(content_type))
    if media_type in LEGACY_TYPES:
        return _parse_legacy_manifest(data, media_type, digest)
    subject = data.get("subject")
    common: dict[str, Any] = {
        "digest": digest,
        "media_type": media_type,
        "annotations": get_text_map(data, "annotations"),
        "artifact_type": get_text(data, "artifactType"),
        "subject": None if subject is None else parse_descriptor(subject),
    }
    if media_type in INDEX_TYPES:
        return ImageIndex(descriptors=_parse_descriptors(data, "manifests"), **common)
    return ImageManifest(
        config=parse_descriptor(data.get("config")),
        layers=_parse_descriptors(data, "layers"),
        **common,
    )


def _find_media_type(data: dict[str, Any], content_type: str) -> str:
    """Return the media type that the header, the `mediaType` of the body, or its fields name.

    A body that two readers could take for two things is refused.
    """
    if "manifests" in data and ("layers" in data or "config" in data):
        msg = "the answer is both an index and the manifest of an image"
        raise ValueError(msg)
    stated = normalize_media_type(get_text(data, "mediaType"))
    if stated in _KNOWN_TYPES and content_type in _KNOWN_TYPES and _kind(stated) != _kind(content_type):
        msg = f"the answer is {content_type} by its header and {stated} by its content"
        raise ValueError(msg)
    shape = _guess_media_type(data)
    found = next((each for each in (stated, content_type, shape) if each in _KNOWN_TYPES), "")
    if not found or not shape or _kind(found) != _kind(shape):
        msg = "the answer is no manifest"
        raise ValueError(msg)
    return found


def _guess_media_type(data: dict[str, Any]) -> str:
    if "manifests" in data:
        return "application/vnd.oci.image.index.v1+json"
    if "layers" in data or "config" in data:
        return "application/vnd.oci.image.manifest.v1+json"
    return SIGNED_LEGACY_MANIFEST if "fsLayers" in data else ""


def _kind(media_type: str) -> int:
    return next(
        n for n, types in enumerate((INDEX_TYPES, MANIFEST_TYPES, LEGACY_TYPES)) if media_type in types
    )


def _parse_descriptors(data: dict[str, Any], key: str) -> tuple[Descriptor, ...]:
    values = get_list(data, key)
    if len(values) > _MAX_DESCRIPTORS:
        msg = f"{key} has more than {_MAX_DESCRIPTORS:,} items"
        raise ValueError(msg)
    return tuple(map(parse_descriptor, values))


def parse_descriptor(value: Any) -> Descriptor:
    """Parse a descriptor.

    Raises:
        ValueError: It is something else.
    """
    data = require_object(value, "a descriptor")
    platform = data.get("platform")
    return Descriptor(
        media_type=get_text(data, "mediaType"),
        digest=get_digest(data, "digest"),
        size=get_size(data, "size"),
        platform=None if platform is None else parse_platform(require_object(platform, "platform")),
        annotations=get_text_map(data, "annotations"),
        artifact_type=get_text(data, "artifactType"),
    )


def parse_platform(data: dict[str, Any]) -> Platform:
    """Parse a platform, of an index or of a configuration."""
    return Platform(
        architecture=get_text(data, "architecture") or None,
        variant=get_text(data, "variant") or None,
        os=get_text(data, "os") or None,
        os_version=get_text(data, "os.version") or None,
    )


def _parse_legacy_manifest(data: dict[str, Any], media_type: str, digest: str) -> LegacyManifest:
    layers = [get_digest(require_object(layer, "a layer"), "blobSum") for layer in get_list(data, "fsLayers")]
    return LegacyManifest(digest, media_type, get_text(data, "architecture"), tuple(reversed(layers)))


def find_verified_content(content: bytes, digest: str) -> bytes | None:
    """Return the content of a manifest that has a digest; None where none has.

    The digest of a signed manifest of schema 1 leaves the signatures out, and so does what is returned: the
    rest is not verified.
    """
    if has_digest(content, digest):
        return content
    payload = _extract_signed_payload(content)
    return payload if payload is not None and has_digest(payload, digest) else None


def _extract_signed_payload(content: bytes) -> bytes | None:
    """Return the part of a manifest of schema 1 that is signed; None for another manifest.

    The header of a signature says how many bytes of the manifest come first, and how it ends.
    """
    try:
        data = decode_object(content)
        signature = require_object(next(iter(get_list(data, "signatures"))), "a signature")
        header = json.loads(_decode_base64(get_text(signature, "protected")))
        length, tail = get_size(header, "formatLength"), _decode_base64(get_text(header, "formatTail"))
    except (ValueError, StopIteration, RecursionError, AttributeError):
        return None
    return content[:length] + tail if length <= len(content) else None


def _decode_base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
