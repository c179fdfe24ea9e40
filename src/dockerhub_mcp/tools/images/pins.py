"""What an image reference is pinned to: its digest and platforms, and the newer tags of its family.

Digests come from the Hub's API, and where the Hub has none from HEAD requests to the registry, which are no
pulls.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import anyio

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.errors import Forbidden, HubError, NotFound, Unauthorized
from dockerhub_mcp.hub.methods import GetRepository, GetTag
from dockerhub_mcp.hub.models import Repository, Tag
from dockerhub_mcp.registry import NO_REGISTRY
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.pin_results import Pin, PinFailure, PinResult, add_remark
from dockerhub_mcp.tools.images.request_reserve import check_request_reserve
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.images.version_candidates import read_candidates
from dockerhub_mcp.tools.results.sanitize import error_text, inline
from dockerhub_mcp.tools.tag_versions.model import NewerTags
from dockerhub_mcp.tools.tag_versions.selection import parse_tag

if TYPE_CHECKING:
    from dockerhub_mcp.registry import RegistrySession

ResultT = TypeVar("ResultT")

_MAX_CONCURRENT_REPOSITORIES = 6
_MAX_CONCURRENT_TAGS = 6
_ARCHIVED_STATUS = 6
_SHORT_DIGEST_CHARS = 19  # sha256: and twelve characters


@dataclass(slots=True)
class PinLookup:
    """Looks up images, each repository once.

    Attributes:
        context: The context of the call.
        notes: Sentences about tags that were not compared.
        has_registry_digests: Whether the registry named a digest.
    """

    context: ToolContext
    notes: list[str] = field(default_factory=list)
    has_registry_digests: bool = False
    _session: RegistrySession | None = None
    _registry_error: str = ""
    _in_flight: int = 0
    _tag_slots: anyio.CapacityLimiter = field(
        default_factory=lambda: anyio.CapacityLimiter(_MAX_CONCURRENT_TAGS)
    )
    _results: dict[ImageTarget, PinResult] = field(default_factory=dict)

    async def look_up(self, targets: Iterable[ImageTarget]) -> dict[ImageTarget, PinResult]:
        """Return what is known of each image.

        Raises:
            HubError: Nothing could be read, for a reason that has nothing to do with an image.
        """
        by_repository: dict[tuple[str, str], list[ImageTarget]] = {}
        for target in dict.fromkeys(targets):
            key = (target.namespace.lower(), target.repository.lower())
            by_repository.setdefault(key, []).append(target)
        if self.context.registry is not None:
            self._session = self.context.registry.start_session()
        slots = anyio.CapacityLimiter(_MAX_CONCURRENT_REPOSITORIES)
        total = sum(map(len, by_repository.values()))

        async def read(each: list[ImageTarget]) -> None:
            async with slots:
                await self._read_repository(each)
                await self.context.report_progress(len(self._results), total)

        async with anyio.create_task_group() as group:
            for each in by_repository.values():
                group.start_soon(read, each)
        self._raise_common_failure()
        return self._results

    def _raise_common_failure(self) -> None:
        """Raise the error of all images, if they failed for the same reason and nothing is known."""
        errors = [each.error for each in self._results.values() if isinstance(each, PinFailure)]
        first = errors[0] if errors else None
        if first is None or len(errors) < len(self._results):
            return
        is_common = all(type(each) is type(first) for each in errors)
        if is_common and not isinstance(first, NotFound | Forbidden | Unauthorized):
            raise first

    async def _read_repository(self, targets: Sequence[ImageTarget]) -> None:
        """Look up the images of one repository."""
        place = targets[0]
        try:
            repository = await self._get_repository(place)
        except HubError as error:
            for target in targets:
                self._results[target] = await self._look_up_in_registry(target, error, "missing_or_private")
            return
        results: dict[ImageTarget, PinResult] = {}

        async def read(target: ImageTarget) -> None:
            async with self._tag_slots:
                results[target] = await self._look_up_tag(target, repository)

        async with anyio.create_task_group() as group:
            for target in targets:
                group.start_soon(read, target)
        await self._add_newer_tags(results)
        self._results.update(results)

    async def _get_repository(self, target: ImageTarget) -> Repository:
        return await self._send(GetRepository(namespace=target.namespace, repository=target.repository))

    async def _send(self, method: Method[ResultT]) -> ResultT:
        """Send a call, unless it and those on their way would use the last tenth of the rate limit."""
        check_request_reserve(self.context.hub, self.context.clock(), in_flight=self._in_flight)
        self._in_flight += 1
        try:
            return await self.context.hub.send(method)
        finally:
            self._in_flight -= 1

    async def _look_up_tag(self, target: ImageTarget, repository: Repository) -> PinResult:
        """Return digest and platforms of an image in a repository that exists."""
        remarks: tuple[str, ...] = ("archived repository",) if _is_archived(repository) else ()
        if not target.tag:
            return await self._look_up_digest(target, remarks)
        try:
            tag = await self._send(
                GetTag(namespace=target.namespace, repository=target.repository, tag=target.tag)
            )
        except HubError as error:
            if isinstance(error, NotFound) and target.digest:
                result = await self._look_up_digest(target, (*remarks, f"the tag {target.tag} is gone"))
                if isinstance(result, Pin):
                    return result
            return await self._look_up_in_registry(target, error, "tag_missing", remarks)
        remarks += _describe_tag(tag)
        platforms = tuple(
            dict.fromkeys(each.platform for each in tag.images or [] if not each.is_attestation)
        )
        digest = tag.digest or ""
        if not digest:
            head = await self._head(target, target.tag)
            if head == "":
                return self._describe_no_registry("The Hub has no digest of this tag.")
            if not isinstance(head, str):
                reason = f"The Hub has no digest of this tag. {error_text(head)}"
                return PinFailure(_find_status(head, "no_digest"), reason, head)
            digest = head
        if target.digest and target.digest != digest:
            remarks += await self._describe_move(target, tag)
        elif target.digest:
            remarks += ("digest is current",)
        return Pin(digest, platforms, remarks=remarks)

    async def _describe_move(self, target: ImageTarget, tag: Tag) -> tuple[str, ...]:
        """Return how the digest of a reference differs from that of its tag."""
        for image in tag.images or []:
            if image.digest == target.digest:
                return (f"was pinned to {image.platform} alone; this is the digest of all platforms",)
        remark = f"moved since: was {target.digest[:_SHORT_DIGEST_CHARS]}"
        head = await self._head(target, target.digest)
        return (f"{remark}, which is gone",) if isinstance(head, NotFound) else (remark,)

    async def _look_up_digest(self, target: ImageTarget, remarks: tuple[str, ...]) -> PinResult:
        """Check that the digest of a reference without a tag exists; the Hub has no such request."""
        head = await self._head(target, target.digest)
        if head == "":
            return self._describe_no_registry("The Hub finds no image by digest alone; add the tag.")
        if isinstance(head, NotFound):
            return PinFailure("digest_missing", f"{target.familiar_name} has no such digest.", head)
        if not isinstance(head, str):
            return PinFailure(_find_status(head, "digest_missing"), error_text(head), head)
        return Pin(head, remarks=(*remarks, "the digest exists; nothing newer to compare without a tag"))

    async def _look_up_in_registry(
        self, target: ImageTarget, error: HubError, missing_status: str, remarks: tuple[str, ...] = ()
    ) -> PinResult:
        """Ask the registry where the Hub refuses: a token may allow pulls, and not the Hub's API."""
        if isinstance(error, Forbidden | Unauthorized | NotFound) and self.context.hub.has_credentials:
            is_hidden = missing_status == "missing_or_private" or not isinstance(error, NotFound)
            head = await self._head(target, target.tag or target.digest) if is_hidden else ""
            if isinstance(head, str) and head:
                gap = f"{target.familiar_name}: platforms and newer tags are unknown: {error.what}"
                remarks += ("digest from the registry",)
                if target.digest not in {"", head}:
                    remarks += (f"differs from {target.digest[:_SHORT_DIGEST_CHARS]}",)
                return Pin(head, remarks=remarks, gap=gap)
        status = _find_status(error, missing_status)
        if isinstance(error, NotFound):
            is_tag = missing_status == "tag_missing"
            return PinFailure(status, _describe_absence(target, error, is_tag=is_tag), error)
        return PinFailure(status, error_text(error), error)

    async def _head(self, target: ImageTarget, reference: str) -> str | HubError:
        """Return the digest that the registry has; empty where no registry may be asked."""
        if self._session is None or self._registry_error:
            return ""
        try:
            digest = (await self._session.head_manifest(target.full_name.lower(), reference)).digest
        except (NotFound, Forbidden, Unauthorized) as error:
            return error
        except HubError as error:
            if not self._registry_error:  # it is asked no more, because each attempt takes time
                self._registry_error = error.what
                self.notes.append(f"The registry could not be asked: {error.what}")
            return error
        self.has_registry_digests = True
        return digest

    def _describe_no_registry(self, problem: str) -> PinFailure:
        """Return why an image that only the registry knows was not looked up."""
        if self._registry_error:
            return PinFailure("failed", f"{problem} The registry could not be asked: {self._registry_error}")
        return PinFailure("no_digest", f"{problem} {NO_REGISTRY}")

    async def _add_newer_tags(self, results: dict[ImageTarget, PinResult]) -> None:
        """Add the newer tags to the images of a repository, or why they are unknown; also to missing tags."""
        wanted = []
        for target, result in results.items():
            if target.tag and parse_tag(target.tag) is not None:
                wanted += [target] if isinstance(result, Pin) or result.status == "tag_missing" else []
            elif target.tag and isinstance(result, Pin):
                results[target] = add_remark(result, "the tag is no version")
        if not wanted:
            return
        name = wanted[0].familiar_name
        context = replace(self.context, on_progress=None)  # progress is counted in images
        try:
            candidates = await read_candidates(context, self._session, wanted)
        except HubError as error:
            gap = f"{name}: newer tags are unknown: {error.what}"
            for target in wanted:
                if isinstance(result := results[target], Pin):
                    results[target] = replace(add_remark(result, "newer tags unknown"), gap=gap)
            return
        if candidates.gap:
            self.notes.append(f"{name}: only the tags that were read are compared. {candidates.gap}")
        all_newer = await candidates.find_newer([target.tag for target in wanted])
        for target in wanted:
            is_complete = not candidates.gap
            results[target] = _add_newer(results[target], all_newer[target.tag], is_complete=is_complete)


