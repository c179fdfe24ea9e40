"""Which platform of an image is meant: by the rules of containerd, which Docker pulls with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from dockerhub_mcp.hub.api.platforms import OPERATING_SYSTEMS, normalize_architecture, normalize_os
from dockerhub_mcp.hub.models import Platform
from dockerhub_mcp.hub.quoting import quote_name

DEFAULT_PLATFORM = Platform(os="linux", architecture="amd64")

_OS = re.compile(r"(?P<os>[^()]+)(?:\((?P<version>[^()]*)\))?")
_DEFAULT_VARIANTS = {"arm64": "v8", "arm": "v7", "amd64": "v1"}
_VARIANTS_OF_ALIASES = {"armhf": "v7", "armel": "v6"}
_MAX_VARIANT_DIGITS = 3
_MAX_PARTS = 3

PlatformT = TypeVar("PlatformT", bound=Platform)


def parse_platform(text: str) -> Platform:
    """Return the platform that a text names, such as `linux/arm64`, `arm/v7`, `windows` or `x86_64`.

    Raises:
        ValueError: No image can have such a platform, or the text is no platform.
    """
    parts = [part.strip() for part in text.strip().lower().split("/")]
    if not all(parts) or len(parts) > _MAX_PARTS or re.search(r"[\s,]", text.strip()):
        msg = f"{quote_name(text)} is not a platform; write one such as linux/amd64 or linux/arm/v7"
        raise ValueError(msg)
    found = _OS.fullmatch(parts[0])
    name = found["os"] if found else parts[0]
    version = found["version"] if found else None
    if len(parts) == _MAX_PARTS or version or _is_os(parts, name):
        os, rest = normalize_os(name), parts[1:]
    else:
        os, rest = "linux", parts
    if not rest:
        return Platform(os=os, os_version=version, architecture="amd64")
    variant = rest[1] if len(rest) > 1 else _find_variant(rest[0])
    return Platform(
        os=os,
        os_version=version or None,
        architecture=normalize_architecture(rest[0]),
        variant=f"v{variant}" if variant.isdigit() else variant or None,
    )


def _is_os(parts: Sequence[str], name: str) -> bool:
    """Tell whether the first part names an operating system: `arm/v7` has none."""
    if len(parts) > 1:
        return name in OPERATING_SYSTEMS or not re.fullmatch(r"v?\d+", parts[1])
    # An error of `normalize_os` says why no image has such a system.
    return name in {*OPERATING_SYSTEMS, "macos", "darwin", "osx", "mac", "alpine", "debian", "ubuntu"}


def _find_variant(architecture: str) -> str:
    if architecture in _VARIANTS_OF_ALIASES:
        return _VARIANTS_OF_ALIASES[architecture]
    found = re.fullmatch(r"(?:arm|arm32|arm64)-?(v[5-9])(?:l|hl|a)?", architecture)
    return found[1] if found else ""


def choose_platform(available: Sequence[PlatformT], wanted: Platform | None) -> PlatformT | None:
    """Return the image of a platform, or None.

    Args:
        available: The images; attestations are ignored.
        wanted: The platform; by default linux/amd64, or the first there is.
    """
    runnable = [each for each in available if not each.is_attestation]
    if wanted is not None:
        return _find_match(runnable, wanted)
    return _find_match(runnable, DEFAULT_PLATFORM) or (runnable[0] if runnable else None)


def _find_match(available: Sequence[PlatformT], wanted: Platform) -> PlatformT | None:
    """Return the image of a platform with the highest variant that a machine of it runs."""
    highest = _order_variant(wanted)
    fitting = [
        each
        for each in available
        if each.os == wanted.os
        and each.architecture == wanted.architecture
        and (not wanted.os_version or each.os_version == wanted.os_version)
        and _order_variant(each) <= highest
    ]
    return max(fitting, key=_order_variant, default=None)


def _order_variant(platform: Platform) -> tuple[int, str]:
    """Return the sort key of a variant; machines run images of lower variants as well."""
    variant = platform.variant or _DEFAULT_VARIANTS.get(platform.architecture or "", "")
    digits = variant.removeprefix("v").partition(".")[0]
    is_number = digits.isdecimal() and len(digits) <= _MAX_VARIANT_DIGITS
    return (int(digits), variant) if is_number else (0, variant)


def _validate_platform(text: str | None) -> str | None:
    if text is not None:
        parse_platform(text)
    return text


PlatformArgument = Annotated[
    str | None,
    AfterValidator(_validate_platform),
    Field(description="Default: linux/amd64, else the first.", examples=["linux/arm64"]),
]
"""The platform to look at, as callers name it."""
