"""Serialize tags and their images for responses."""

from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import derive_number
from dockerhub_mcp.sandbox.data.images.content import describe_build
from dockerhub_mcp.sandbox.data.images.tag_content import build_content, summarize_content
from dockerhub_mcp.sandbox.image_records import PlatformRecord
from dockerhub_mcp.sandbox.state import RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY, ZERO_DATE, format_timestamp

INACTIVE_AFTER = 30 * DAY
NANOSECONDS_MAX_AGE = 500 * DAY
"""The age of the oldest pulls and pushes of images that are recorded in nanoseconds."""


def serialize_tag(repository: RepositoryRecord, tag: TagRecord, now: float) -> dict[str, Any]:
    """Return a tag."""
    # The number of fractional digits in the Hub's times varies.
    digits = derive_number("digits", tag.name, below=7)
    pushed_at = None if tag.is_undated else format_timestamp(tag.pushed_at, digits)
    updater_id = derive_number("user", tag.updater, below=10_000_000)
    body: dict[str, Any] = {
        "creator": updater_id,
        "id": derive_number("tag", repository.namespace, repository.name, tag.name, below=2**31),
        "images": serialize_images(repository, tag, now),
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
    return [_serialize_image(tag, *image, now) for image in summary.images]


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


def _serialize_image(
    tag: TagRecord, platform: PlatformRecord, digest: str, size: int, now: float
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "architecture": platform.architecture,
        "features": "",
        "variant": platform.variant,
        "digest": digest if tag.digest_field == "value" else None,
        # The Hub knows less of the tags of before it recorded pushes.
        "os": "" if tag.is_undated else platform.os,
        "os_features": "",
        "os_version": platform.os_version,
        "size": size,
        "status": _get_image_status(tag, platform, now),
        "last_pulled": format_pull_time(tag, now),
        "last_pushed": format_push_time(tag, now),
    }
    if tag.digest_field == "missing":
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


def _get_image_status(tag: TagRecord, platform: PlatformRecord, now: float) -> str:
    if platform.architecture in tag.inactive_architectures:
        return "inactive"
    return _get_tag_status(tag, now)


def _get_tag_status(tag: TagRecord, now: float) -> str:
    used_at = tag.pushed_at if tag.pulled_at is None else max(tag.pushed_at, tag.pulled_at)
    return "active" if now - used_at < INACTIVE_AFTER else "inactive"
