"""The result of comparing two images."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models import Display, HubModel, Shown
from dockerhub_mcp.registry import ImageManifest
from dockerhub_mcp.tools.image_content.packages import OTHER_TYPE, PackageVersions, compare_packages
from dockerhub_mcp.tools.images.pulls import PullReport
from dockerhub_mcp.tools.results.values import format_size

MAX_CHANGED_PACKAGES = 20
MAX_NEW_PACKAGES = 8
"""Of the packages that only one of the images has: after a change of the base image, these are nearly all."""

MAX_CHANGE_ROWS = 40
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


def compare_layers(first: ImageManifest, second: ImageManifest) -> LayerComparison:
    """Return which layers two images share; a layer that an image has twice is downloaded once."""
    sizes = [{layer.digest: layer.size for layer in manifest.layers} for manifest in (first, second)]
    shared = sizes[0].keys() & sizes[1].keys()
    added, removed = sizes[1].keys() - shared, sizes[0].keys() - shared
    return LayerComparison(
        shared=len(shared),
        shared_size=sum(sizes[0][digest] for digest in shared),
        added=len(added),
        added_size=sum(sizes[1][digest] for digest in added),
        removed=len(removed),
        removed_size=sum(sizes[0][digest] for digest in removed),
    )


def count_package_changes(
    first: PackageVersions, second: PackageVersions
) -> tuple[PackageCounts, list[PackageChange]]:
    """Return how many packages differ, and the first of those that do."""
    differences = compare_packages(first, second)
    added = [each for each in differences if not each.before]
    removed = [each for each in differences if not each.after]
    changed = [each for each in differences if each.before and each.after]
    counts = PackageCounts(
        added=len(added),
        removed=len(removed),
        changed=len(changed),
        same=sum(first[key] == second.get(key) for key in first),
    )
    shown = [*changed[:MAX_CHANGED_PACKAGES], *added[:MAX_NEW_PACKAGES], *removed[:MAX_NEW_PACKAGES]]
    rows = [
        PackageChange(
            package=each.name if each.type == OTHER_TYPE else f"{each.type}/{each.name}",
            image=each.before or None,
            with_image=each.after or None,
        )
        for each in shown
    ]
    return counts, rows


def describe_unshown(what: str, shown: int, total: int) -> list[str]:
    """Return a note where a list is cut."""
    return [f"{shown} of {total} {what} are shown."] if shown < total else []


def limit_changes(changes: list[Change]) -> tuple[list[Change], list[str]]:
    """Return the changes that are shown, and a note where they are not all."""
    shown = changes[:MAX_CHANGE_ROWS]
    return shown, describe_unshown("changes", len(shown), len(changes))
