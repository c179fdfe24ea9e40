"""Pin the images of a Dockerfile, a compose file, a manifest or a list to their digests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, ClassVar, Self

from anyio import to_thread
from pydantic import Field, StringConstraints, model_validator

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.methods import GetRepository, GetTag, ListTags
from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.image_sources import (
    MAX_TEXT_BYTES,
    FoundReference,
    ReferenceStatus,
    SourceError,
    SourceKind,
    read_source,
)
from dockerhub_mcp.tools.images.pin_results import Pin, PinFailure, PinResult
from dockerhub_mcp.tools.images.pins import PinLookup
from dockerhub_mcp.tools.images.spelling import ForeignRegistryError, parse_image, pin_as_written
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.results.sanitize import sanitize_line
from dockerhub_mcp.tools.validation import ArgumentsError
from dockerhub_mcp.tools.workflows.base import Workflow, WorkflowResult

MAX_IMAGES = 50
_MAX_SKIPPED = 60
_MAX_LINES = 20
_MAX_PLACES = 5
_MAX_SHOWN_CHARS = 160
_MAX_INLINE_CHARS = 8192
"""The longest text that is parsed in the event loop; longer ones take more than a millisecond or two."""


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
        Field(max_length=MAX_IMAGES, description="References.", examples=[["redis:8.2", "acme/app:v1"]]),
    ] = None
    text: Annotated[
        str | None,
        StringConstraints(strip_whitespace=False, max_length=MAX_TEXT_BYTES),
        Field(description="Content of the file.", examples=["FROM redis:8.2"]),
    ] = None

    @model_validator(mode="after")
    def _require_images_or_text(self) -> Self:
        if not self.images and not (self.text or "").strip():
            msg = "give images (a list of references), text (the content of a file), or both"
            raise ValueError(msg)
        return self

    async def run(self, context: ToolContext) -> WorkflowResult:
        """Find the references, look each image up once, and list them with their lines."""
        kind, notes, references = await self._find_references()
        uses, skipped = _sort_references(references)
        if kind == SourceKind.LIST and not uses and all(each.status == "invalid" for each in skipped):
            msg = (
                "text is no Dockerfile, compose file, manifest or list of references: none of its lines is a "
                f"reference, such as line {references[0].line}. Pass the content of a file, not its name."
            )
            raise ArgumentsError(msg)
        lookup = PinLookup(context)
        results = await lookup.look_up(use.target for use in uses)
        rows = []
        for use in uses:
            result = results[use.target]
            if isinstance(result, PinFailure):
                skipped.append(_skip(use.references, result.status, result.reason))
            else:
                rows.append(use.describe(result))
        skipped.sort(key=lambda each: each.lines[0] if each.lines else 0)
        if not references:
            notes.append("No image reference was found.")
        if len(skipped) > _MAX_SKIPPED:
            notes.append(f"{len(skipped) - _MAX_SKIPPED} more references are not listed.")
        data = PinnedImages(kind=kind, images=rows, not_pinned=skipped[:_MAX_SKIPPED])
        return WorkflowResult(data, [*notes, *lookup.notes], _describe_gaps(results.values(), skipped))

    async def _find_references(self) -> tuple[str, list[str], list[FoundReference]]:
        """Return the kind of the text, notes about it, and the references of both arguments."""
        references = [FoundReference(0, image.strip(), image.strip()) for image in self.images or []]
        text = self.text or ""
        if not text.strip():
            return "", [], references
        try:
            if len(text) > _MAX_INLINE_CHARS:
                source = await to_thread.run_sync(read_source, text)
            else:
                source = read_source(text)
        except SourceError as error:
            msg = f"text could not be read: {error}."
            raise ArgumentsError(msg) from None
        return source.kind, list(source.notes), [*references, *source.references]


class _ImageUse:
    """An image with all references that are spelled alike."""

    def __init__(self, target: ImageTarget) -> None:
        self.target = target
        self.references: list[FoundReference] = []

    def describe(self, pin: Pin) -> PinnedImage:
        """Return the row of the image."""
        first = self.references[0]
        assumed = [each.reason for each in self.references if each.reason]
        written = [each.raw for each in self.references if each.raw != each.resolved]
        return PinnedImage(
            **_locate(self.references),
            written=" ".join(list(dict.fromkeys(written))[:_MAX_PLACES]),
            pinned=pin_as_written(first.resolved, self.target, pin.digest),
            platforms=list(pin.platforms),
            newer_patch=pin.newer.patch,
            newer_minor=pin.newer.minor,
            newer_major=pin.newer.major,
            remarks="; ".join(dict.fromkeys([*pin.remarks, *assumed])),
        )


def _sort_references(references: Iterable[FoundReference]) -> tuple[list[_ImageUse], list[SkippedImage]]:
    """Return the images to look up, and the references that name no image of Docker Hub."""
    uses: dict[str, _ImageUse] = {}
    others: dict[tuple[str, str, str], list[FoundReference]] = {}
    targets: set[ImageTarget] = set()
    for found in references:
        target, status, reason = _classify(found)
        if target is not None and target not in targets and len(targets) == MAX_IMAGES:
            status = "too_many"
            reason = f"at most {MAX_IMAGES} images are looked up; call again with the others in images"
            target = None
        if target is None:
            others.setdefault((found.raw, status, reason), []).append(found)
            continue
        targets.add(target)
        uses.setdefault(found.resolved, _ImageUse(target)).references.append(found)
    skipped = [_skip(found, status, reason) for (_, status, reason), found in others.items()]
    return list(uses.values()), skipped


def _classify(found: FoundReference) -> tuple[ImageTarget | None, str, str]:
    """Return the image that a reference names, or its status and the reason why it names none."""
    if found.status is not ReferenceStatus.IMAGE:
        return None, found.status.value, found.reason
    try:
        return parse_image(found.resolved), "", ""
    except ForeignRegistryError:
        return None, "other_registry", ""
    except ValueError as error:
        return None, "invalid", str(error)


def _skip(references: Sequence[FoundReference], status: str, reason: str) -> SkippedImage:
    shown = references[0].raw if references[0].raw == references[0].resolved else references[0].resolved
    return SkippedImage(
        **_locate(references), image=sanitize_line(shown, _MAX_SHOWN_CHARS), status=status, reason=reason
    )


def _locate(references: Sequence[FoundReference]) -> dict[str, object]:
    """Return lines and places of references, the first ones of many."""
    lines = sorted({each.line for each in references if each.line})
    places = list(dict.fromkeys(each.place for each in references if each.place))
    shown = places[:_MAX_PLACES]
    if len(places) > _MAX_PLACES or len(lines) > _MAX_LINES:
        shown.append(f"{len(lines)} lines in all")
    return {"lines": lines[:_MAX_LINES], "place": "; ".join(shown)}


def _describe_gaps(results: Iterable[PinResult], skipped: Sequence[SkippedImage]) -> str:
    """Return what could not be read, or an empty string."""
    gaps, failed = [], []
    for result in results:
        if isinstance(result, PinFailure):
            failed += [result.reason] if result.is_incomplete else []
        elif result.gap:
            gaps.append(result.gap)
    too_many = sum(each.status == "too_many" for each in skipped)
    reasons = list(dict.fromkeys(gaps))
    if failed:
        count = "1 image was" if len(failed) == 1 else f"{len(failed)} images were"
        reasons.append(f"{count} not looked up: {failed[0]}")
    if too_many:
        reasons.append(f"{too_many} references exceed the limit of {MAX_IMAGES} images.")
    return " ".join(reasons)
