"""Pin the images of a Dockerfile, a compose file, a manifest or a list to their digests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from anyio import to_thread

from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.image_content.platforms import choose_platform, parse_platform
from dockerhub_mcp.tools.image_sources.model import FoundReference, ReferenceStatus, SourceError, SourceKind
from dockerhub_mcp.tools.image_sources.reading import read_source
from dockerhub_mcp.tools.images.pin_results import Pin, PinFailure, PinResult
from dockerhub_mcp.tools.images.pins import PinLookup
from dockerhub_mcp.tools.images.spelling import (
    ForeignRegistryError,
    has_capital_letters,
    parse_image,
    pin_as_written,
)
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.results.sanitize import sanitize_line
from dockerhub_mcp.tools.validation import ArgumentsError
from dockerhub_mcp.tools.workflows.base import WorkflowResult
from dockerhub_mcp.tools.workflows.pin_images import (
    MAX_IMAGES,
    PinImages,
    PinnedImage,
    PinnedImages,
    SkippedImage,
)

_MAX_SKIPPED = 60
_MAX_LINES = 20
_MAX_PLACES = 5
_MAX_SHOWN_CHARS = 160
_MAX_INLINE_CHARS = 2048
"""The longest text that is parsed in the event loop; one of the full length takes more than a second."""


async def run(call: PinImages, context: ToolContext) -> WorkflowResult:
    """Find the references, look each image up once, and list them with their lines."""
    kind, notes, references = await _find_references(call)
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
    return WorkflowResult(
        data,
        [*notes, *lookup.notes],
        _describe_gaps(results.values(), skipped),
        uses_registry=lookup.has_registry_digests,
    )


async def _find_references(call: PinImages) -> tuple[str, list[str], list[FoundReference]]:
    """Return the kind of the text, notes about it, and the references of both arguments."""
    references = [FoundReference(0, image.strip(), image.strip()) for image in call.images or []]
    text = call.text or ""
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
            remarks="; ".join(dict.fromkeys([*pin.remarks, *assumed, *self._list_remarks(pin)])),
        )

    def _list_remarks(self, pin: Pin) -> list[str]:
        """Return what the file asks for and Docker refuses."""
        is_refused = any(has_capital_letters(each.resolved) for each in self.references)
        remarks = ["Docker refuses the capital letters"] if is_refused else []
        wanted = dict.fromkeys(each.platform for each in self.references if each.platform)
        return [*remarks, *(f"no image for {each}" for each in wanted if _lacks_platform(pin, each))]


def _lacks_platform(pin: Pin, wanted: str) -> bool:
    """Tell whether an image is not for a platform; false where the platforms are unknown."""
    try:
        available = [parse_platform(each) for each in pin.platforms]
        return bool(available) and choose_platform(available, parse_platform(wanted)) is None
    except ValueError:
        return False


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
