"""Changing and deleting repositories."""

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import get_modifiable_repository
from dockerhub_mcp.sandbox.context import get_caller, get_hub, read_json_object
from dockerhub_mcp.sandbox.errors import invalid_field_error
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.immutable_tags import apply_immutable_tags_settings
from dockerhub_mcp.sandbox.handlers.recording import record_repository_event
from dockerhub_mcp.sandbox.handlers.repositories import (
    MAX_DESCRIPTION_LENGTH,
    MAX_FULL_DESCRIPTION_LENGTH,
    reject_oat_caller,
    serialize_repository,
)
from dockerhub_mcp.sandbox.state import RepositoryRecord

ACTIVE_STATUS, INACTIVE_STATUS = 1, 0
IMMUTABLE_TAGS_FIELDS = ("immutable_tags", "immutable_tags_rules")


class _RepositoryChanges(NamedTuple):
    description: str | None
    full_description: str | None
    status: int | None


async def update_repository(request: Request) -> JSONResponse:
    """Change the texts and the status of a repository; what is not named stays."""
    found = get_modifiable_repository(request, "write", "scope-repository-edit", "scope-repository-admin")
    fields = FieldReader(await read_json_object(request))
    return _apply_changes(request, found, _read_changes(found, fields))


async def update_repository_legacy(request: Request) -> JSONResponse:
    """The same under the older path, where the rules for immutable tags are one text with commas."""
    reject_oat_caller(request)
    found = get_modifiable_repository(request, "write")
    fields = FieldReader(await read_json_object(request))
    changes = _read_changes(found, fields)
    if any(fields.has_value(name) for name in IMMUTABLE_TAGS_FIELDS):
        get_modifiable_repository(request, "admin")
        rules = fields.read_text("immutable_tags_rules")
        listed = None if rules is None else [rule for rule in rules.split(",") if rule]
        apply_immutable_tags_settings(request, found, fields, fields.read_bool("immutable_tags"), listed)
    return _apply_changes(request, found, changes)


async def delete_repository(request: Request) -> Response:
    """Delete a repository with all its tags."""
    found = get_modifiable_repository(request, "admin", "scope-repository-admin")
    _remove_repository(request, found)
    return Response(status_code=204)


async def delete_repository_legacy(request: Request) -> Response:
    """The same under the older path, which says that it will happen rather than that it has."""
    reject_oat_caller(request)
    found = get_modifiable_repository(request, "admin")
    _remove_repository(request, found)
    return Response(status_code=202)


async def set_repository_privacy(request: Request) -> JSONResponse:
    """Hide a repository from the public, or show it."""
    reject_oat_caller(request)
    found = get_modifiable_repository(request, "admin")
    fields = FieldReader(await read_json_object(request))
    wanted = fields.read_bool("is_private", required=True)
    fields.raise_errors()
    private = bool(wanted)
    if private != found.is_private:
        before, after = ("public", "private") if private else ("private", "public")
        found.is_private = private
        found.modified_at = get_hub(request).now()
        record_repository_event(request, found, f"privacy.set_{after}", f"made {after}", previous=before)
    return JSONResponse(serialize_repository(get_hub(request).state, get_caller(request), found))


def _read_changes(repository: RepositoryRecord, fields: FieldReader) -> _RepositoryChanges:
    description = fields.read_text("description", max_length=MAX_DESCRIPTION_LENGTH)
    full_description = fields.read_text("full_description", max_length=MAX_FULL_DESCRIPTION_LENGTH)
    status = fields.read_int("status")
    if status not in {None, ACTIVE_STATUS, INACTIVE_STATUS}:
        fields.add_error("status", "must be 0 or 1")
    fields.raise_errors()
    if status == ACTIVE_STATUS and repository.status != ACTIVE_STATUS and not repository.tags:
        problem = "a repository without images cannot be activated"
        raise invalid_field_error(problem, "status")
    return _RepositoryChanges(description, full_description, status)


def _apply_changes(
    request: Request, repository: RepositoryRecord, changes: _RepositoryChanges
) -> JSONResponse:
    texts = {"description": changes.description, "full_description": changes.full_description}
    status = changes.status
    changed = [name for name, value in texts.items() if value is not None]
    if changes.description is not None:
        repository.description = changes.description
    if changes.full_description is not None:
        repository.full_description = changes.full_description
    if changed:
        record_repository_event(
            request,
            repository,
            "change.description",
            "changed the description of",
            fields=",".join(changed),
        )
    if status is not None and status != repository.status:
        repository.status = status
        word = "active" if status == ACTIVE_STATUS else "inactive"
        record_repository_event(request, repository, "change.status", f"made {word}", status=word)
        changed.append("status")
    if changed:
        repository.modified_at = get_hub(request).now()
    return JSONResponse(serialize_repository(get_hub(request).state, get_caller(request), repository))


def _remove_repository(request: Request, repository: RepositoryRecord) -> None:
    del get_hub(request).state.repositories[repository.namespace, repository.name]
    record_repository_event(request, repository, "delete", "deleted the repository")
