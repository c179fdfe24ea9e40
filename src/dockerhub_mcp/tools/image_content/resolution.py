"""What the Hub and a HEAD request tell of an image, without a pull."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from dockerhub_mcp.hub.error_advice import PRIVATE_ADVICE
from dockerhub_mcp.hub.errors import HubError, InvalidRequest, NotFound
from dockerhub_mcp.hub.methods import GetRepository, GetTag
from dockerhub_mcp.hub.models import Image, Repository, Tag
from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.registry.media_types import INDEX_TYPES
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.image_content.outcomes import Outcome, capture_all
from dockerhub_mcp.tools.images.pulls import NO_REGISTRY_REASON
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.results.sanitize import error_text

if TYPE_CHECKING:
    from dockerhub_mcp.registry import ManifestHead, RegistrySession

UNKNOWN_WITHOUT_REGISTRY = "Configuration, layers, attestations and signatures are unknown."

MAY_NOT_PULL = (
    "The Hub shows the image, so the account or its token may lack the right to pull; explain_pull checks it."
)


@dataclass(slots=True)
class ResolvedImage:
    """An image with what is known of it before any pull.

    Attributes:
        target: The reference.
        digest: The digest of the index, or of the image without an index; empty where unknown.
        media_type: The media type of the manifest; empty where unknown.
        tag: The tag, as the Hub describes it.
        repository: The repository, as the Hub describes it.
        is_in_registry: Whether the registry has the image and may be asked further.
        gaps: Further sentences on what is missing, and why.
        remarks: What is unusual.
    """

    target: ImageTarget
    digest: str = ""
    media_type: str = ""
    tag: Tag | None = None
    repository: Repository | None = None
    is_in_registry: bool = False
    gaps: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _unread: dict[str, list[str]] = field(default_factory=dict)

    def add_gap(self, missing: str, error: HubError) -> None:
        """Note that something could not be read, and why."""
        self._unread.setdefault(error_text(error), []).append(missing)

    def list_gaps(self) -> list[str]:
        """Return what could not be read, and why; the same reason is given once."""
        unread = [
            f"{', '.join(names).capitalize()} could not be read. {reason}"
            for reason, names in self._unread.items()
        ]
        return [*unread, *self.gaps]

    @property
    def is_index(self) -> bool:
        """Whether the digest is that of an index, as far as known."""
        return self.media_type in INDEX_TYPES

    @property
    def hub_platforms(self) -> list[Image]:
        """The images of the tag at the Hub, where they are those of the digest; attestations are included."""
        if self.tag is None or (self.digest and self.tag.digest != self.digest):
            return []
        return list(self.tag.images or [])


async def resolve_image(
    context: ToolContext, session: RegistrySession | None, target: ImageTarget
) -> ResolvedImage:
    """Ask the Hub for tag and repository and the registry for the digest, at once; this is no pull.

    Raises:
        HubError: Neither of them can tell the digest.
    """
    place = {"namespace": target.namespace, "repository": target.repository}
    tag: Outcome[Tag] = Outcome()
    repository: Outcome[Repository] = Outcome()
    head: Outcome[ManifestHead] = Outcome()
    requests = [partial(repository.capture, partial(context.hub.send, GetRepository(**place)))]
    if target.tag:
        requests.append(partial(tag.capture, partial(context.hub.send, GetTag(**place, tag=target.tag))))
    if session is not None:
        requests.append(
            partial(head.capture, partial(session.head_manifest, target.full_name, target.reference))
        )
    await capture_all(*requests)
    resolved = ResolvedImage(target, tag=tag.value, repository=repository.value)
    _take_digest(resolved, tag, head, has_registry=session is not None)
    if repository.error is not None:
        resolved.add_gap("state of the repository", repository.error)
    return resolved


def _take_digest(
    resolved: ResolvedImage, tag: Outcome[Tag], head: Outcome[ManifestHead], *, has_registry: bool
) -> None:
    """Take the digest from the registry, else from the Hub, and note what either could not tell."""
    target = resolved.target
    hub_digest = (tag.value.digest if tag.value else None) or ""
    if head.value is not None:
        resolved.digest, resolved.media_type = head.value.digest, head.value.media_type
        resolved.is_in_registry = True
        _compare_with_tag(resolved, tag)
        return
    if tag.value is not None and not (target.digest and hub_digest != target.digest):
        resolved.digest, resolved.media_type = hub_digest, tag.value.media_type or ""
        if head.error is not None:
            resolved.add_gap("configuration, layers, attestations and signatures", head.error)
            if isinstance(head.error, NotFound):
                resolved.gaps.append(MAY_NOT_PULL)
        elif not has_registry:
            resolved.gaps.append(f"{NO_REGISTRY_REASON} {UNKNOWN_WITHOUT_REGISTRY}")
        return
    if not has_registry and tag.error is None:
        what = f"{target} cannot be looked up by its digest."
        raise InvalidRequest(what, why=NO_REGISTRY_REASON, remedy="Give a tag that has the digest.")
    error = head.error if tag.error is None or not isinstance(tag.error, NotFound) else tag.error
    error = error or tag.error or NotFound(f"{target} was not found.", status=404)
    if resolved.repository is not None:
        error.remedy = error.remedy.removesuffix(PRIVATE_ADVICE)  # this account sees the repository
    raise error


def _compare_with_tag(resolved: ResolvedImage, tag: Outcome[Tag]) -> None:
    """Note where the tag at the Hub is missing, or not that of the digest."""
    target = resolved.target
    if tag.error is not None:
        if target.digest and isinstance(tag.error, NotFound):
            resolved.remarks.append(f"There is no tag {quote_name(target.tag)} any more; the digest counts.")
        else:
            resolved.add_gap("sizes and states of the platforms", tag.error)
        return
    hub_digest = (tag.value.digest if tag.value else None) or ""
    if not hub_digest or hub_digest == resolved.digest:
        return
    images = (tag.value.images if tag.value else None) or []
    of_platform = next((each for each in images if each.digest == resolved.digest), None)
    if of_platform is not None:
        platform = quote_name(of_platform.platform)
        resolved.remarks.append(
            f"The digest is that of {platform} in {quote_name(target.tag)}, not the index."
        )
    elif target.digest:
        resolved.remarks.append(
            f"The tag {quote_name(target.tag)} points to {quote_name(hub_digest)} now; the digest counts."
        )
    else:
        resolved.remarks.append("The Hub still shows the former digest of the tag.")
