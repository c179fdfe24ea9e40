"""Tags."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import ConfigDict, Field

from dockerhub_mcp.hub.models.base import Display, HubModel, Shown
from dockerhub_mcp.hub.models.images import Image, PlatformImage
from dockerhub_mcp.hub.models.manifest_types import SCHEMA_1_REMARK, is_schema_1
from dockerhub_mcp.hub.models.timestamp import Timestamp
from dockerhub_mcp.hub.quoting import quote_name

PlatformT = TypeVar("PlatformT", bound="PlatformImage")


class _TagBase(HubModel, Generic[PlatformT]):
    """The fields of a tag in a list."""

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
    images: list[PlatformT] | None = None
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
    def remarks(self) -> str:
        """What is unusual about the tag, such as that it cannot be pulled."""
        found = [SCHEMA_1_REMARK] if is_schema_1(self.media_type) else []
        if "images" in self.model_fields_set and not self.images:
            found.append("no images")
        return "; ".join([*found, *self._describe_image_states()])

    def _describe_image_states(self) -> list[str]:
        """Return which images have another status than the tag."""
        images, usual = self.images or [], self.tag_status or "active"
        if images and self.content_type in {None, "image"} and all(each.is_attestation for each in images):
            return ["attestations only"]
        states: dict[str, list[str]] = {}
        for image in images:
            if image.status and image.status != usual and not image.is_attestation:
                states.setdefault(image.status, []).append(image.platform)
        if not states:
            return []
        count = sum(not each.is_attestation for each in images)
        return [
            f"all images {quote_name(state)}"
            if len(names) == count
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


class TagSummary(_TagBase[_PlatformSummary]):
    """A tag with the fields of brief results only; most of a page of tags is about its images."""

    model_config = ConfigDict(extra="ignore")


class _PlatformDigest(_PlatformSummary):
    digest: str | None = None


class TagDigests(_TagBase[_PlatformDigest]):
    """A tag with the digests of its images, for comparing many tags."""

    model_config = ConfigDict(extra="ignore")

    tag_last_pushed: Timestamp = None


class Tag(_TagBase[Image]):
    """A tag. `digest` is that of the image index; `full_size` is that of one platform, in bytes."""

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
