"""The checks on the image: its tag, what it is, its format, and its platforms."""

from __future__ import annotations

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import NotFound
from dockerhub_mcp.hub.models import Image, Platform, Repository, Tag
from dockerhub_mcp.hub.quoting import list_names, quote_name
from dockerhub_mcp.registry.media_types import INDEX_TYPES
from dockerhub_mcp.tools.image_content.kinds import CONTAINER_IMAGE, LEGACY_TYPE_PREFIX, identify_content
from dockerhub_mcp.tools.image_content.platforms import choose_platform
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.pull_report.evidence import PullEvidence
from dockerhub_mcp.tools.pull_report.near_names import NearNames
from dockerhub_mcp.tools.pull_report.platforms import (
    describe_platforms,
    find_fallback,
    lacks_usual_platform,
    list_platforms,
    quote_platform,
)
from dockerhub_mcp.tools.pull_report.result import PullCheck, ok, problem, unknown

TAG, CONTENT, PLATFORM, STATUS = "tag", "content", "platform", "status"
_INACTIVE, _ARCHIVED = 0, 6


def check_tag(evidence: PullEvidence) -> PullCheck | None:
    """Check that the tag or digest exists; None where the repository is not visible."""
    target, tag = evidence.target, evidence.tag
    what = f"the digest {target.digest[:19]}" if target.digest else f"the tag {quote_name(target.tag)}"
    if evidence.head is not None:
        digest = "" if target.digest else f", {evidence.head.digest[:19]}"
        return ok(TAG, f"the registry has {what}{digest}{_describe_moved(evidence)}")
    if isinstance(evidence.repository, HubError):
        return None
    if target.digest:
        return _check_digest(evidence, what)
    if isinstance(tag, NotFound):
        finding = f"{quote_name(target.full_name)} has no tag {quote_name(target.tag)}."
        return problem(TAG, finding, _advise_tag(evidence.near))
    if isinstance(tag, HubError):
        return unknown(TAG, tag.what, f"{tag.why} {tag.remedy}".strip())
    if evidence.is_missing_at_registry and evidence.is_pull_granted is not False:
        if evidence.registry is not None and not evidence.registry.is_docker:
            finding = f"the Hub lists {what}; the registry of DOCKERHUB_REGISTRY_URL lacks or hides it"
            return unknown(TAG, finding, "A mirror may lack it, or not show private images.")
        finding = f"The Hub lists {what}, but the registry has no manifest for it, or hides it."
        return problem(TAG, finding, "If the account may pull, push the image again; the tag may be damaged.")
    return ok(TAG, f"the Hub lists {what}")


def _advise_tag(near: NearNames) -> str:
    if near.likely:
        return f"Near to it: {list_names(near.likely)}."
    return (
        f"The newest are {list_names(near.others)}." if near.others else "List its tags to see which exist."
    )


def _check_digest(evidence: PullEvidence, what: str) -> PullCheck:
    if evidence.is_missing_at_registry:
        remedy = "It was deleted, or is of another repository; pull by tag."
        return problem(TAG, f"{quote_name(evidence.target.full_name)} has no image with {what}.", remedy)
    if _find_images(evidence) is not None:
        return ok(TAG, f"the Hub lists {what}")
    return unknown(TAG, f"whether the repository has {what} is known to the registry alone")


def _describe_moved(evidence: PullEvidence) -> str:
    """Return that a tag beside a digest points elsewhere by now; Docker then pulls the digest."""
    target, tag = evidence.target, evidence.tag
    if not (target.digest and isinstance(tag, Tag) and tag.digest) or _find_images(evidence) is not None:
        return ""
    return f"; the tag {quote_name(target.tag)} points to {tag.digest[:19]} by now, which makes no difference"


def check_content(evidence: PullEvidence) -> PullCheck | None:
    """Check that it is a container image in a format that engines pull; None where nothing was found."""
    tag, head = evidence.tag, evidence.head
    described = tag if isinstance(tag, Tag) and _find_images(evidence) is not None else None
    media_type = head.media_type if head else (described and described.media_type) or ""
    if media_type.startswith(LEGACY_TYPE_PREFIX):
        remedy = "Pull a newer tag, or have the publisher push it again with a current Docker."
        return problem(
            CONTENT, "Its manifest has the old schema 1, which current engines cannot pull.", remedy
        )
    if described is None:
        return None if head is None else unknown(CONTENT, f"the registry calls it {quote_name(media_type)}")
    content_type = _find_content_type(evidence, described)
    if (kind := identify_content(content_type)) != CONTAINER_IMAGE:
        command = _find_command(content_type, evidence.target)
        return problem(CONTENT, f"It is no container image: {kind}.", command)
    if described.images is not None and not list_platforms(described.images):
        if described.images and media_type not in INDEX_TYPES:
            return unknown(CONTENT, "the Hub names no platform: it is perhaps another artifact than an image")
        what = "only attestations, and no image that can be run" if described.images else "no images"
        return problem(CONTENT, f"The tag has {what}.", "Pull another tag, or push it again.")
    return ok(CONTENT, "a container image")


