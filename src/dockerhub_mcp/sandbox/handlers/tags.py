"""Tags of a repository."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import may_read_tags, visible_repository
from dockerhub_mcp.sandbox.context import caller, hub
from dockerhub_mcp.sandbox.data.deterministic import DAY, digest, number, optional_stamp, stamp
from dockerhub_mcp.sandbox.errors import forbidden, offset_too_large, tag_not_found
from dockerhub_mcp.sandbox.ordering import requested
from dockerhub_mcp.sandbox.paging import listing, page
from dockerhub_mcp.sandbox.state import Platform, Repository, Tag

# Both fields run backwards here: the plain field means descending.
ORDERINGS: dict[str, tuple[Callable[[Tag], Any], bool]] = {
    "last_updated": (lambda tag: tag.pushed, True),
    "-last_updated": (lambda tag: tag.pushed, False),
    "name": (lambda tag: tag.name, True),
    "-name": (lambda tag: tag.name, False),
}
STALE_AFTER = 30 * DAY


async def list_tags(request: Request) -> JSONResponse:
    """The tags of a repository."""
    asking = caller(request)
    here = hub(request)
    found_in = _repository(request)
    wanted = page(request)
    key, reverse = requested(request, ORDERINGS, "last_updated")
    if asking.kind == "anonymous" and wanted.offset >= here.anonymous_tag_offset:
        raise offset_too_large()
    found = _filtered(request, found_in.tags)
    if wanted.is_past_the_end(len(found)):
        raise tag_not_found(found_in.namespace, found_in.name)
    found.sort(key=lambda tag: tag.name)
    found.sort(key=key, reverse=reverse)
    results = [as_json(found_in, tag, here.now()) for tag in wanted.of(found)]
    return JSONResponse(listing(request, wanted, len(found), results))


async def check_tags(request: Request) -> Response:
    """Whether a repository has any tags."""
    found_in = _repository(request)
    if not found_in.tags:
        raise tag_not_found(found_in.namespace, found_in.name)
    return Response(status_code=200)


async def get_tag(request: Request) -> JSONResponse:
    """One tag."""
    found_in = _repository(request)
    name = request.path_params["tag"]
    for tag in found_in.tags:
        if tag.name == name:
            return JSONResponse(as_json(found_in, tag, hub(request).now()))
    raise tag_not_found(found_in.namespace, found_in.name, name)


def as_json(repository: Repository, tag: Tag, now: float) -> dict[str, Any]:
    """A tag with its images, in the Hub's shape."""
    # The Hub writes as many digits of a second as it happens to have.
    digits = number("digits", tag.name, below=7)
    pushed = stamp(tag.pushed, digits)
    images = _images(repository, tag, now)
    updater = number("user", tag.updater, below=10_000_000)
    shown: dict[str, Any] = {
        "creator": updater,
        "id": number("tag", repository.namespace, repository.name, tag.name, below=2**31),
        "images": images,
        "last_updated": pushed,
        "last_updater": updater,
        "last_updater_username": tag.updater,
        "name": tag.name,
        "repository": repository.id,
        "full_size": tag.size,
        "v2": True,
        "tag_status": _status(tag, now),
        "tag_last_pulled": optional_stamp(tag.pulled, digits),
        "tag_last_pushed": pushed,
    }
    if tag.digest_field != "missing":
        shown["media_type"] = tag.media_type
        shown["content_type"] = tag.content_type
        shown["digest"] = tag.digest if tag.digest_field == "value" else None
    return shown


def _repository(request: Request) -> Repository:
    asking = caller(request)
    params = request.path_params
    found = visible_repository(request, asking, params["namespace"], params["repository"])
    if not may_read_tags(asking, found):
        raise forbidden()
    return found


def _filtered(request: Request, tags: list[Tag]) -> list[Tag]:
    query = request.query_params
    part, architecture, system = query.get("name", ""), query.get("architecture"), query.get("os")
    return [
        tag
        for tag in tags
        if part in tag.name
        and (not architecture or any(platform.architecture == architecture for platform in tag.platforms))
        and (not system or any(platform.os == system for platform in tag.platforms))
    ]


def _images(repository: Repository, tag: Tag, now: float) -> list[dict[str, Any]]:
    where = (repository.namespace, repository.name, tag.build)
    images = []
    for platform in tag.platforms:
        size = tag.size if platform == tag.platforms[0] else _size(tag, platform, where)
        # An image that stands alone is the manifest the tag points at.
        own = tag.digest if len(tag.platforms) == 1 and not tag.attested else digest(*where, *platform)
        images.append(_image(tag, platform, own, size, now))
        if tag.attested:
            attestation = digest(*where, *platform, "attestation")
            size = 2_000 + number(*where, *platform, below=60_000)
            images.append(_image(tag, Platform("unknown", "unknown"), attestation, size, now))
    return images


def _size(tag: Tag, platform: Platform, where: tuple[str, ...]) -> int:
    if platform.os == "windows":
        return 1_500_000_000 + number(*where, *platform, below=400_000_000)
    return tag.size * (85 + number(*where, *platform, below=30)) // 100


def _image(tag: Tag, platform: Platform, own_digest: str | None, size: int, now: float) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "architecture": platform.architecture,
        "features": "",
        "variant": platform.variant,
        "digest": own_digest if tag.digest_field == "value" else None,
        "os": platform.os,
        "os_features": "",
        "os_version": platform.os_version,
        "size": size,
        "status": _status(tag, now),
        "last_pulled": optional_stamp(tag.pulled),
        "last_pushed": stamp(tag.pushed),
    }
    if tag.digest_field == "missing":
        del shown["digest"]
    return shown


def _status(tag: Tag, now: float) -> str:
    used = tag.pushed if tag.pulled is None else max(tag.pushed, tag.pulled)
    return "active" if now - used < STALE_AFTER else "inactive"
