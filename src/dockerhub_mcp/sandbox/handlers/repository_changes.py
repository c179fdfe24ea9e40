"""Changing and deleting repositories."""

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import changeable_repository
from dockerhub_mcp.sandbox.context import caller, hub, json_object
from dockerhub_mcp.sandbox.errors import invalid
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.handlers.immutable_tags import replace_rules
from dockerhub_mcp.sandbox.handlers.recording import record_repository
from dockerhub_mcp.sandbox.handlers.repositories import (
    LONGEST_DESCRIPTION,
    LONGEST_FULL_DESCRIPTION,
    info,
    refuse_organization_access_token,
)
from dockerhub_mcp.sandbox.state import Repository

ACTIVE, INACTIVE = 1, 0
RULES = ("immutable_tags", "immutable_tags_rules")


class _Changes(NamedTuple):
    description: str | None
    full_description: str | None
    status: int | None


async def update_repository(request: Request) -> JSONResponse:
    """Change the texts and the status of a repository; what is not named stays."""
    found = changeable_repository(request, "write", "scope-repository-edit", "scope-repository-admin")
    fields = Fields(await json_object(request))
    return _update(request, found, _read(found, fields))


async def legacy_update_repository(request: Request) -> JSONResponse:
    """The same under the older path, where the rules for immutable tags are one text with commas."""
    refuse_organization_access_token(request)
    found = changeable_repository(request, "write")
    fields = Fields(await json_object(request))
    changes = _read(found, fields)
    if any(fields.has(name) for name in RULES):
        changeable_repository(request, "admin")
        rules = fields.text("immutable_tags_rules")
        listed = None if rules is None else [rule for rule in rules.split(",") if rule]
        replace_rules(request, found, fields, fields.flag("immutable_tags"), listed)
    return _update(request, found, changes)


async def delete_repository(request: Request) -> Response:
    """Delete a repository with all its tags."""
    found = changeable_repository(request, "admin", "scope-repository-admin")
    _delete(request, found)
    return Response(status_code=204)


async def legacy_delete_repository(request: Request) -> Response:
    """The same under the older path, which says that it will happen rather than that it has."""
    refuse_organization_access_token(request)
    found = changeable_repository(request, "admin")
    _delete(request, found)
    return Response(status_code=202)


async def set_privacy(request: Request) -> JSONResponse:
    """Hide a repository from the public, or show it."""
    refuse_organization_access_token(request)
    found = changeable_repository(request, "admin")
    fields = Fields(await json_object(request))
    wanted = fields.flag("is_private", required=True)
    fields.check()
    private = bool(wanted)
    if private != found.is_private:
        before, after = ("public", "private") if private else ("private", "public")
        found.is_private = private
        found.modified = hub(request).now()
        record_repository(request, found, f"privacy.set_{after}", f"made {after}", previous=before)
    return JSONResponse(info(hub(request).state, caller(request), found))


def _read(repository: Repository, fields: Fields) -> _Changes:
    description = fields.text("description", longest=LONGEST_DESCRIPTION)
    full_description = fields.text("full_description", longest=LONGEST_FULL_DESCRIPTION)
    status = fields.number("status")
    if status not in {None, ACTIVE, INACTIVE}:
        fields.wrong("status", "must be 0 or 1")
    fields.check()
    if status == ACTIVE and repository.status != ACTIVE and not repository.tags:
        problem = "a repository without images cannot be activated"
        raise invalid(problem, "status")
    return _Changes(description, full_description, status)


def _update(request: Request, repository: Repository, changes: _Changes) -> JSONResponse:
    texts = {"description": changes.description, "full_description": changes.full_description}
    status = changes.status
    changed = [name for name, value in texts.items() if value is not None]
    if changes.description is not None:
        repository.description = changes.description
    if changes.full_description is not None:
        repository.full_description = changes.full_description
    if changed:
        record_repository(
            request,
            repository,
            "change.description",
            "changed the description of",
            fields=",".join(changed),
        )
    if status is not None and status != repository.status:
        repository.status = status
        word = "active" if status == ACTIVE else "inactive"
        record_repository(request, repository, "change.status", f"made {word}", status=word)
        changed.append("status")
    if changed:
        repository.modified = hub(request).now()
    return JSONResponse(info(hub(request).state, caller(request), repository))


def _delete(request: Request, repository: Repository) -> None:
    del hub(request).state.repositories[repository.namespace, repository.name]
    record_repository(request, repository, "delete", "deleted the repository")
