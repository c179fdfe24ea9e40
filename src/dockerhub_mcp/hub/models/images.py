"""The images of a tag, one for each platform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from dockerhub_mcp.hub.models.base import Display, HubModel
from dockerhub_mcp.hub.models.timestamp import Timestamp

_UNKNOWN = "unknown"
_OVERVIEW_FIELDS = ("os", "architecture", "variant", "os_version", "status")
_read_overview_fields = itemgetter(*_OVERVIEW_FIELDS)
_MAX_KNOWN_OVERVIEWS = 128
_last_overview: list[tuple[Sequence[dict[str, str | None]], ImageOverview | None]] = [((), None)]
"""The images of the last tag, with their overview."""


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
        return _format_platform(self.os, self.architecture, self.variant, self.os_version)

    @property
    def is_attestation(self) -> bool:
        """Whether this is a build attestation instead of a runnable image."""
        return _UNKNOWN in (self.os, self.architecture)

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


class ImageOverview(NamedTuple):
    """The images of a tag without sizes and digests: a page of tags has more than a thousand images.

    Tags with images of the same platforms and states share one.

    Attributes:
        states: The platform and the status of each runnable image.
        platforms: The platforms of these, without repetition.
        statuses: The statuses of these, without repetition.
    """

    states: tuple[tuple[str, str | None], ...]
    platforms: tuple[str, ...]
    statuses: frozenset[str | None]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.nullable_schema(core_schema.str_schema(coerce_numbers_to_str=True))
        image = core_schema.typed_dict_schema(
            {name: core_schema.typed_dict_field(text, required=False) for name in _OVERVIEW_FIELDS},
            extra_behavior="ignore",
        )
        return core_schema.no_info_after_validator_function(_summarize_images, core_schema.list_schema(image))


def _summarize_images(images: Sequence[dict[str, str | None]]) -> ImageOverview | None:
    """Return the overview of images, or None for an empty list."""
    if not images:
        return None
    known, overview = _last_overview[0]
    if images == known:  # as of most tags in a list; the lookup takes three times as long
        return overview
    try:
        key = tuple(map(_read_overview_fields, images))
    except KeyError:  # the Hub sends all fields, but other servers may not
        key = tuple(tuple(map(image.get, _OVERVIEW_FIELDS)) for image in images)
    overview = _build_overview(key)
    _last_overview[0] = images, overview
    return overview


@lru_cache(_MAX_KNOWN_OVERVIEWS)
def _build_overview(images: Iterable[tuple[str | None, ...]]) -> ImageOverview:
    runnable = [each for each in images if _UNKNOWN not in each[:2]]
    states = tuple((_format_platform(*each[:4]), each[4]) for each in runnable)
    platforms = tuple(dict.fromkeys(platform for platform, _ in states))
    return ImageOverview(states, platforms, frozenset(status for _, status in states))


def _format_platform(
    os: str | None, architecture: str | None, variant: str | None, version: str | None
) -> str:
    if version:
        return "/".join(part for part in (f"{os}({version})", architecture, variant) if part)
    if os and architecture:  # the fast path, taken a thousand times on a page of tags
        return f"{os}/{architecture}/{variant}" if variant else f"{os}/{architecture}"
    return "/".join(part for part in (os, architecture, variant) if part)
