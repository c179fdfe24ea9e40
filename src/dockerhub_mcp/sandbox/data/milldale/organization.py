"""The organization with its members and teams, and its repositories."""

from functools import partial
from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.data.files import load_records, resolve_timestamps
from dockerhub_mcp.sandbox.data.listed_repositories import (
    build_listed_organization,
    build_listed_repositories,
)
from dockerhub_mcp.sandbox.data.milldale.controller import build_controller
from dockerhub_mcp.sandbox.data.milldale.derived_tags import add_platform_tags, add_signatures
from dockerhub_mcp.sandbox.state import GroupRecord, MemberRecord, OrganizationRecord, RepositoryRecord

NAMESPACE = "milldale"
FIRST_GROUP_ID = 2001
DERIVED_TAGS = {"platform-tags": add_platform_tags, "signed": add_signatures}
"""For some repositories, a function that adds the tags which follow from the listed ones."""


def build_organization(now: float) -> OrganizationRecord:
    """Return the organization with its members and teams."""
    records = load_records(NAMESPACE)
    organization = build_listed_organization(NAMESPACE, now)
    organization.members = [MemberRecord(**resolve_timestamps(record, now)) for record in records["members"]]
    organization.groups = [_build_group(index, record) for index, record in enumerate(records["groups"])]
    return organization


def build_repositories(now: float) -> list[RepositoryRecord]:
    """Return the repository with 3,000 tags, and one for each special case of cleaning up."""
    repositories = build_listed_repositories(NAMESPACE, now)
    for repository in repositories:
        repository.is_private = True
        repository.storage_size = None
        add_tags = DERIVED_TAGS.get(repository.name)
        if add_tags is not None:
            repository.make_tags = partial(add_tags, NAMESPACE, repository.name, repository.make_tags)
    return [build_controller(NAMESPACE, now), *repositories]


def _build_group(index: int, record: dict[str, Any]) -> GroupRecord:
    uuid = derive_uuid("group", NAMESPACE, record["name"])
    return GroupRecord(FIRST_GROUP_ID + index, uuid, **{**record, "members": list(record["members"])})
