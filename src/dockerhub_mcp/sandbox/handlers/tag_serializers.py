"""Serialize tags and their images for responses."""

from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import derive_digest, derive_number
from dockerhub_mcp.sandbox.state import PlatformRecord, RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY, ZERO_DATE, format_timestamp

INACTIVE_AFTER = 30 * DAY
NANOSECONDS_MAX_AGE = 500 * DAY
"""The age of the oldest pulls and pushes of images that are recorded in nanoseconds."""
UNKNOWN_PLATFORM = PlatformRecord("unknown", "unknown")
"""The platform of attestations."""
LAYER_INSTRUCTIONS = ("ADD file", "ENV", "RUN", "COPY", "CMD")
"""The instructions of the layers of an image; those that change no file have no digest and no size."""
EMPTY_INSTRUCTIONS = {"ENV", "CMD"}


def serialize_tag(repository: RepositoryRecord, tag: TagRecord, now: float) -> dict[str, Any]:
    """Return a tag."""
    # The number of fractional digits in the Hub's times varies.
    digits = derive_number("digits", tag.name, below=7)
    pushed_at = format_timestamp(tag.pushed_at, digits)
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
        "tag_last_pulled": _format_pull_time(tag, now, digits),
        "tag_last_pushed": pushed_at,
    }
    if tag.digest_field != "missing":
        body["media_type"] = tag.media_type
        body["content_type"] = tag.content_type
        body["digest"] = tag.digest if tag.digest_field == "value" else None
    return body


def serialize_images(repository: RepositoryRecord, tag: TagRecord, now: float) -> list[dict[str, Any]]:
    """Return the images of a tag, each followed by its attestation if there is one."""
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


def serialize_layers(image: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the layers of an image; their sizes add up to the size of the image."""
    seed = (image["architecture"], image["variant"], image["size"])
    layers: list[dict[str, Any]] = []
    remaining = image["size"]
    for instruction in LAYER_INSTRUCTIONS:
        if instruction in EMPTY_INSTRUCTIONS:
            layers.append({"size": 0, "instruction": instruction})
            continue
        size = remaining if instruction == "COPY" else derive_number(*seed, instruction, below=remaining + 1)
        remaining -= size
        layers.append({"digest": derive_digest(*seed, instruction), "size": size, "instruction": instruction})
    return layers


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
        "status": _get_image_status(tag, platform, now),
        "last_pulled": _format_pull_time(tag, now),
        "last_pushed": format_timestamp(tag.pushed_at, _count_digits(tag.pushed_at, now)),
    }
    if tag.digest_field == "missing":
        del body["digest"]
    return body


def _format_pull_time(tag: TagRecord, now: float, digits: int = 6) -> str | None:
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
