"""Compare the layers and packages of two images."""

from __future__ import annotations

from dockerhub_mcp.registry import ImageManifest
from dockerhub_mcp.tools.image_content.packages import OTHER_TYPE, PackageVersions, compare_packages
from dockerhub_mcp.tools.image_content.results.comparison import (
    Change,
    LayerComparison,
    PackageChange,
    PackageCounts,
)

MAX_CHANGED_PACKAGES = 20
MAX_NEW_PACKAGES = 8
"""Of the packages that only one of the images has: after a change of the base image, these are nearly all."""

MAX_CHANGE_ROWS = 40


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