def _find_status(error: HubError, missing_status: str) -> str:
    """Return the status of an image by the error of its lookup."""
    if isinstance(error, NotFound):
        return missing_status
    return "not_permitted" if isinstance(error, Forbidden | Unauthorized) else "failed"


def _add_newer(result: PinResult, newer: NewerTags, *, is_complete: bool) -> PinResult:
    """Return a result with the newer tags of its family."""
    names = [inline(name) for name in dict.fromkeys((newer.patch, newer.minor, newer.major)) if name]
    if isinstance(result, PinFailure):
        reason = f"{result.reason} Newer in its family: {', '.join(names)}."
        return replace(result, reason=reason) if names else result
    if names:
        return replace(result, newer=newer)
    return add_remark(
        result, "nothing newer" if is_complete else "nothing newer among the tags that were read"
    )


def _describe_absence(target: ImageTarget, error: NotFound, *, is_tag: bool) -> str:
    """Return what is missing; the status says the rest, once for every image."""
    quoted = error_text(HubError(error.what))
    if target.namespace == "library" and not is_tag:
        return f"{quoted} Only official images have no namespace; local images are not on the Hub."
    return quoted


def _describe_tag(tag: Tag) -> tuple[str, ...]:
    """Return what is unusual about a tag."""
    remarks = [tag.remarks] if tag.remarks else []
    if tag.content_type not in {None, "", "image"}:
        remarks.append(f"content type {tag.content_type}")
    if tag.tag_status not in {None, "", "active"}:
        remarks.append(f"tag {tag.tag_status}")
    return tuple(remarks)


def _is_archived(repository: Repository) -> bool:
    return bool(repository.archived) or repository.status == _ARCHIVED_STATUS
