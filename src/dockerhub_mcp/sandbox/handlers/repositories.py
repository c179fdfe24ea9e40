"""Repositories: list, read, create, change and delete them."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import (
    filter_listed_repositories,
    get_modifiable_repository,
    get_visible_repository,
    reject_oat_caller,
    require_create_permission,
)
from dockerhub_mcp.sandbox.audit import record_repository_event
from dockerhub_mcp.sandbox.context import get_caller, get_hub, read_json_object, require_authenticated_caller
from dockerhub_mcp.sandbox.data.deterministic import derive_number
from dockerhub_mcp.sandbox.errors import (
    SandboxHTTPError,
    invalid_field_error,
    not_found_error,
    offset_too_large_error,
)
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.immutable_tags import apply_immutable_tags_settings
from dockerhub_mcp.sandbox.handlers.repository_serializers import (
    ACTIVE_STATUS,
    INACTIVE_STATUS,
    serialize_repository,
    serialize_repository_summary,
)
from dockerhub_mcp.sandbox.paging import build_page_body, parse_ordering, parse_page_request
from dockerhub_mcp.sandbox.state import RepositoryRecord

NAME_PATTERN = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
MIN_NAME_LENGTH, MAX_NAME_LENGTH = 2, 255
MAX_DESCRIPTION_LENGTH = 100
MAX_FULL_DESCRIPTION_LENGTH = 25_000
IMMUTABLE_TAGS_FIELDS = ("immutable_tags", "immutable_tags_rules")
# The Hub sorts dates in reverse: the field without a sign means newest first.
ORDERINGS: dict[str, tuple[Callable[[RepositoryRecord], Any], bool]] = {
    "name": (lambda repository: repository.name, False),
    "-name": (lambda repository: repository.name, True),
    "last_updated": (lambda repository: repository.updated_at, True),
    "-last_updated": (lambda repository: repository.updated_at, False),
    "pull_count": (lambda repository: repository.pull_count, True),
    "-pull_count": (lambda repository: repository.pull_count, False),
}


class _RepositoryChanges(NamedTuple):
    description: str | None
    full_description: str | None
    status: int | None


async def list_repositories(request: Request) -> JSONResponse:
    """List the repositories of a namespace that the caller can see."""
    caller, hub = get_caller(request), get_hub(request)
    page_request = parse_page_request(request)
    key, is_descending = parse_ordering(request, ORDERINGS, "last_updated")
    if caller.kind == "anonymous" and page_request.offset >= hub.anonymous_repository_offset:
        raise offset_too_large_error()
    namespace = request.path_params["namespace"]
    in_namespace = [r for r in hub.state.repositories.values() if r.namespace == namespace]
    listed = filter_listed_repositories(hub.state, caller, in_namespace)
    repositories = _filter_repositories(request, listed)
    if page_request.is_out_of_range(len(repositories)):
        raise not_found_error()
    repositories.sort(key=lambda repository: repository.name)
    repositories.sort(key=key, reverse=is_descending)
    results = [
        serialize_repository_summary(hub.state, caller, repository)
        for repository in page_request.slice_entries(repositories)
    ]
    return JSONResponse(build_page_body(request, page_request, len(repositories), results))


async def get_repository(request: Request) -> JSONResponse:
    """Return a repository."""
    namespace, name = request.path_params["namespace"], request.path_params["repository"]
    repository = get_visible_repository(request, get_caller(request), namespace, name)
    return _build_repository_response(request, repository)


async def list_repositories_legacy(request: Request) -> JSONResponse:
    """List repositories under the older path, which does not accept OATs."""
    reject_oat_caller(request)
    return await list_repositories(request)


async def get_repository_legacy(request: Request) -> JSONResponse:
    """Return a repository under the older path, which does not accept OATs."""
    reject_oat_caller(request)
    return await get_repository(request)


async def create_repository(request: Request) -> JSONResponse:
    """Create a repository."""
    caller, hub = require_authenticated_caller(request), get_hub(request)
    namespace = request.path_params["namespace"]
    fields = FieldReader(await read_json_object(request))
    name = _read_name(fields)
    if fields.body.get("namespace", namespace) != namespace:
        fields.add_error("namespace", "differs from the namespace in the path")
    description, full_description = _read_descriptions(fields)
    is_private = fields.body.get("is_private", False)
    if not isinstance(is_private, bool):
        fields.add_error("is_private", "not a boolean")
    fields.raise_errors()
    require_create_permission(hub.state, caller, namespace)
    if (namespace, name) in hub.state.repositories:
        raise SandboxHTTPError(400, {"__all__": ["Repository with this Name and Namespace already exists."]})
    repository = RepositoryRecord(
        id=derive_number("repository", namespace, name, below=2**31),
        namespace=namespace,
        name=name,
        description=description or "",
        registered_at=hub.now(),
        updated_at=hub.now(),
        is_private=is_private,
        status=INACTIVE_STATUS,
        overview=full_description,
        media_types=(),
        content_types=(),
    )
    hub.state.add_repository(repository)
    privacy = "private" if is_private else "public"
    record_repository_event(request, repository, "create", "created the repository", privacy=privacy)
    return _build_repository_response(request, repository, 201)


async def update_repository(request: Request) -> JSONResponse:
    """Change the descriptions and the status of a repository; fields that are left out stay unchanged."""
    repository = get_modifiable_repository(
        request, "write", "scope-repository-edit", "scope-repository-admin"
    )
    fields = FieldReader(await read_json_object(request))
    return _apply_changes(request, repository, _read_changes(repository, fields))


async def update_repository_legacy(request: Request) -> JSONResponse:
    """Change a repository under the older path, which takes immutable tag rules separated by commas."""
    reject_oat_caller(request)
    repository = get_modifiable_repository(request, "write")
    fields = FieldReader(await read_json_object(request))
    changes = _read_changes(repository, fields)
    if any(fields.has_value(name) for name in IMMUTABLE_TAGS_FIELDS):
        get_modifiable_repository(request, "admin")
        text = fields.read_text("immutable_tags_rules")
        rules = None if text is None else [rule for rule in text.split(",") if rule]
        is_enabled = fields.read_bool("immutable_tags")
        apply_immutable_tags_settings(request, repository, fields, is_enabled, rules)
    return _apply_changes(request, repository, changes)


async def delete_repository(request: Request) -> Response:
    """Delete a repository with all its tags."""
    repository = get_modifiable_repository(request, "admin", "scope-repository-admin")
    _remove_repository(request, repository)
    return Response(status_code=204)


async def delete_repository_legacy(request: Request) -> Response:
    """Delete a repository under the older path, which responds with 202 Accepted."""
    reject_oat_caller(request)
    repository = get_modifiable_repository(request, "admin")
    _remove_repository(request, repository)
    return Response(status_code=202)


async def set_repository_privacy(request: Request) -> JSONResponse:
    """Make a repository private or public."""
    reject_oat_caller(request)
    repository = get_modifiable_repository(request, "admin")
    fields = FieldReader(await read_json_object(request))
    is_private = bool(fields.read_bool("is_private", required=True))
    fields.raise_errors()
    if is_private != repository.is_private:
        before, after = ("public", "private") if is_private else ("private", "public")
        repository.is_private = is_private
        repository.modified_at = get_hub(request).now()
        record_repository_event(request, repository, f"privacy.set_{after}", f"made {after}", previous=before)
    return _build_repository_response(request, repository)


def _build_repository_response(
    request: Request, repository: RepositoryRecord, status: int = 200
) -> JSONResponse:
    body = serialize_repository(get_hub(request).state, get_caller(request), repository)
    return JSONResponse(body, status)


def _filter_repositories(request: Request, repositories: list[RepositoryRecord]) -> list[RepositoryRecord]:
    query = request.query_params
    name_part = query.get("name", "").lower()
    media_types = {value for value in query.get("media_types", "").split(",") if value}
    content_types = {value for value in query.get("content_types", "").split(",") if value}
    return [
        repository
        for repository in repositories
        if name_part in repository.name
        and (not media_types or media_types & set(repository.media_types))
        and (not content_types or content_types & set(repository.content_types))
    ]


def _read_name(fields: FieldReader) -> str:
    name = fields.body.get("name")
    if (
        isinstance(name, str)
        and MIN_NAME_LENGTH <= len(name) <= MAX_NAME_LENGTH
        and NAME_PATTERN.fullmatch(name)
    ):
        return name
    fields.add_error("name", "not a valid repository name")
    return ""


def _read_descriptions(fields: FieldReader) -> tuple[str | None, str | None]:
    description = fields.read_text("description", max_length=MAX_DESCRIPTION_LENGTH)
    return description, fields.read_text("full_description", max_length=MAX_FULL_DESCRIPTION_LENGTH)


def _read_changes(repository: RepositoryRecord, fields: FieldReader) -> _RepositoryChanges:
    description, full_description = _read_descriptions(fields)
    status = fields.read_int("status")
    if status not in {None, ACTIVE_STATUS, INACTIVE_STATUS}:
        fields.add_error("status", "must be 0 or 1")
    fields.raise_errors()
    if status == ACTIVE_STATUS and repository.status != ACTIVE_STATUS and not repository.tags:
        message = "a repository without images cannot be activated"
        raise invalid_field_error(message, "status")
    return _RepositoryChanges(description, full_description, status)


def _apply_changes(
    request: Request, repository: RepositoryRecord, changes: _RepositoryChanges
) -> JSONResponse:
    changed_fields = []
    if changes.description is not None:
        repository.description = changes.description
        changed_fields.append("description")
    if changes.full_description is not None:
        repository.full_description = changes.full_description
        changed_fields.append("full_description")
    if changed_fields:
        event, prefix = "change.description", "changed the description of"
        record_repository_event(request, repository, event, prefix, fields=",".join(changed_fields))
    if changes.status is not None and changes.status != repository.status:
        repository.status = changes.status
        status = "active" if changes.status == ACTIVE_STATUS else "inactive"
        record_repository_event(request, repository, "change.status", f"made {status}", status=status)
        changed_fields.append("status")
    if changed_fields:
        repository.modified_at = get_hub(request).now()
    return _build_repository_response(request, repository)


def _remove_repository(request: Request, repository: RepositoryRecord) -> None:
    del get_hub(request).state.repositories[repository.namespace, repository.name]
    record_repository_event(request, repository, "delete", "deleted the repository")
