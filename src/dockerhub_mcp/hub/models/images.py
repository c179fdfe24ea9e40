"""The images of a tag, one for each platform."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from dockerhub_mcp.hub.models.base import Display, HubModel
from dockerhub_mcp.hub.models.timestamp import Timestamp


class Layer(HubModel):
    """A layer of an image; `size` in bytes."""

    digest: Annotated[str | None, Display.DIGEST] = None
    size: Annotated[int | None, Display.SIZE] = None
    instruction: str | None = None


class Platform(HubModel):
    """The platform of an image; `unknown` for attestations."""

    architecture: str | None = None
    variant: str | None = None
    os: str | None = None
    os_version: str | None = None

    @property
    def platform(self) -> str:
        """The platform as Docker writes it, such as `linux/arm64/v8` or `windows(10.0.20348.2113)/amd64`."""
        if self.os_version:
            return "/".join(
                part for part in (f"{self.os}({self.os_version})", self.architecture, self.variant) if part
            )
        if self.os and self.architecture:  # the fast path, taken a thousand times on a page of tags
            name = f"{self.os}/{self.architecture}"
            return f"{name}/{self.variant}" if self.variant else name
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @property
    def is_attestation(self) -> bool:
        """Whether this is a build attestation instead of a runnable image."""
        return self.os == "unknown" or self.architecture == "unknown"

    def matches(self, architecture: str | None, os: str | None) -> bool:
        """Tell whether the platform is of an architecture, with its variant or without, and of a system."""
        names = {self.architecture, f"{self.architecture}/{self.variant}", self.platform}
        return (not architecture or architecture in names) and (not os or os == self.os)


class PlatformImage(Platform):
    """The image of one platform of a tag, with the fields that brief results need."""

    size: Annotated[int | None, Display.SIZE] = None
    status: str | None = None


class Image(PlatformImage):
    """The image of one platform of a tag; `size` is compressed, in bytes."""

    summary_fields: ClassVar[tuple[str, ...]] = ("platform", "digest", "size", "status")
    implied_values: ClassVar[dict[str, Any]] = {"status": "active"}

    os_features: str | None = None
    features: str | None = None
    digest: Annotated[str | None, Display.DIGEST] = None
    last_pulled: Timestamp = None
    last_pushed: Timestamp = None
    layers: list[Layer] | None = None

    @property
    def is_omitted(self) -> bool:
        """Whether this is a build attestation, which results omit."""
        return self.is_attestation
