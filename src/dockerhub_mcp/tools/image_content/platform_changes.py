"""The platforms of two images side by side."""

from __future__ import annotations

from collections.abc import Sequence

from dockerhub_mcp.hub.models import Image
from dockerhub_mcp.tools.image_content.results.comparison import SizeRow

_RELEASE_PARTS = 3
"""The parts of a Windows version that name the release; the last one changes with every update."""


def name_release(image: Image) -> str:
    """Return the platform of an image, that of Windows without the number of the update."""
    if not image.os_version:
        return image.platform
    release = ".".join(image.os_version.split(".")[:_RELEASE_PARTS])
    return image.model_copy(update={"os_version": release}).platform


def compare_platforms(
    first: Sequence[Image], second: Sequence[Image]
) -> tuple[list[SizeRow], list[str], list[str]]:
    """Return the sizes on common platforms, and the platforms that only the second or only the first has."""
    before = {name_release(each): each for each in first}
    after = {name_release(each): each for each in second}
    rows = [
        SizeRow(platform=name, image=before[name].size, with_image=after[name].size)
        for name in before
        if name in after and (before[name].size is not None or after[name].size is not None)
    ]
    gained = [name for name in after if name not in before]
    lost = [name for name in before if name not in after]
    return rows, gained, lost
