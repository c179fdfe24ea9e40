"""Reading of two images that are compared: the same platform of both, with as few pulls as possible."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dockerhub_mcp.hub.errors import HubError, InvalidRequest, Refused
from dockerhub_mcp.hub.models import Platform
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.image_content.attestations import AttestationFacts, read_attestations
from dockerhub_mcp.tools.image_content.kinds import CONTAINER_IMAGE, LEGACY_IMAGE
from dockerhub_mcp.tools.image_content.outcomes import Outcome, capture_all
from dockerhub_mcp.tools.image_content.platforms import DEFAULT_PLATFORM, choose_platform
from dockerhub_mcp.tools.image_content.reading import ImageContent, read_image, read_index, select_platform
from dockerhub_mcp.tools.image_content.resolution import ResolvedImage, resolve_image
from dockerhub_mcp.tools.images.target import ImageTarget

if TYPE_CHECKING:
    from dockerhub_mcp.registry import RegistrySession

ARGUMENTS = ("image", "with_image")
"""The names of the arguments, which errors name."""


@dataclass(slots=True)
class ImagePair:
    """Two images that are compared.

    Attributes:
        first: The image of `image`.
        second: The image of `with_image`.
    """

    first: ImageContent
    second: ImageContent

    @property
    def contents(self) -> tuple[ImageContent, ImageContent]:
        """Both images."""
        return self.first, self.second

    @property
    def has_same_digest(self) -> bool:
        """Whether both references stand for the same digest."""
        digest = self.first.resolved.digest
        return bool(digest) and digest == self.second.resolved.digest

    @property
    def has_same_image(self) -> bool:
        """Whether the images of the chosen platform are the same."""
        return bool(self.first.image_digest) and self.first.image_digest == self.second.image_digest

    def list_gaps(self) -> list[str]:
        """Return what could not be read, named by image unless it is the same for both."""
        gaps = [content.resolved.list_gaps() for content in self.contents]
        common = [gap for gap in gaps[0] if gap in gaps[1]]
        named = [
            f"{argument}: {gap}"
            for argument, own in zip(ARGUMENTS, gaps, strict=True)
            for gap in own
            if gap not in common
        ]
        return [*common, *named]


async def resolve_pair(
    context: ToolContext,
    session: RegistrySession | None,
    targets: tuple[ImageTarget, ImageTarget],
    wanted: Platform | None,
) -> ImagePair:
    """Resolve both images at once, without a pull.

    Raises:
        HubError: One of them cannot be found or read; the error names it.
    """
    outcomes: list[Outcome[ResolvedImage]] = [Outcome(), Outcome()]
    await capture_all(
        *(
            partial(outcome.capture, partial(resolve_image, context, session, target))
            for outcome, target in zip(outcomes, targets, strict=True)
        )
    )
    contents = []
    for argument, outcome in zip(ARGUMENTS, outcomes, strict=True):
        if outcome.error is not None:
            raise _name_argument(outcome.error, argument)
        assert outcome.value is not None  # noqa: S101 - a capture has a value or an error
        try:
            contents.append(select_platform(outcome.value, wanted))
        except InvalidRequest as error:
            raise _name_argument(error, argument) from None
    return ImagePair(*contents)


def _name_argument(error: HubError, argument: str) -> HubError:
    """Return an error about one of the images that says which; others, such as outages, concern both."""
    if isinstance(error, Refused | InvalidRequest):
        error.what = f"{argument}: {error.what}"
    return error


async def read_pair(pair: ImagePair, session: RegistrySession, wanted: Platform | None) -> None:
    """Read the images of one platform that both have; what cannot be read becomes a gap.

    Raises:
        InvalidRequest: One of them has no image of the platform.
    """
    for content, argument in zip(pair.contents, ARGUMENTS, strict=True):
        await _find_platforms(content, session, wanted, argument)
    if wanted is None:
        _choose_common_platform(pair)
    if pair.has_same_image:
        return
    outcomes: list[Outcome[None]] = [Outcome(), Outcome()]
    await capture_all(
        *(
            partial(outcome.capture, partial(read_image, content, session, wanted))
            for outcome, content in zip(outcomes, pair.contents, strict=True)
            if content.resolved.is_in_registry
        )
    )
    for content, outcome in zip(pair.contents, outcomes, strict=True):
        if outcome.error is not None:
            content.resolved.add_gap("content of the image", outcome.error)


async def _find_platforms(
    content: ImageContent, session: RegistrySession, wanted: Platform | None, argument: str
) -> None:
    """Read what the reference stands for where the Hub does not tell the platforms."""
    resolved = content.resolved
    if content.chosen is not None or not resolved.is_in_registry or content.kind == LEGACY_IMAGE:
        return
    read = read_index if resolved.is_index else read_image
    try:
        await read(content, session, wanted)
    except InvalidRequest as error:
        raise _name_argument(error, argument) from None
    except HubError as error:
        resolved.add_gap("content of the image", error)


def _choose_common_platform(pair: ImagePair) -> None:
    """Choose a platform that both have: linux/amd64, else the first; keep the choice where none is common."""
    if pair.first.chosen is None or pair.second.chosen is None:
        return
    for candidate in (DEFAULT_PLATFORM, *pair.first.platforms):
        first = choose_platform(pair.first.platforms, candidate)
        # Updates of Windows have other versions, and are the same platform nevertheless.
        second = choose_platform(pair.second.platforms, candidate) or choose_platform(
            pair.second.platforms, candidate.model_copy(update={"os_version": None})
        )
        if first is not None and second is not None:
            pair.first.chosen, pair.second.chosen = first, second
            return


async def read_pair_attestations(
    pair: ImagePair, session: RegistrySession
) -> tuple[AttestationFacts | None, AttestationFacts | None]:
    """Read provenance and SBOMs of both images; up to two pulls for each."""
    outcomes: list[Outcome[AttestationFacts | None]] = [Outcome(), Outcome()]
    await capture_all(
        *(
            partial(outcome.capture, partial(_read_attestations, content, session))
            for outcome, content in zip(outcomes, pair.contents, strict=True)
        )
    )
    for content, outcome in zip(pair.contents, outcomes, strict=True):
        if outcome.error is not None:
            content.resolved.add_gap("attestations", outcome.error)
    return outcomes[0].value, outcomes[1].value


async def _read_attestations(content: ImageContent, session: RegistrySession) -> AttestationFacts | None:
    resolved = content.resolved
    if content.kind != CONTAINER_IMAGE or not resolved.is_in_registry or not content.image_digest:
        return None
    if content.may_have_attestations:
        await read_index(content, session, None)
    return await read_attestations(content, session, provenance=True, sbom=True)
