"""The repository with 3,000 tags, as years of releases, branches and pull requests leave them."""

from functools import partial
from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import derive_number
from dockerhub_mcp.sandbox.data.files import load_records
from dockerhub_mcp.sandbox.data.milldale.branch_builds import build_branch_tags
from dockerhub_mcp.sandbox.data.milldale.former_tags import build_former_tags
from dockerhub_mcp.sandbox.data.milldale.releases import build_controller_releases
from dockerhub_mcp.sandbox.data.platforms import DESKTOP_PLATFORMS
from dockerhub_mcp.sandbox.data.releases import TagTemplate, parse_release_lines
from dockerhub_mcp.sandbox.state import RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY

NAME = "controller"
TAG_COUNT = 3000
REGISTERED_DAYS = 4300


def build_controller(namespace: str, now: float) -> RepositoryRecord:
    """Return the repository; its tags and former tags are built on first use."""
    record = load_records(namespace)[NAME]
    updater = f"{namespace}-ci"
    template = TagTemplate(namespace, NAME, record["size"], DESKTOP_PLATFORMS, updater=updater)
    return RepositoryRecord(
        id=derive_number("repository", namespace, NAME, below=2**31),
        namespace=namespace,
        name=NAME,
        description=record["description"],
        registered_at=now - REGISTERED_DAYS * DAY,
        updated_at=now - record["age_days"] * DAY,
        is_private=True,
        pull_count=record["pull_count"],
        storage_size=None,
        immutable_tags=True,
        immutable_tags_rules=tuple(record["immutable_tags_rules"]),
        permissions=dict(record["permissions"]),
        make_tags=partial(_build_tags, template, record, now),
        make_former_tags=partial(_build_former_tags, template, record, now),
    )


def _build_tags(template: TagTemplate, record: dict[str, Any], now: float) -> list[TagRecord]:
    releases = build_controller_releases(template, parse_release_lines(record["release_lines"]), now)
    total = TAG_COUNT - len(releases)
    return [*releases, *build_branch_tags(template, tuple(record["features"]), total, now)]


def _build_former_tags(template: TagTemplate, record: dict[str, Any], now: float) -> list[TagRecord]:
    return build_former_tags(template, _build_tags(template, record, now), now)
