"""Tags, with as much of them as a call needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from dockerhub_mcp.hub.models.base import Display, HubModel, Shown
from dockerhub_mcp.hub.models.images import Image, ImageOverview, PlatformImage
from dockerhub_mcp.hub.models.manifest_types import SCHEMA_1_REMARK, is_schema_1
from dockerhub_mcp.hub.models.timestamp import Timestamp
from dockerhub_mcp.hub.quoting import quote_name


class _TagBase(HubModel):
    """The fields of a tag in a list; subclasses differ in what they hold of its images."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("name",)
    summary_aliases: ClassVar[dict[str, str]] = {"images": "platforms"}

    summary_fields: ClassVar[tuple[str, ...]] = (
        "name",
        "digest",
        "full_size",
        "last_updated",
        "last_updater_username",
        "tag_last_pulled",
        "tag_status",
        "content_type",
        "images",
        "platform_sizes",
        "remarks",
    )
    field_notes: ClassVar[dict[str, str]] = {"full_size": "one platform"}
    meaningful_nulls = HubModel.meaningful_nulls | {"tag_last_pulled"}
    key_field = "name"
    joins_alike = True
    untrusted_fields: ClassVar[tuple[str, ...]] = ("name",)
    implied_values: ClassVar[dict[str, Any]] = {"tag_status": "active", "content_type": "image"}

    name: str | None = None
    images: Any = None
    last_updated: Timestamp = None
    last_updater_username: str | None = None
    full_size: Annotated[int | None, Display.SIZE] = None
    tag_last_pulled: Timestamp = None
    tag_status: str | None = None
    digest: Annotated[str | None, Display.DIGEST] = None
    content_type: str | None = None
    media_type: str | None = None
    platform_sizes: Annotated[dict[str, int | None] | None, Display.SIZE] = Field(
        default=None, description="Size of each platform that matches the filter, instead of full_size."
    )

    @property
    def platforms(self) -> list[str]:
        """The platforms of the runnable images."""
        return list(dict.fromkeys(platform for platform, _ in self._list_states()))

    @property
    def remarks(self) -> str:
        """What is unusual about the tag, such as that it cannot be pulled."""
        found = [SCHEMA_1_REMARK] if is_schema_1(self.media_type) else []
        if not self.images and "images" in self.model_fields_set:
            found.append("no images")
        found += self._describe_image_states()
        return "; ".join(found) if found else ""

    def _list_states(self) -> Sequence[tuple[str, str | None]]:
        """Return the platform and the status of each runnable image."""
        return [(each.platform, each.status) for each in self.images or [] if not each.is_attestation]

    def _describe_image_states(self) -> list[str]:
        """Return which images have another status than the tag."""
        if not self.images:
            return []
        found, usual = self._list_states(), self.tag_status or "active"
        if not found and self.content_type in {None, "image"}:
            return ["attestations only"]
        states: dict[str, list[str]] = {}
        for platform, status in found:
            if status and status != usual:
                states.setdefault(status, []).append(platform)
        return [
            f"all images {quote_name(state)}"
            if len(names) == len(found)
            else f"{quote_name(state)}: {' '.join(map(quote_name, names))}"
            for state, names in states.items()
        ]

    def select_platform(self, architecture: str | None, os: str | None) -> None:
        """Note the sizes of the platforms that a filter of the list asks for."""
        images = [each for each in self.images or [] if not each.is_attestation]
        self.platform_sizes = {each.platform: each.size for each in images if each.matches(architecture, os)}

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Under a filter by platform, show the sizes of the platforms that match it.

        Texts with a table of the images do not repeat the size of one of them.
        """
        if shown.is_text and shown.is_brief and values.get("images"):
            values.pop("full_size", None)
        if self.platform_sizes is None or not {"full_size", "platform_sizes"} & set(shown.names):
            return
        if shown.is_brief:
            found = dict(values)
            values.clear()
            for name, value in found.items():
                if name == "full_size":
                    values["platform_sizes"] = None  # the sizes take its place
                elif name not in {"images", "platforms"}:
                    values[name] = value
        values["platform_sizes"] = self.platform_sizes


class _PlatformSummary(PlatformImage):
    model_config = ConfigDict(extra="ignore")


class TagSummary(_TagBase):
    """A tag with the fields of brief results only; most of a page of tags is about its images."""

    model_config = ConfigDict(extra="ignore")

    images: list[_PlatformSummary] | None = None


class TagOverview(_TagBase):
    """A tag with the fields of brief results that no platform filters, which need no sizes of images."""

    model_config = ConfigDict(extra="ignore")

    images: ImageOverview | None = None

    @property
    def platforms(self) -> list[str]:
        """The platforms of the runnable images."""
        return [] if self.images is None else list(self.images.platforms)

    def _list_states(self) -> Sequence[tuple[str, str | None]]:
        return () if self.images is None else self.images.states

    def _describe_image_states(self) -> list[str]:
        is_usual = self.images is not None and self.images.statuses == {self.tag_status or "active"}
        return [] if is_usual else super()._describe_image_states()


class CountedTag(HubModel):
    """A tag of which only the name and its time are read: one of a long list without room in the result."""

    model_config = ConfigDict(extra="ignore")

    identifying_fields: ClassVar[tuple[str, ...]] = ("name",)
    key_field = "name"

    name: str | None = None
    last_updated: Timestamp = None


class _PlatformDigest(_PlatformSummary):
    digest: str | None = None


class TagDigests(_TagBase):
    """A tag with the digests of its images, for comparing many tags."""

    model_config = ConfigDict(extra="ignore")

    images: list[_PlatformDigest] | None = None

    tag_last_pushed: Timestamp = None


class Tag(_TagBase):
    """A tag. `digest` is that of the image index; `full_size` is that of one platform, in bytes."""

    images: list[Image] | None = None

    id: int | None = Field(default=None, strict=True)
    creator: int | None = None
    last_updater: int | None = None
    repository: int | None = None
    v2: bool | None = None
    tag_last_pushed: Timestamp = None


class MatchingTags(HubModel):
    """The tags that a rule for immutable tags matches."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("tags",)
    summary_fields: ClassVar[tuple[str, ...]] = ("tags",)

    tags: list[str] = Field(default_factory=list)

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Say so where the rule matches no tag."""
        if shown.is_text and not self.tags:
            values["tags"] = "no tag matches"
