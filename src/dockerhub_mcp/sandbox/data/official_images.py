"""The Docker Official Images, with the tags that their projects' releases would leave."""

from functools import cache
from typing import Any, NamedTuple

from dockerhub_mcp.sandbox.data.files import find_categories, load_records
from dockerhub_mcp.sandbox.data.platforms import PLATFORM_SETS
from dockerhub_mcp.sandbox.data.releases import (
    NamedBuild,
    ReleaseLine,
    TagTemplate,
    build_named_tags,
    build_release_tags,
    parse_release_lines,
)
from dockerhub_mcp.sandbox.image_records import PlatformRecord
from dockerhub_mcp.sandbox.state import TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY


class OfficialImage(NamedTuple):
    """An official image. Most have release lines; images of distributions have tags listed by name."""

    name: str
    description: str
    categories: tuple[tuple[str, str], ...]
    star_count: int
    pulls_in_millions: int
    megabytes: int
    platforms: tuple[PlatformRecord, ...]
    has_windows: bool
    release_lines: tuple[ReleaseLine, ...]
    named_builds: tuple[NamedBuild, ...]

    def get_last_push_time(self, now: float) -> float:
        """Return the time of the newest push, without building the tags."""
        ages = [line.age_days for line in self.release_lines]
        ages += [build.age_days for build in self.named_builds]
        return now - min(ages) * DAY


@cache
def load_official_images() -> tuple[OfficialImage, ...]:
    """Return all official images, ordered by name."""
    return tuple(_parse_image(record) for record in load_records("official_images"))


def build_official_tags(image: OfficialImage, now: float) -> list[TagRecord]:
    """Return all tags of an official image, in records of the caller's own."""
    template = TagTemplate(
        "library", image.name, image.megabytes * 1_000_000, image.platforms, image.has_windows
    )
    return [
        *build_release_tags(template, image.release_lines, now),
        *build_named_tags(template, image.named_builds, now),
    ]


def _parse_image(record: dict[str, Any]) -> OfficialImage:
    return OfficialImage(
        name=record["name"],
        description=record["description"],
        categories=find_categories([record["category"]]),
        star_count=record["star_count"],
        pulls_in_millions=record["pulls_in_millions"],
        megabytes=record["megabytes"],
        platforms=PLATFORM_SETS[record.get("platforms", "debian")],
        has_windows=record.get("has_windows", False),
        release_lines=parse_release_lines(record.get("release_lines", ())),
        named_builds=tuple(NamedBuild(*build) for build in record.get("named_builds", ())),
    )
