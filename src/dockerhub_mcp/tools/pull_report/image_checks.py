"""The checks on the image: its tag, what it is, its format, and its platforms."""

from __future__ import annotations

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import NotFound
from dockerhub_mcp.hub.models import Image, Tag
from dockerhub_mcp.hub.quoting import list_names, quote_name
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.pull_report.evidence import PullEvidence
from dockerhub_mcp.tools.pull_report.platforms import (
    WantedPlatform,
    describe_platforms,
    lacks_usual_platform,
    list_platforms,
    order_by_variant,
)
from dockerhub_mcp.tools.pull_report.result import PullCheck, ok, problem, unknown

TAG, CONTENT, PLATFORM, STATUS = "tag", "content", "platform", "status"
_SCHEMA_1_PREFIX = "application/vnd.docker.distribution.manifest.v1+"
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
        near = evidence.near.likely
        remedy = f"Near to it: {list_names(near)}." if near else "List its tags to see which exist."
        return problem(TAG, f"{quote_name(target.full_name)} has no tag {quote_name(target.tag)}.", remedy)
    if isinstance(tag, HubError):
        return unknown(TAG, tag.what, f"{tag.why} {tag.remedy}".strip())
    if evidence.is_missing_at_registry and evidence.is_pull_granted is not False:
        finding = f"The Hub lists {what}, but the registry has no manifest for it, or hides it."
        return problem(TAG, finding, "If the account may pull, push the image again; the tag may be damaged.")
    return ok(TAG, f"the Hub lists {what}")


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
    if media_type.startswith(_SCHEMA_1_PREFIX):
        remedy = "Pull a newer tag, or have the publisher push it again with a current Docker."
        return problem(
            CONTENT, "Its manifest has the old schema 1, which current engines cannot pull.", remedy
        )
    kind = described.content_type if described else None
    if kind and kind != "image":
        return problem(CONTENT, *_explain_artifact(kind, evidence.target))
    if described is None:
        return None if head is None else unknown(CONTENT, f"the registry calls it {quote_name(media_type)}")
    if described.images is not None and not list_platforms(described.images):
        finding = "The tag has no image that can be run, only attestations." if described.images else ""
        return problem(CONTENT, finding or "The tag has no images.", "Pull another tag, or push it again.")
    return ok(CONTENT, "a container image")


def _explain_artifact(kind: str, target: ImageTarget) -> tuple[str, str]:
    """Return what an artifact is that docker pull does not take, and the command that does."""
    reference = f"docker.io/{target.full_name}:{target.tag}"
    commands = {
        "helm": f"helm pull oci://registry-1.docker.io/{target.full_name} --version {target.tag}",
        "plugin": f"docker plugin install {target}",
        "model": f"docker model pull {target}",
        "compose": f"docker compose -f oci://{reference} up",
    }
    if kind not in commands:
        return f"It is no container image but {quote_name(kind)}.", "Use the tool that it was made with."
    return f"It is no container image but a {kind}.", commands[kind]


def check_platform(evidence: PullEvidence, wanted: WantedPlatform | None) -> PullCheck | None:
    """Check that there is an image for the platform; None where it is no image, or nothing was found."""
    images = _find_images(evidence)
    if images is None:
        if evidence.head is None:
            return None
        return unknown(PLATFORM, "the platforms are not known", "inspect_image reads them with a pull.")
    if not list_platforms(images):
        return None
    there = describe_platforms(images)
    if wanted is None:
        if not lacks_usual_platform(images):
            return ok(PLATFORM, there)
        finding = f"there is {there}; on another architecture no image matches"
        return unknown(PLATFORM, finding, "Name the machine's platform to check it.")
    matching = [image for image in images if wanted.accepts(image)]
    if not matching:
        finding = f"There is no image for {wanted}; there is {there}."
        return problem(PLATFORM, finding, _advise_platform(images, wanted))
    if len({image.os_version for image in matching}) > 1:
        finding = f"Windows images match one build of the host: {describe_platforms(matching)}"
        return unknown(PLATFORM, finding)
    return ok(PLATFORM, f"for {wanted} it is that of {max(matching, key=order_by_variant).platform}")


def _advise_platform(images: list[Image], wanted: WantedPlatform) -> str:
    same_system = [image for image in images if image.os == wanted.os]
    if not same_system:
        return (
            f"Choose another tag, or let Docker run {list_platforms(images)[0].partition('/')[0]} containers."
        )
    other = list_platforms(same_system)[0]
    return f"Choose another tag, or emulate: docker pull --platform {quote_name(other)}."


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
