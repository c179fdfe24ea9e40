"""Serialize tags and their images for responses.

Most of the text of an image depends on its build alone, so it is encoded once and kept for all sandboxes.
"""

import json
from functools import lru_cache
from typing import Any, NamedTuple

from dockerhub_mcp.sandbox.data.deterministic import derive_number
from dockerhub_mcp.sandbox.data.images.content import ImageBuild, describe_build
from dockerhub_mcp.sandbox.data.images.tag_content import ImageSummary, build_content, summarize_content
from dockerhub_mcp.sandbox.state import RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY, ZERO_DATE, format_timestamp

INACTIVE_AFTER = 30 * DAY
NANOSECONDS_MAX_AGE = 500 * DAY
"""The age of the oldest pulls and pushes of images that are recorded in nanoseconds."""
IMAGES_CACHE_SIZE = 2**12
# Neither a name nor a digest contains these.
_IMAGES_MARK, _PULLED_MARK, _PUSHED_MARK = "$images$", "$pulled$", "$pushed$"
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class _SharedFields(NamedTuple):
    """What the images of a tag have from the tag, except for the times of pulls and pushes."""

    has_digest_field: bool
    has_digest: bool
    is_undated: bool
    status: str
    inactive_architectures: tuple[str, ...]


def serialize_tag(repository: RepositoryRecord, tag: TagRecord, now: float) -> dict[str, Any]:
    """Return a tag."""
    return _serialize_tag(repository, tag, now, serialize_images(repository, tag, now))


def encode_tag(repository: RepositoryRecord, tag: TagRecord, now: float) -> str:
    """Return a tag as JSON, the same as that of `serialize_tag`."""
    text = _ENCODER.encode(_serialize_tag(repository, tag, now, _IMAGES_MARK))
    images = _encode_images(describe_build(repository, tag), _select_shared_fields(tag, now))
    images = images.replace(f'"{_PULLED_MARK}"', _ENCODER.encode(format_pull_time(tag, now)))
    images = images.replace(f'"{_PUSHED_MARK}"', _ENCODER.encode(format_push_time(tag, now)))
    return text.replace(f'"{_IMAGES_MARK}"', images)


def _serialize_tag(
    repository: RepositoryRecord, tag: TagRecord, now: float, images: object
) -> dict[str, Any]:
    # The number of fractional digits in the Hub's times varies.
    digits = derive_number("digits", tag.name, below=7)
    pushed_at = None if tag.is_undated else format_timestamp(tag.pushed_at, digits)
    updater_id = derive_number("user", tag.updater, below=10_000_000)
    body: dict[str, Any] = {
        "creator": updater_id,
        "id": derive_number("tag", repository.namespace, repository.name, tag.name, below=2**31),
        "images": images,
        "last_updated": pushed_at,
        "last_updater": updater_id,
        "last_updater_username": tag.updater,
        "name": tag.name,
        "repository": repository.id,
        "full_size": tag.size,
        "v2": True,
        "tag_status": _get_tag_status(tag, now),
        "tag_last_pulled": format_pull_time(tag, now, digits),
        "tag_last_pushed": pushed_at,
    }
    if tag.digest_field != "missing":
        body["media_type"] = tag.media_type
        body["content_type"] = tag.content_type
        has_digest = tag.digest_field == "value"
        body["digest"] = summarize_content(describe_build(repository, tag)).digest if has_digest else None
    return body


def serialize_images(repository: RepositoryRecord, tag: TagRecord, now: float) -> list[dict[str, Any]]:
    """Return the images of a tag, each followed by its attestation if there is one."""
    summary = summarize_content(describe_build(repository, tag))
    shared = _select_shared_fields(tag, now)
    times = format_pull_time(tag, now), format_push_time(tag, now)
    return [_serialize_image(image, shared, *times) for image in summary.images]


def serialize_layers(repository: RepositoryRecord, tag: TagRecord) -> list[list[dict[str, Any]]]:
    """Return the layers of each image of a tag; their sizes add up to the size of the image."""
    return [
        [
            {"digest": layer.digest, "size": layer.size, "instruction": layer.command}
            if layer.digest
            else {"size": 0, "instruction": layer.command}
            for layer in layers
        ]
        for layers in build_content(describe_build(repository, tag)).list_layers()
    ]


@lru_cache(IMAGES_CACHE_SIZE)
def _encode_images(build: ImageBuild, shared: _SharedFields) -> str:
    """Return the images of a build as JSON, with marks in place of the times."""
    images = summarize_content(build).images
    return _ENCODER.encode([_serialize_image(image, shared, _PULLED_MARK, _PUSHED_MARK) for image in images])


def _select_shared_fields(tag: TagRecord, now: float) -> _SharedFields:
    has_field, has_digest = tag.digest_field != "missing", tag.digest_field == "value"
    status = _get_tag_status(tag, now)
    return _SharedFields(has_field, has_digest, tag.is_undated, status, tuple(tag.inactive_architectures))


def _serialize_image(
    image: ImageSummary, shared: _SharedFields, last_pulled: str | None, last_pushed: str | None
) -> dict[str, Any]:
    platform = image.platform
    is_inactive = platform.architecture in shared.inactive_architectures
    body: dict[str, Any] = {
        "architecture": platform.architecture,
        "features": "",
        "variant": platform.variant,
        "digest": image.digest if shared.has_digest else None,
        # The Hub knows less of the tags of before it recorded pushes.
        "os": "" if shared.is_undated else platform.os,
        "os_features": "",
        "os_version": platform.os_version,
        "size": image.size,
        "status": "inactive" if is_inactive else shared.status,
        "last_pulled": last_pulled,
        "last_pushed": last_pushed,
    }
    if not shared.has_digest_field:
        del body["digest"]
    return body


def format_push_time(tag: TagRecord, now: float) -> str | None:
    """Return the time of the push of a tag, None if the Hub has no such date."""
    return None if tag.is_undated else format_timestamp(tag.pushed_at, _count_digits(tag.pushed_at, now))


def format_pull_time(tag: TagRecord, now: float, digits: int = 6) -> str | None:
    """Return the time of the last pull of a tag; without one, None or the zero date."""
    if tag.pulled_at is None:
        return ZERO_DATE if tag.has_zero_dates else None
    return format_timestamp(tag.pulled_at, _count_digits(tag.pulled_at, now, digits))


def _count_digits(time: float, now: float, older_digits: int = 6) -> int:
    return 9 if now - time < NANOSECONDS_MAX_AGE else older_digits


def _get_tag_status(tag: TagRecord, now: float) -> str:
    used_at = tag.pushed_at if tag.pulled_at is None else max(tag.pushed_at, tag.pulled_at)
    return "active" if now - used_at < INACTIVE_AFTER else "inactive"