def _find_content_type(evidence: PullEvidence, tag: Tag) -> str:
    """Return the type of a tag's content; that of the repository where it holds no images."""
    repository = evidence.repository
    types = set(repository.content_types or []) if isinstance(repository, Repository) else set()
    if tag.content_type in {None, "", "image"} and len(types) == 1:
        return types.pop() or ""
    return tag.content_type or ""


def _find_command(content_type: str, target: ImageTarget) -> str:
    """Return the command that takes an artifact which docker pull does not."""
    commands = {
        "helm": f"helm pull oci://registry-1.docker.io/{target.full_name} --version {target.tag}",
        "plugin": f"docker plugin install {target}",
        "model": f"docker model pull {target}",
        "compose": f"docker compose -f oci://docker.io/{target.full_name}:{target.tag} up",
    }
    return commands.get(content_type, "Use the program that it was made for.")


def check_platform(evidence: PullEvidence, wanted: Platform | None) -> PullCheck | None:
    """Check that there is an image for the platform; None where it is no image, or nothing was found."""
    images = [image for image in _find_images(evidence) or [] if not image.is_attestation]
    if not images:
        if evidence.head is None or _find_images(evidence) is not None:
            return None
        return unknown(PLATFORM, "the platforms are not known", "inspect_image reads them with a pull.")
    there = describe_platforms(images)
    if wanted is None:
        if not lacks_usual_platform(images):
            return ok(PLATFORM, there)
        finding = f"there is {there}; on another platform no image matches"
        return unknown(PLATFORM, finding, "Name the machine's platform to check it.")
    chosen = choose_platform(images, wanted)
    if chosen is None:
        return _explain_missing_platform(evidence, images, wanted, there)
    builds = [each for each in images if each.os_version and each.architecture == wanted.architecture]
    if chosen.os_version and not wanted.os_version and len(builds) > 1:
        return unknown(PLATFORM, f"Windows images match one build of the host: {describe_platforms(builds)}")
    return ok(PLATFORM, f"for {wanted.platform} it is the image of {chosen.platform}")


def _explain_missing_platform(
    evidence: PullEvidence, images: list[Image], wanted: Platform, there: str
) -> PullCheck:
    finding = f"There is no image for {quote_platform(wanted.platform)}; there is {there}."
    if fallback := find_fallback(images, wanted):
        return unknown(PLATFORM, f"{finding} Some engines take {quote_platform(fallback.platform)} instead.")
    media_type = evidence.head.media_type if evidence.head else getattr(evidence.tag, "media_type", None)
    same_system = [image for image in images if image.os == wanted.os]
    if not same_system:
        remedy = "Choose another tag, or let Docker run Linux containers."
        if all(image.os == "windows" for image in images):
            remedy = "Choose another tag: these images run on Windows hosts only."
        return problem(PLATFORM, finding, remedy)
    other = quote_platform(same_system[0].platform)
    remedy = f"Choose another tag, or emulate: docker pull --platform {other}."
    if media_type and media_type not in INDEX_TYPES:
        finding += " As it is no list of platforms, some engines pull it all the same, with a warning."
        return unknown(PLATFORM, finding, remedy)
    return problem(PLATFORM, finding, remedy)


def _find_images(evidence: PullEvidence) -> list[Image] | None:
    """Return the images of the tag, or the one that the digest names; None where the Hub does not tell."""
    tag, digest = evidence.tag, evidence.target.digest
    if not isinstance(tag, Tag) or tag.images is None:
        return None
    if not digest or tag.digest == digest:
        return tag.images
    return [image for image in tag.images if image.digest == digest] or None


def check_status(evidence: PullEvidence) -> PullCheck | None:
    """Report an archived or inactive repository; neither keeps images from being pulled."""
    found = evidence.repository
    if isinstance(found, HubError):
        return None
    if found.archived or found.status == _ARCHIVED:
        return ok(STATUS, "archived: it can be pulled, and gets no updates")
    if found.status == _INACTIVE:
        return ok(STATUS, "inactive: the Hub has not seen a push or pull of it for long, or never")
    return None
