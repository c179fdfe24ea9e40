"""Serialize repositories for responses."""

from typing import Any

from dockerhub_mcp.sandbox.access import get_affiliation, resolve_permissions
from dockerhub_mcp.sandbox.auth import SandboxCaller
from dockerhub_mcp.sandbox.data.images.inventory import measure_storage
from dockerhub_mcp.sandbox.state import ARCHIVED_STATUS, RepositoryRecord, SandboxState
from dockerhub_mcp.sandbox.timestamps import format_optional_timestamp, format_timestamp

ACTIVE_STATUS, INACTIVE_STATUS = 1, 0
STATUS_DESCRIPTIONS = {ACTIVE_STATUS: "active", INACTIVE_STATUS: "inactive", ARCHIVED_STATUS: "archived"}
DEFAULT_IMMUTABLE_TAGS_RULES = [".*"]
"""The rules of a repository without rules of its own, whether they are enabled or not."""


def serialize_repository_summary(
    state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord
) -> dict[str, Any]:
    """Return a repository in the shape of an entry in a list."""
    return {
        "name": repository.name,
        "namespace": repository.namespace,
        "repository_type": repository.repository_type,
        "status": repository.status,
        "status_description": STATUS_DESCRIPTIONS[repository.status],
        "description": repository.description,
        "is_private": repository.is_private,
        "star_count": repository.star_count,
        "pull_count": repository.pull_count,
        "last_updated": format_timestamp(repository.updated_at),
        "last_modified": format_optional_timestamp(repository.modified_at, 3),
        "date_registered": format_timestamp(repository.registered_at),
        "affiliation": get_affiliation(state, caller, repository.namespace),
        "media_types": list(repository.media_types),
        "content_types": list(repository.content_types),
        "categories": [{"name": name, "slug": slug} for name, slug in repository.categories],
        "storage_size": _get_storage_size(repository),
    }


def _get_storage_size(repository: RepositoryRecord) -> int:
    return measure_storage(repository) if repository.storage_size is None else repository.storage_size


def serialize_repository(
    state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord
) -> dict[str, Any]:
    """Return a repository in the shape of a single repository, with all its fields."""
    return {
        **serialize_repository_summary(state, caller, repository),
        "user": repository.namespace,
        "hub_user": repository.namespace,
        "is_automated": False,
        "collaborator_count": len(repository.permissions),
        "has_starred": False,
        "full_description": repository.full_description,
        "permissions": resolve_permissions(state, caller, repository).as_json(),
        "immutable_tags_settings": {
            "enabled": repository.immutable_tags,
            "rules": list(repository.immutable_tags_rules) or DEFAULT_IMMUTABLE_TAGS_RULES,
        },
        "source": None,
    }
