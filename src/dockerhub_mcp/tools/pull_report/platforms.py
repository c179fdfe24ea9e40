"""Which image of a tag a machine pulls: same system and architecture, and a variant that it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dockerhub_mcp.hub.api.platforms import OPERATING_SYSTEMS, normalize_architecture, normalize_os
from dockerhub_mcp.hub.models import Platform
from dockerhub_mcp.hub.quoting import list_names

_DEFAULT_VARIANTS = {"arm": "v7", "arm64": "v8", "amd64": "v1"}
_USUAL = ("linux/amd64", "linux/arm64")


@dataclass(frozen=True, slots=True)
class WantedPlatform:
    """The platform of the machine that pulls.

    Attributes:
        os: The operating system.
        architecture: The architecture.
        variant: The variant of the architecture; empty where it has none.
    """

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def parse(cls, text: str) -> WantedPlatform:
        """Return the platform that a text such as `linux/arm64`, `arm64` or `linux/arm/v7` names.

        Raises:
            ValueError: It is no platform, or one that no image has.
        """
        parts = [part for part in text.strip().lower().split("/") if part]
        if len(parts) == 1:
            system = normalize_os(parts[0])
            parts = [system, "amd64"] if system in OPERATING_SYSTEMS else ["linux", parts[0]]
        if not 2 <= len(parts) <= 3:  # noqa: PLR2004 - system, architecture and perhaps a variant
            msg = "must be written like linux/amd64 or linux/arm/v7"
            raise ValueError(msg)
        architecture = normalize_architecture(parts[1])
        variant = parts[2] if len(parts) > 2 else _DEFAULT_VARIANTS.get(architecture, "")  # noqa: PLR2004
        return cls(normalize_os(parts[0]), architecture, f"v{variant}" if variant.isdecimal() else variant)

    def accepts(self, image: Platform) -> bool:
        """Tell whether a machine of this platform pulls an image: lower variants run on higher ones."""
        if (image.os, image.architecture) != (self.os, self.architecture):
            return False
        offered = image.variant or _DEFAULT_VARIANTS.get(self.architecture, "")
        return not offered or not self.variant or _order_variant(offered) <= _order_variant(self.variant)

    def __str__(self) -> str:
        is_usual = self.variant == _DEFAULT_VARIANTS.get(self.architecture) and self.architecture != "arm"
        return "/".join(filter(None, [self.os, self.architecture, "" if is_usual else self.variant]))


def order_by_variant(image: Platform) -> tuple[int, str]:
    """Return the sort key of images: of those that it runs, a machine takes the highest variant."""
    return _order_variant(image.variant or _DEFAULT_VARIANTS.get(image.architecture or "", ""))


def _order_variant(variant: str) -> tuple[int, str]:
    digits = variant.removeprefix("v").partition(".")[0]
    return (int(digits), "") if digits.isdecimal() and len(digits) < 4 else (0, variant)  # noqa: PLR2004


def list_platforms(images: Iterable[Platform]) -> list[str]:
    """Return the names of the platforms that can be run, without repetition."""
    return list(dict.fromkeys(image.platform for image in images if not image.is_attestation))


def describe_platforms(images: Sequence[Platform]) -> str:
    """Return the platforms that can be run, in a few words."""
    return list_names(list_platforms(images), 8)


def lacks_usual_platform(images: Iterable[Platform]) -> bool:
    """Tell whether there is no image for one of the architectures that most machines have."""
    names = [f"{image.os}/{image.architecture}" for image in images]
    return any(usual not in names for usual in _USUAL)
