"""How far apart two tags are as versions."""

from __future__ import annotations

from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.tools.image_content.results.comparison import VersionDistance
from dockerhub_mcp.tools.tag_versions.model import TagVersion
from dockerhub_mcp.tools.tag_versions.selection import parse_tag

_DISTANCES = ("major", "minor", "patch")


def compare_versions(first: str, second: str) -> tuple[VersionDistance | None, str]:
    """Return which tag is the newer version and how far, or why they cannot be compared.

    Args:
        first: The tag of `image`; empty where only a digest is given.
        second: The tag of `with_image`.
    """
    if not first or not second or first == second:
        return None, ""
    before, after = parse_tag(first), parse_tag(second)
    if before is None or after is None:
        names = [quote_name(tag) for tag, found in ((first, before), (second, after)) if found is None]
        return None, f"{' and '.join(names)} {'is not a version' if len(names) == 1 else 'are not versions'}."
    if before.family != after.family:
        kinds = f"{before.family.label} and {after.family.label}"
        return None, f"The tags are not compared as versions, because they are of different kinds: {kinds}."
    if after.is_newer_than(before):
        newer = "with_image"
    elif before.is_newer_than(after):
        newer = "image"
    else:
        return None, "The tags are spellings of the same version."
    return VersionDistance(newer=newer, distance=_find_distance(before, after)), ""


def _find_distance(first: TagVersion, second: TagVersion) -> str:
    """Return the name of the first part that differs."""
    if first.family.scheme == "calver":
        return "date"
    for number, (before, after) in enumerate(zip(first.release, second.release, strict=False)):
        if before != after:
            return _DISTANCES[min(number, len(_DISTANCES) - 1)]
    return "build" if first.is_stable == second.is_stable else "prerelease"
