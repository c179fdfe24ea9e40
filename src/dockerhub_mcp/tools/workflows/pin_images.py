"""Pin the images of a Dockerfile, a compose file, a manifest or a list to their digests."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.methods import GetRepository, GetTag, ListTags
from dockerhub_mcp.hub.models import HubModel, Shown
from dockerhub_mcp.tools.image_sources.model import MAX_TEXT_BYTES
from dockerhub_mcp.tools.workflows.base import Workflow

MAX_IMAGES = 50
_NO_TAG = "-"
_DISTANCES = frozenset({"newer_patch", "newer_minor", "newer_major"})


class PinnedImage(HubModel):
    """An image with its digest. `written` is the reference where variables were replaced."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "lines",
        "place",
        "written",
        "pinned",
        "platforms",
        "newer_patch",
        "newer_minor",
        "newer_major",
        "remarks",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("newer_patch", "newer_minor", "newer_major")

    lines: list[int] = Field(default_factory=list)
    place: str = ""
    written: str = ""
    pinned: str = ""
    platforms: list[str] = Field(default_factory=list)
    newer_patch: str = Field(default="", description="Newest tag of the family in the same minor version.")
    newer_minor: str = Field(default="", description="Newest tag of the family in the same major version.")
    newer_major: str = Field(default="", description="Newest tag of the family.")
    remarks: str = ""

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Keep the columns of the distances in order: in tables, that of an empty one would move."""
        if shown.is_text and not _DISTANCES.isdisjoint(values):
            found = dict(values)
            values.clear()
            values.update(
                {name: found.get(name, _NO_TAG) for name in shown.names if name in found.keys() | _DISTANCES}
            )


class SkippedImage(HubModel):
    """A reference without a digest, and why."""

    summary_fields: ClassVar[tuple[str, ...]] = ("lines", "place", "image", "status", "reason")
    untrusted_fields: ClassVar[tuple[str, ...]] = ("reason",)

    lines: list[int] = Field(default_factory=list)
    place: str = ""
    image: str = ""
    status: str = Field(
        default="",
        description=(
            "missing_or_private, tag_missing, digest_missing, not_permitted, no_digest, failed, invalid, "
            "other_registry, stage, scratch, unresolved, built or too_many"
        ),
    )
    reason: str = ""


class PinnedImages(HubModel):
    """The images of a text or a list."""

    summary_fields: ClassVar[tuple[str, ...]] = ("kind", "images", "not_pinned")

    kind: str = ""
    images: list[PinnedImage] = Field(default_factory=list)
    not_pinned: list[SkippedImage] = Field(default_factory=list)


class PinImages(Workflow):
    """Pin images to digests, with platforms and newer tags, without using pulls.

    Takes a Dockerfile, compose file or Kubernetes manifest as text, references as images, or both.
    """

    title = "Pin images to digests"
    methods = (GetRepository, GetTag, ListTags)
    result_type = PinnedImages
    area = Area.IMAGES
    is_enabled_by_default = True

    images: Annotated[
        list[str] | None,
        Field(
            max_length=MAX_IMAGES,
            description="References, such as redis:8.2.",
            examples=[["redis:8.2", "acme/app:v1"]],
        ),
    ] = None
    text: Annotated[
        str | None,
        StringConstraints(strip_whitespace=False, max_length=MAX_TEXT_BYTES),
        Field(description="Content of the file, not its name.", examples=["FROM redis:8.2"]),
    ] = None

    @model_validator(mode="after")
    def _require_images_or_text(self) -> Self:
        if not self.images and not (self.text or "").strip():
            msg = "give images (a list of references), text (the content of a file), or both"
            raise ValueError(msg)
        return self
