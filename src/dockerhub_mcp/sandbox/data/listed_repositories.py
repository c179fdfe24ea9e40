"""Organizations with repositories of which the records list every tag."""

from functools import partial
from typing import Any

from dockerhub_mcp.sandbox.data.base_images import choose_base_image
from dockerhub_mcp.sandbox.data.deterministic import derive_number
from dockerhub_mcp.sandbox.data.files import load_records, parse_offset, resolve_timestamps
from dockerhub_mcp.sandbox.data.people import derive_account_uuid
from dockerhub_mcp.sandbox.data.platforms import PLATFORM_SETS
from dockerhub_mcp.sandbox.image_records import ArtifactRecord
from dockerhub_mcp.sandbox.media_types import OCI_INDEX
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import CONTENT_EPOCH, DAY

TAG_SIZE = 52_000_000
REGISTERED_DAYS = 400
BUILD_SECONDS = 600


def build_listed_organization(namespace: str, now: float) -> OrganizationRecord:
    """Return an organization, without members."""
    record = load_records(namespace)["organization"]
    return OrganizationRecord(
        namespace,
        derive_account_uuid(namespace),
        full_name=record["full_name"],
        joined_at=now + parse_offset(record["joined_at"]),
        badge=record["badge"],
    )


def build_listed_repositories(namespace: str, now: float) -> list[RepositoryRecord]:
    """Return the repositories of an organization."""
    return [_build_repository(namespace, record, now) for record in load_records(namespace)["repositories"]]


def _build_repository(namespace: str, record: dict[str, Any], now: float) -> RepositoryRecord:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in record.items()
    }
    name, age_days = fields["name"], fields.pop("age_days")
    tags, tag_count = fields.pop("tags", ()), fields.pop("daily_tag_count", 0)
    permissions = dict(fields.pop("permissions", ()))
    return RepositoryRecord(
        **{"media_types": (OCI_INDEX,)} | fields,
        id=derive_number("repository", namespace, name, below=2**31),
        namespace=namespace,
        registered_at=now - (age_days + REGISTERED_DAYS) * DAY,
        updated_at=now - age_days * DAY,
        permissions=permissions,
        storage_size=derive_number("storage", namespace, name, below=10**9),
        make_tags=partial(_build_tags, namespace, name, tags, tag_count, now),
    )


def _build_tags(
    namespace: str, repository: str, records: tuple[dict[str, Any], ...], daily_tag_count: int, now: float
) -> list[TagRecord]:
    daily = [{"name": f"day-{day:03}", "pushed_at": f"-{day + 1}d"} for day in range(daily_tag_count)]
    return [
        _build_tag(namespace, repository, {**record, "name": name}, now)
        for record in (*records, *daily)
        # The first name identifies the build, the others are further tags of it.
        for name in record.get("names", [record.get("name")])
    ]


def _build_tag(namespace: str, repository: str, record: dict[str, Any], now: float) -> TagRecord:
    fields = resolve_timestamps(record, now)
    build_key = fields.pop("names", [fields["name"]])[0]
    platforms = fields.pop("platforms", "desktop")
    architectures = fields.pop("inactive_architectures", ())
    size = fields.pop("size", TAG_SIZE)
    artifact = fields.pop("artifact", None)
    # A base image that is named in the record, as a part of its tag.
    base = choose_base_image(repository, fields.pop("base", "bookworm-slim"), 0, size)
    return TagRecord(
        **{"pulled_at": None, "media_type": OCI_INDEX} | fields,
        build_key=build_key,
        platforms=PLATFORM_SETS[platforms] if platforms else (),
        size=size + derive_number(repository, build_key, below=size // 52),
        updater=f"{namespace}-ci",
        created_at=CONTENT_EPOCH + parse_offset(record["pushed_at"]) - BUILD_SECONDS,
        base=base,
        artifact=ArtifactRecord(artifact) if artifact else None,
        inactive_architectures=tuple(architectures),
    )
