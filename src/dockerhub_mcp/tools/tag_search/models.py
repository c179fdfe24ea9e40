"""The result of a tag search."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, PrivateAttr

from dockerhub_mcp.hub.models import Display, HubModel, Shown
from dockerhub_mcp.hub.models.timestamp import Timestamp


class _WithDigest(HubModel):
    """A row with a digest, which texts show shortened."""

    _short_digest: str = PrivateAttr(default="")

    def shorten_digest(self, short_digest: str) -> None:
        """Set the form of the digest that texts show."""
        self._short_digest = short_digest

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show the beginning of the digest in texts."""
        if shown.is_text and "digest" in values:
            values["digest"] = self._short_digest


class FoundTag(_WithDigest):
    """A tag that was found."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "tag",
        "digest",
        "platform_sizes",
        "pushed",
        "pulled",
        "other_platforms",
        "remarks",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("tag", "remarks")
    meaningful_nulls = HubModel.meaningful_nulls | {"pulled"}
    key_field = "tag"

    tag: str | None = None
    digest: str | None = Field(default=None, description="Digest of the index, or of the only image.")
    platform_sizes: Annotated[dict[str, int | None] | None, Display.SIZE] = Field(
        default=None, description="Compressed size of the image of one platform."
    )
    pushed: Timestamp = None
    pulled: Timestamp = None
    other_platforms: list[str] | None = Field(
        default=None, description="Platforms beside the usual ones with +, and missing ones with -."
    )
    remarks: str | None = None


class FoundGroup(_WithDigest):
    """A group of tags."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "series",
        "family",
        "digest",
        "tags",
        "names",
        "newest",
        "newest_pushed",
        "last_pushed",
        "platform_sizes",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("names", "newest")

    series: str | None = None
    family: str | None = Field(default=None, description="Pattern of the tags; N is a number.")
    digest: str | None = None
    tags: int | None = Field(default=None, description="The number of tags.")
    names: list[str] | None = Field(default=None, description="Names of the tags, the most exact first.")
    newest: str | None = Field(default=None, description="Tag of the newest version.")
    newest_pushed: Timestamp = Field(default=None, description="When this tag was pushed.")
    last_pushed: Timestamp = Field(default=None, description="When any tag of the group was pushed last.")
    platform_sizes: Annotated[dict[str, int | None] | None, Display.SIZE] = None


class FoundTags(HubModel):
    """The tags or groups that a search found."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "image",
        "matches",
        "matches_at_least",
        "group_count",
        "listed",
        "searched",
        "repository_tags",
        "pinned",
        "usual_platforms",
        "tags",
        "groups",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("pinned",)

    image: str | None = None
    matches: int | None = Field(default=None, description="The number of tags that match.")
    matches_at_least: int | None = Field(default=None, description="The same, where not all tags were read.")
    group_count: int | None = Field(default=None, description="The number of groups.")
    listed: int | None = Field(default=None, description="How many are listed, if not all.")
    searched: int | None = Field(default=None, description="The number of tags that were looked at.")
    repository_tags: int | None = Field(default=None, description="How many there are, if more.")
    pinned: str | None = Field(default=None, description="Pinned reference of the first tag.")
    usual_platforms: list[str] | None = Field(default=None, description="The platforms of most listed tags.")
    tags: list[FoundTag] | None = None
    groups: list[FoundGroup] | None = None
