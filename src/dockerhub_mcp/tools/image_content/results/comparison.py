"""The result of comparing two images."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models import Display, HubModel, Shown
from dockerhub_mcp.tools.images.pulls import PullReport
from dockerhub_mcp.tools.results.values import format_size

ABSENT = "none"
"""Takes the place of a value that an image does not have, in texts."""


class VersionDistance(HubModel):
    """Which of two tags of one family is the newer version."""

    newer: str = Field(description="image or with_image.")
    distance: str = Field(description="major, minor, patch, build, prerelease or date.")

    @property
    def summary_text(self) -> str:
        """The distance as a line."""
        if self.distance == "date":
            return f"{self.newer} has the later date"
        return f"{self.newer} is newer ({self.distance} version)"


class LayerComparison(HubModel):
    """The layers that two images share; sizes are compressed, in bytes."""

    shared: int = 0
    shared_size: int = 0
    added: int = Field(default=0, description="Only in with_image.")
    added_size: int = Field(default=0, description="What a pull of with_image downloads after one of image.")
    removed: int = Field(default=0, description="Only in image.")
    removed_size: int = 0

    @property
    def summary_text(self) -> str:
        """The comparison as a line."""
        return (
            f"{self.shared} shared ({format_size(self.shared_size)}); a pull of with_image after image "
            f"downloads {self.added} more ({format_size(self.added_size)}); {self.removed} only in image "
            f"({format_size(self.removed_size)})"
        )


class SizeRow(HubModel):
    """The sizes of the images of one platform; None where unknown."""

    summary_fields: ClassVar[tuple[str, ...]] = ("platform", "image", "with_image")

    platform: str | None = None
    image: Annotated[int | None, Display.SIZE] = None
    with_image: Annotated[int | None, Display.SIZE] = None


class _Difference(HubModel):
    """A value of both images; None where an image does not have it."""

    image: str | None = None
    with_image: str | None = None

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Let each row of a text have both values, in this order."""
        if shown.is_text:
            complete = {name: values.get(name, ABSENT) for name in shown.names}
            values.clear()
            values.update(complete)


class Change(_Difference):
    """A value of the configuration that differs."""

    summary_fields: ClassVar[tuple[str, ...]] = ("setting", "image", "with_image")
    untrusted_fields: ClassVar[tuple[str, ...]] = summary_fields

    setting: str | None = None


class PackageCounts(HubModel):
    """How many packages differ between the SBOMs of two images."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0

    @property
    def summary_text(self) -> str:
        """The counts as a line."""
        return f"{self.added} added, {self.removed} removed, {self.changed} changed, {self.same} the same"


class PackageChange(_Difference):
    """A package with other versions."""

    summary_fields: ClassVar[tuple[str, ...]] = ("package", "image", "with_image")
    untrusted_fields: ClassVar[tuple[str, ...]] = summary_fields

    package: str | None = None


class ImageComparison(HubModel):
    """The differences between two images."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "image", "with_image", "same", "version", "platform", "layers", "platforms_gained", "platforms_lost",
        "packages", "pulls", "sizes", "changes", "package_changes",
    )  # fmt: skip

    image: str | None = None
    with_image: str | None = None
    same: str | None = Field(
        default=None,
        description="index: the same digest; image: the same image of the platform; no; unknown.",
    )
    version: VersionDistance | None = None
    platform: str | None = Field(default=None, description="The platform that was compared.")
    layers: LayerComparison | None = None
    platforms_gained: list[str] | None = Field(default=None, description="Only with_image has them.")
    platforms_lost: list[str] | None = Field(default=None, description="Only image has them.")
    packages: PackageCounts | None = None
    pulls: PullReport | None = None
    sizes: list[SizeRow] | None = None
    changes: list[Change] | None = None
    package_changes: list[PackageChange] | None = None
