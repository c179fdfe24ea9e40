"""Repositories: lists, single ones, and creating them."""

import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import (
    filter_listed_repositories,
    get_affiliation,
    get_visible_repository,
    require_create_permission,
    resolve_permissions,
)
from dockerhub_mcp.sandbox.auth import SandboxCaller
from dockerhub_mcp.sandbox.context import get_caller, get_hub, read_json_object, require_authenticated_caller
from dockerhub_mcp.sandbox.data.deterministic import derive_number
from dockerhub_mcp.sandbox.errors import (
    SandboxHTTPError,
    invalid_fields_error,
    not_found_error,
    oat_not_allowed_error,
    offset_too_large_error,
)
from dockerhub_mcp.sandbox.fields import is_encodable
from dockerhub_mcp.sandbox.ordering import parse_ordering
from dockerhub_mcp.sandbox.paging import build_page_body, parse_page_request
from dockerhub_mcp.sandbox.state import AuditEventRecord, RepositoryRecord, SandboxState
from dockerhub_mcp.sandbox.timestamps import format_optional_timestamp, format_timestamp

NAME_PATTERN = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
MIN_NAME_LENGTH, MAX_NAME_LENGTH = 2, 255
MAX_DESCRIPTION_LENGTH = 100
MAX_FULL_DESCRIPTION_LENGTH = 25_000
# Dates run backwards: the plain field means newest first.
ORDERINGS: dict[str, tuple[Callable[[RepositoryRecord], Any], bool]] = {
    "name": (lambda repository: repository.name, False),
    "-name": (lambda repository: repository.name, True),
    "last_updated": (lambda repository: repository.updated_at, True),
    "-last_updated": (lambda repository: repository.updated_at, False),
    "pull_count": (lambda repository: repository.pull_count, False),
    "-pull_count": (lambda repository: repository.pull_count, True),
}


async def list_repositories(request: Request) -> JSONResponse:
    """The repositories of a namespace that the caller may know of."""
    asking = get_caller(request)
    here = get_hub(request)
    wanted = parse_page_request(request)
    key, reverse = parse_ordering(request, ORDERINGS, "last_updated")
    if asking.kind == "anonymous" and wanted.offset >= here.anonymous_repository_offset:
        raise offset_too_large_error()
    namespace = request.path_params["namespace"]
    inside = [found for found in here.state.repositories.values() if found.namespace == namespace]
    found = _filter_repositories(request, filter_listed_repositories(here.state, asking, inside))
    if wanted.is_out_of_range(len(found)):
        raise not_found_error()
    found.sort(key=lambda repository: repository.name)
    found.sort(key=key, reverse=reverse)
    entries = [
        serialize_repository_summary(here.state, asking, repository)
        for repository in wanted.slice_entries(found)
    ]
    return JSONResponse(build_page_body(request, wanted, len(found), entries))


async def get_repository(request: Request) -> JSONResponse:
    """One repository."""
    asking = get_caller(request)
    params = request.path_params
    found = get_visible_repository(request, asking, params["namespace"], params["repository"])
    return JSONResponse(serialize_repository(get_hub(request).state, asking, found))


async def list_repositories_legacy(request: Request) -> JSONResponse:
    """The same list under the older path, which OATs may not use."""
    reject_oat_caller(request)
    return await list_repositories(request)


async def get_repository_legacy(request: Request) -> JSONResponse:
    """One repository under the older path, which OATs may not use."""
    reject_oat_caller(request)
    return await get_repository(request)


async def create_repository(request: Request) -> JSONResponse:
    """Create a repository."""
    asking = require_authenticated_caller(request)
    here = get_hub(request)
    namespace = request.path_params["namespace"]
    body = await read_json_object(request)
    problems = _validate_new_repository(body, namespace)
    if problems:
        raise invalid_fields_error(problems)
    require_create_permission(here.state, asking, namespace)
    name = body["name"]
    if (namespace, name) in here.state.repositories:
        raise SandboxHTTPError(400, {"__all__": ["Repository with this Name and Namespace already exists."]})
    created = RepositoryRecord(
        id=derive_number("repository", namespace, name, below=2**31),
        namespace=namespace,
        name=name,
        description=body.get("description") or "",
        registered_at=here.now(),
        updated_at=here.now(),
        is_private=body.get("is_private", False),
        status=0,
        overview=body.get("full_description"),
        media_types=(),
        content_types=(),
    )
    here.state.add_repository(created)
    event = AuditEventRecord(
        account=namespace,
        action="repo.create",
        name=f"{namespace}/{name}",
        actor=asking.name,
        timestamp=here.now(),
        description=f"created the repository {namespace}/{name}",
        data={"privacy": "private" if created.is_private else "public"},
    )
    here.state.audit_events.append(event)
    return JSONResponse(serialize_repository(here.state, asking, created), 201)


def serialize_repository_summary(
    state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord
) -> dict[str, Any]:
    """A repository as lists show it."""
    return {
        "name": repository.name,
        "namespace": repository.namespace,
        "repository_type": repository.repository_type,
        "status": repository.status,
        "status_description": "active" if repository.status == 1 else "inactive",
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
        "storage_size": repository.storage_size,
    }


def serialize_repository(
    state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord
) -> dict[str, Any]:
    """A repository as it shows itself."""
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
            "rules": list(repository.immutable_tags_rules),
        },
        "source": None,
    }


def reject_oat_caller(request: Request) -> None:
    """Refuse OATs, as all older paths do."""
    if get_caller(request).kind == "oat":
        raise oat_not_allowed_error()


def _filter_repositories(request: Request, repositories: list[RepositoryRecord]) -> list[RepositoryRecord]:
    query = request.query_params
    part = query.get("name", "").lower()
    media_types = {word for word in query.get("media_types", "").split(",") if word}
    content_types = {word for word in query.get("content_types", "").split(",") if word}
    return [
        repository
        for repository in repositories
        if part in repository.name
        and (not media_types or media_types & set(repository.media_types))
        and (not content_types or content_types & set(repository.content_types))
    ]


def _validate_new_repository(body: dict[str, Any], namespace: str) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    name = body.get("name")
    if (
        not isinstance(name, str)
        or not MIN_NAME_LENGTH <= len(name) <= MAX_NAME_LENGTH
        or not NAME_PATTERN.fullmatch(name)
    ):
        problems["name"] = ["not a valid repository name"]
    if body.get("namespace", namespace) != namespace:
        problems["namespace"] = ["differs from the namespace in the path"]
    for field, longest in (
        ("description", MAX_DESCRIPTION_LENGTH),
        ("full_description", MAX_FULL_DESCRIPTION_LENGTH),
    ):
        value = body.get(field)
        if value is not None and not (isinstance(value, str) and is_encodable(value)):
            problems[field] = ["not a string"]
        elif value is not None and len(value) > longest:
            problems[field] = [f"longer than {longest} characters"]
    if not isinstance(body.get("is_private", False), bool):
        problems["is_private"] = ["not a boolean"]
    return problems
