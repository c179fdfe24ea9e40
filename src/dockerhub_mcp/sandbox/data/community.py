"""Repositories that other publishers offer around well-known images, so that searches have many results."""

from functools import partial
from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import derive_fraction, derive_number
from dockerhub_mcp.sandbox.data.files import find_categories, load_records
from dockerhub_mcp.sandbox.data.people import derive_account_uuid
from dockerhub_mcp.sandbox.data.platforms import PLATFORM_SETS
from dockerhub_mcp.sandbox.data.readmes import render_published_readme
from dockerhub_mcp.sandbox.data.releases import NamedBuild, TagTemplate, build_named_tags
from dockerhub_mcp.sandbox.media_types import CONTAINER_CONFIG, HELM_CONFIG
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord
from dockerhub_mcp.sandbox.timestamps import DAY


def build_publishers(now: float) -> list[OrganizationRecord]:
    """Return the organizations of the publishers."""
    return [
        OrganizationRecord(
            uuid=derive_account_uuid(record["name"]),
            joined_at=now - (1200 + 2000 * derive_fraction("joined", record["name"])) * DAY,
            **record,
        )
        for record in load_records("community")["publishers"]
    ]


def build_repositories(now: float) -> list[RepositoryRecord]:
    """Return the repositories of all publishers."""
    return [_build_repository(record, now) for record in load_records("community")["repositories"]]


def _build_repository(record: dict[str, Any], now: float) -> RepositoryRecord:
    namespace, name, description = record["namespace"], record["name"], record["description"]
    age_days = record["age_days"]
    platforms = PLATFORM_SETS[record.get("platforms", "desktop")]
    template = TagTemplate(namespace, name, 41_000_000, platforms, updater=f"{namespace}ci")
    builds = (
        NamedBuild(age_days, "latest 3.4.1 3.4 3"),
        NamedBuild(age_days + 30, "3.4.0"),
        NamedBuild(age_days + 90, "3.3.9"),
    )
    is_chart = name.endswith("-chart")
    return RepositoryRecord(
        id=derive_number("repository", namespace, name, below=2**31),
        namespace=namespace,
        name=name,
        description=description,
        registered_at=now - (age_days + 900 + 600 * derive_fraction("registered", namespace, name)) * DAY,
        updated_at=now - age_days * DAY,
        star_count=record["star_count"],
        pull_count=record["pull_count"],
        overview=partial(render_published_readme, namespace, name, description),
        categories=find_categories([record["category"]]),
        media_types=(HELM_CONFIG if is_chart else CONTAINER_CONFIG,),
        content_types=("helm" if is_chart else "image",),
        storage_size=derive_number("storage", namespace, name, below=3 * 10**10),
        make_tags=partial(build_named_tags, template, builds, now),
    )
