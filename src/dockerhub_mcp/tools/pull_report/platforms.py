"""Which platforms a tag has images for, and which others an engine may fall back to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dockerhub_mcp.hub.models import Platform
from dockerhub_mcp.hub.quoting import quote_name

_MAX_NAMES = 8
_PLAIN = re.compile(r"[\w./()-]{1,80}", re.ASCII)
_USUAL = {("linux", "amd64"), ("linux", "arm64")}
_FALLBACK_ARCHITECTURES = {"amd64": ("amd64", "386"), "arm64": ("arm64", "arm"), "arm": ("arm",)}
"""Architectures of which containerd takes an image where none is for the platform itself."""
_DEFAULT_VARIANTS = {"arm64": "v8", "arm": "v7", "amd64": "v1"}


def list_platforms(images: Iterable[Platform]) -> list[str]:
    """Return the names of the platforms that can be run, without repetition."""
    return list(dict.fromkeys(image.platform for image in images if not image.is_attestation))


def describe_platforms(images: Iterable[Platform]) -> str:
    """Return the platforms that can be run, in a few words."""
    names = list_platforms(images)
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(map(quote_platform, names[:_MAX_NAMES])) + more


def quote_platform(name: str) -> str:
    """Return a platform bare where it has the usual characters, those of Windows builds included."""
    return name if _PLAIN.fullmatch(name) else quote_name(name)


def lacks_usual_platform(images: Iterable[Platform]) -> bool:
    """Tell whether there is no image for one of the platforms that most machines have."""
    return not {(image.os, image.architecture) for image in images} >= _USUAL


def find_fallback(images: Sequence[Platform], wanted: Platform) -> Platform | None:
    """Return an image that an engine may take instead: of an older variant, or of 32 bits."""
    for architecture in _FALLBACK_ARCHITECTURES.get(wanted.architecture or "", ()):
        usable = [
            image
            for image in images
            if image.os == wanted.os
            and image.architecture == architecture
            and (architecture != wanted.architecture or _get_variant(image) < _get_variant(wanted))
        ]
        if usable:
            return max(usable, key=_get_variant)
    return None


def _get_variant(platform: Platform) -> str:
    return platform.variant or _DEFAULT_VARIANTS.get(platform.architecture or "", "")
