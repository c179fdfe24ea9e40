"""The tags of a repository: list, read, check and delete them."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import (
    can_read_tags,
    get_modifiable_repository,
    get_visible_repository,
    reject_oat_caller,
)
from dockerhub_mcp.sandbox.audit import record_audit_event
from dockerhub_mcp.sandbox.context import get_caller, get_hub
from dockerhub_mcp.sandbox.data.deterministic import derive_digest, derive_number
from dockerhub_mcp.sandbox.errors import (
    forbidden_error,
    immutable_tag_error,
    offset_too_large_error,
    tag_not_found_error,
)
from dockerhub_mcp.sandbox.handlers.immutable_tags import is_immutable_tag
from dockerhub_mcp.sandbox.paging import build_page_body, parse_ordering, parse_page_request
from dockerhub_mcp.sandbox.state import PlatformRecord, RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY, format_optional_timestamp, format_timestamp

# The Hub sorts tags in reverse: the field without a sign means descending.
ORDERINGS: dict[str, tuple[Callable[[TagRecord], Any], bool]] = {
    "last_updated": (lambda tag: tag.pushed_at, True),
    "-last_updated": (lambda tag: tag.pushed_at, False),
    "name": (lambda tag: tag.name, True),
    "-name": (lambda tag: tag.name, False),
}
INACTIVE_AFTER = 30 * DAY
UNKNOWN_PLATFORM = PlatformRecord("unknown", "unknown")
"""The platform of attestations."""


async def list_tags(request: Request) -> JSONResponse:
    """List the tags of a repository."""
    caller, hub = get_caller(request), get_hub(request)
    repository = _get_readable_repository(request)
    page_request = parse_page_request(request)
    key, is_descending = parse_ordering(request, ORDERINGS, "last_updated")
    if caller.kind == "anonymous" and page_request.offset >= hub.anonymous_tag_offset:
        raise offset_too_large_error()
    tags = _filter_tags(request, repository.tags)
    if page_request.is_out_of_range(len(tags)):
        raise tag_not_found_error(repository.namespace, repository.name)
    tags.sort(key=lambda tag: tag.name)
    tags.sort(key=key, reverse=is_descending)
    now = hub.now()
    results = [_serialize_tag(repository, tag, now) for tag in page_request.slice_entries(tags)]
    return JSONResponse(build_page_body(request, page_request, len(tags), results))


async def check_tags(request: Request) -> Response:
    """Respond with status 200 if a repository has any tags, 404 otherwise."""
    repository = _get_readable_repository(request)
    if not repository.tags:
        raise tag_not_found_error(repository.namespace, repository.name)
    return Response(status_code=200)


async def get_tag(request: Request) -> JSONResponse:
    """Return a tag."""
    repository = _get_readable_repository(request)
    tag = _find_tag(repository, request.path_params["tag"])
    return JSONResponse(_serialize_tag(repository, tag, get_hub(request).now()))


async def delete_tag(request: Request) -> Response:
    """Delete a tag; other tags of the same image stay."""
    repository = get_modifiable_repository(request, "admin", "scope-tag-admin")
    namespace, name = repository.namespace, repository.name
    tag = _find_tag(repository, request.path_params["tag"])
    if is_immutable_tag(repository, tag.name):
        raise immutable_tag_error(namespace, name, tag.name)
    repository.tags.remove(tag)
    repository.modified_at = get_hub(request).now()
    description = f"deleted the tag {tag.name} of the repository {namespace}/{name}"
    record_audit_event(
        request, namespace, "repo.tag.delete", f"{namespace}/{name}", description, tag=tag.name
    )
    return Response(status_code=204)


async def delete_tag_legacy(request: Request) -> Response:
    """Delete a tag under the older path, which does not accept OATs."""
    reject_oat_caller(request)
    return await delete_tag(request)


def _get_readable_repository(request: Request) -> RepositoryRecord:
    caller = get_caller(request)
    namespace, name = request.path_params["namespace"], request.path_params["repository"]
    repository = get_visible_repository(request, caller, namespace, name)
    if not can_read_tags(caller, repository):
        raise forbidden_error()
    return repository


def _find_tag(repository: RepositoryRecord, name: str) -> TagRecord:
    for tag in repository.tags:
        if tag.name == name:
            return tag
    raise tag_not_found_error(repository.namespace, repository.name, name)


def _filter_tags(request: Request, tags: list[TagRecord]) -> list[TagRecord]:
    query = request.query_params
    name_part, architecture, os = query.get("name", ""), query.get("architecture"), query.get("os")
    return [
        tag
        for tag in tags
        if name_part in tag.name
        and (not architecture or any(platform.architecture == architecture for platform in tag.platforms))
        and (not os or any(platform.os == os for platform in tag.platforms))
    ]


def _serialize_tag(repository: RepositoryRecord, tag: TagRecord, now: float) -> dict[str, Any]:
    # The number of fractional digits in the Hub's times varies.
    digits = derive_number("digits", tag.name, below=7)
    pushed_at = format_timestamp(tag.pushed_at, digits)
    updater_id = derive_number("user", tag.updater, below=10_000_000)
    body: dict[str, Any] = {
        "creator": updater_id,
        "id": derive_number("tag", repository.namespace, repository.name, tag.name, below=2**31),
        "images": _serialize_images(repository, tag, now),
        "last_updated": pushed_at,
        "last_updater": updater_id,
        "last_updater_username": tag.updater,
        "name": tag.name,
        "repository": repository.id,
        "full_size": tag.size,
        "v2": True,
        "tag_status": _get_tag_status(tag, now),
        "tag_last_pulled": format_optional_timestamp(tag.pulled_at, digits),
        "tag_last_pushed": pushed_at,
    }
    if tag.digest_field != "missing":
        body["media_type"] = tag.media_type
        body["content_type"] = tag.content_type
        body["digest"] = tag.digest if tag.digest_field == "value" else None
    return body


def _serialize_images(repository: RepositoryRecord, tag: TagRecord, now: float) -> list[dict[str, Any]]:
    seed = (repository.namespace, repository.name, tag.build_key)
    is_single = len(tag.platforms) == 1 and not tag.is_attested
    images = []
    for platform in tag.platforms:
        size = tag.size if platform == tag.platforms[0] else _derive_image_size(tag, platform, seed)
        # The tag of a single image points at the manifest of the image, not at an index.
        digest = tag.digest if is_single else derive_digest(*seed, *platform)
        images.append(_serialize_image(tag, platform, digest, size, now))
        if tag.is_attested:
            digest = derive_digest(*seed, *platform, "attestation")
            size = 2_000 + derive_number(*seed, *platform, below=60_000)
            images.append(_serialize_image(tag, UNKNOWN_PLATFORM, digest, size, now))
    return images


def _derive_image_size(tag: TagRecord, platform: PlatformRecord, seed: tuple[str, ...]) -> int:
    if platform.os == "windows":
        return 1_500_000_000 + derive_number(*seed, *platform, below=400_000_000)
    return tag.size * (85 + derive_number(*seed, *platform, below=30)) // 100


def _serialize_image(
    tag: TagRecord, platform: PlatformRecord, digest: str | None, size: int, now: float
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "architecture": platform.architecture,
        "features": "",
        "variant": platform.variant,
        "digest": digest if tag.digest_field == "value" else None,
        "os": platform.os,
        "os_features": "",
        "os_version": platform.os_version,
        "size": size,
        "status": _get_tag_status(tag, now),
        "last_pulled": format_optional_timestamp(tag.pulled_at),
        "last_pushed": format_timestamp(tag.pushed_at),
    }
    if tag.digest_field == "missing":
        del body["digest"]
    return body


def _get_tag_status(tag: TagRecord, now: float) -> str:
    used_at = tag.pushed_at if tag.pulled_at is None else max(tag.pushed_at, tag.pulled_at)
    return "active" if now - used_at < INACTIVE_AFTER else "inactive"
