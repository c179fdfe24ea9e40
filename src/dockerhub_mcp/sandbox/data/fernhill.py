"""The sample organization `fernhill`: repositories and tags in states that are rare elsewhere."""

from functools import partial
from typing import Any

from dockerhub_mcp.sandbox.data.base_images import choose_base_image
from dockerhub_mcp.sandbox.data.deterministic import derive_number
from dockerhub_mcp.sandbox.data.files import load_records, parse_offset, resolve_timestamps
from dockerhub_mcp.sandbox.data.people import derive_account_uuid
from dockerhub_mcp.sandbox.data.platforms import PLATFORM_SETS
from dockerhub_mcp.sandbox.media_types import OCI_INDEX
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import CONTENT_EPOCH, DAY

NAMESPACE = "fernhill"
UPDATER = "fernhill-ci"
TAG_SIZE = 52_000_000
REGISTERED_DAYS = 400
BUILD_SECONDS = 600


def build_organization(now: float) -> OrganizationRecord:
    """Return the organization, without members."""
    record = load_records("fernhill")["organization"]
    return OrganizationRecord(
        NAMESPACE,
        derive_account_uuid(NAMESPACE),
        full_name=record["full_name"],
        joined_at=now + parse_offset(record["joined_at"]),
        badge=record["badge"],
    )


def build_repositories(now: float) -> list[RepositoryRecord]:
    """Return the repositories of the organization."""
    return [_build_repository(record, now) for record in load_records("fernhill")["repositories"]]


def _build_repository(record: dict[str, Any], now: float) -> RepositoryRecord:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in record.items()
    }
    name, age_days = fields["name"], fields.pop("age_days")
    tags, tag_count = fields.pop("tags", ()), fields.pop("daily_tag_count", 0)
    return RepositoryRecord(
        id=derive_number("repository", NAMESPACE, name, below=2**31),
        namespace=NAMESPACE,
        registered_at=now - (age_days + REGISTERED_DAYS) * DAY,
        updated_at=now - age_days * DAY,
        media_types=(OCI_INDEX,),
        storage_size=derive_number("storage", NAMESPACE, name, below=10**9),
        make_tags=partial(_build_tags, name, tags, tag_count, now),
        **fields,
    )


def _build_tags(
    repository: str, records: tuple[dict[str, Any], ...], daily_tag_count: int, now: float
) -> list[TagRecord]:
    daily = [{"name": f"day-{day:03}", "pushed_at": f"-{day + 1}d"} for day in range(daily_tag_count)]
    return [_build_tag(repository, record, now) for record in (*records, *daily)]


def _build_tag(repository: str, record: dict[str, Any], now: float) -> TagRecord:
    fields = resolve_timestamps(record, now)
    name, platforms = fields["name"], fields.pop("platforms", "desktop")
    architectures = fields.pop("inactive_architectures", ())
    return TagRecord(
        **{"pulled_at": None, "media_type": OCI_INDEX} | fields,
        build_key=name,
        platforms=PLATFORM_SETS[platforms] if platforms else (),
        size=TAG_SIZE + derive_number(repository, name, below=1_000_000),
        updater=UPDATER,
        created_at=CONTENT_EPOCH + parse_offset(record["pushed_at"]) - BUILD_SECONDS,
        base=choose_base_image(repository, "bookworm-slim", 0, TAG_SIZE),
        inactive_architectures=tuple(architectures),
    )
