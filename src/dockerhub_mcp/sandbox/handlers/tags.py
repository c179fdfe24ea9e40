"""Tags of a repository."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import can_read_tags, get_visible_repository
from dockerhub_mcp.sandbox.context import get_caller, get_hub
from dockerhub_mcp.sandbox.data.deterministic import derive_digest, derive_number
from dockerhub_mcp.sandbox.errors import forbidden_error, offset_too_large_error, tag_not_found_error
from dockerhub_mcp.sandbox.ordering import parse_ordering
from dockerhub_mcp.sandbox.paging import build_page_body, parse_page_request
from dockerhub_mcp.sandbox.state import PlatformRecord, RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY, format_optional_timestamp, format_timestamp

# Both fields run backwards here: the plain field means descending.
ORDERINGS: dict[str, tuple[Callable[[TagRecord], Any], bool]] = {
    "last_updated": (lambda tag: tag.pushed_at, True),
    "-last_updated": (lambda tag: tag.pushed_at, False),
    "name": (lambda tag: tag.name, True),
    "-name": (lambda tag: tag.name, False),
}
INACTIVE_AFTER = 30 * DAY


async def list_tags(request: Request) -> JSONResponse:
    """The tags of a repository."""
    asking = get_caller(request)
    here = get_hub(request)
    found_in = _get_readable_repository(request)
    wanted = parse_page_request(request)
    key, reverse = parse_ordering(request, ORDERINGS, "last_updated")
    if asking.kind == "anonymous" and wanted.offset >= here.anonymous_tag_offset:
        raise offset_too_large_error()
    found = _filter_tags(request, found_in.tags)
    if wanted.is_out_of_range(len(found)):
        raise tag_not_found_error(found_in.namespace, found_in.name)
    found.sort(key=lambda tag: tag.name)
    found.sort(key=key, reverse=reverse)
    results = [serialize_tag(found_in, tag, here.now()) for tag in wanted.slice_entries(found)]
    return JSONResponse(build_page_body(request, wanted, len(found), results))


async def check_tags(request: Request) -> Response:
    """Whether a repository has any tags."""
    found_in = _get_readable_repository(request)
    if not found_in.tags:
        raise tag_not_found_error(found_in.namespace, found_in.name)
    return Response(status_code=200)


async def get_tag(request: Request) -> JSONResponse:
    """One tag."""
    found_in = _get_readable_repository(request)
    name = request.path_params["tag"]
    for tag in found_in.tags:
        if tag.name == name:
            return JSONResponse(serialize_tag(found_in, tag, get_hub(request).now()))
    raise tag_not_found_error(found_in.namespace, found_in.name, name)


def serialize_tag(repository: RepositoryRecord, tag: TagRecord, now: float) -> dict[str, Any]:
    """A tag with its images, in the Hub's shape."""
    # The Hub writes as many digits of a second as it happens to have.
    digits = derive_number("digits", tag.name, below=7)
    pushed = format_timestamp(tag.pushed_at, digits)
    images = _serialize_images(repository, tag, now)
    updater = derive_number("user", tag.updater, below=10_000_000)
    shown: dict[str, Any] = {
        "creator": updater,
        "id": derive_number("tag", repository.namespace, repository.name, tag.name, below=2**31),
        "images": images,
        "last_updated": pushed,
        "last_updater": updater,
        "last_updater_username": tag.updater,
        "name": tag.name,
        "repository": repository.id,
        "full_size": tag.size,
        "v2": True,
        "tag_status": _get_tag_status(tag, now),
        "tag_last_pulled": format_optional_timestamp(tag.pulled_at, digits),
        "tag_last_pushed": pushed,
    }
    if tag.digest_field != "missing":
        shown["media_type"] = tag.media_type
        shown["content_type"] = tag.content_type
        shown["digest"] = tag.digest if tag.digest_field == "value" else None
    return shown


def _get_readable_repository(request: Request) -> RepositoryRecord:
    asking = get_caller(request)
    params = request.path_params
    found = get_visible_repository(request, asking, params["namespace"], params["repository"])
    if not can_read_tags(asking, found):
        raise forbidden_error()
    return found


def _filter_tags(request: Request, tags: list[TagRecord]) -> list[TagRecord]:
    query = request.query_params
    part, architecture, system = query.get("name", ""), query.get("architecture"), query.get("os")
    return [
        tag
        for tag in tags
        if part in tag.name
        and (not architecture or any(platform.architecture == architecture for platform in tag.platforms))
        and (not system or any(platform.os == system for platform in tag.platforms))
    ]


def _serialize_images(repository: RepositoryRecord, tag: TagRecord, now: float) -> list[dict[str, Any]]:
    where = (repository.namespace, repository.name, tag.build_key)
    images = []
    for platform in tag.platforms:
        size = tag.size if platform == tag.platforms[0] else _derive_image_size(tag, platform, where)
        # An image that stands alone is the manifest the tag points at.
        own = (
            tag.digest
            if len(tag.platforms) == 1 and not tag.is_attested
            else derive_digest(*where, *platform)
        )
        images.append(_serialize_image(tag, platform, own, size, now))
        if tag.is_attested:
            attestation = derive_digest(*where, *platform, "attestation")
            size = 2_000 + derive_number(*where, *platform, below=60_000)
            images.append(_serialize_image(tag, PlatformRecord("unknown", "unknown"), attestation, size, now))
    return images


def _derive_image_size(tag: TagRecord, platform: PlatformRecord, seed: tuple[str, ...]) -> int:
    if platform.os == "windows":
        return 1_500_000_000 + derive_number(*seed, *platform, below=400_000_000)
    return tag.size * (85 + derive_number(*seed, *platform, below=30)) // 100


def _serialize_image(
    tag: TagRecord, platform: PlatformRecord, image_digest: str | None, size: int, now: float
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "architecture": platform.architecture,
        "features": "",
        "variant": platform.variant,
        "digest": image_digest if tag.digest_field == "value" else None,
        "os": platform.os,
        "os_features": "",
        "os_version": platform.os_version,
        "size": size,
        "status": _get_tag_status(tag, now),
        "last_pulled": format_optional_timestamp(tag.pulled_at),
        "last_pushed": format_timestamp(tag.pushed_at),
    }
    if tag.digest_field == "missing":
        del shown["digest"]
    return shown


def _get_tag_status(tag: TagRecord, now: float) -> str:
    used = tag.pushed_at if tag.pulled_at is None else max(tag.pushed_at, tag.pulled_at)
    return "active" if now - used < INACTIVE_AFTER else "inactive"
