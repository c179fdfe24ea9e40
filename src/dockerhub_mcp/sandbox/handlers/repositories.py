"""Repositories: lists, single ones, and creating them."""

import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import (
    affiliation,
    listed,
    permissions,
    require_creator,
    visible_repository,
)
from dockerhub_mcp.sandbox.auth import Caller
from dockerhub_mcp.sandbox.context import caller, hub, json_object, signed_in
from dockerhub_mcp.sandbox.data.deterministic import number, optional_stamp, stamp
from dockerhub_mcp.sandbox.errors import (
    RefusalError,
    invalid_fields,
    not_found,
    offset_too_large,
    organization_access_token_refused,
)
from dockerhub_mcp.sandbox.fields import is_text
from dockerhub_mcp.sandbox.ordering import requested
from dockerhub_mcp.sandbox.paging import listing, page
from dockerhub_mcp.sandbox.state import AuditEvent, Repository, State

NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
SHORTEST_NAME, LONGEST_NAME = 2, 255
LONGEST_DESCRIPTION = 100
LONGEST_FULL_DESCRIPTION = 25_000
# Dates run backwards: the plain field means newest first.
ORDERINGS: dict[str, tuple[Callable[[Repository], Any], bool]] = {
    "name": (lambda repository: repository.name, False),
    "-name": (lambda repository: repository.name, True),
    "last_updated": (lambda repository: repository.updated, True),
    "-last_updated": (lambda repository: repository.updated, False),
    "pull_count": (lambda repository: repository.pull_count, False),
    "-pull_count": (lambda repository: repository.pull_count, True),
}


async def list_repositories(request: Request) -> JSONResponse:
    """The repositories of a namespace that the caller may know of."""
    asking = caller(request)
    here = hub(request)
    wanted = page(request)
    key, reverse = requested(request, ORDERINGS, "last_updated")
    if asking.kind == "anonymous" and wanted.offset >= here.anonymous_repository_offset:
        raise offset_too_large()
    namespace = request.path_params["namespace"]
    inside = [found for found in here.state.repositories.values() if found.namespace == namespace]
    found = _filtered(request, listed(here.state, asking, inside))
    if wanted.is_past_the_end(len(found)):
        raise not_found()
    found.sort(key=lambda repository: repository.name)
    found.sort(key=key, reverse=reverse)
    entries = [entry(here.state, asking, repository) for repository in wanted.of(found)]
    return JSONResponse(listing(request, wanted, len(found), entries))


async def get_repository(request: Request) -> JSONResponse:
    """One repository."""
    asking = caller(request)
    params = request.path_params
    found = visible_repository(request, asking, params["namespace"], params["repository"])
    return JSONResponse(info(hub(request).state, asking, found))


async def legacy_list_repositories(request: Request) -> JSONResponse:
    """The same list under the older path, which OATs may not use."""
    refuse_organization_access_token(request)
    return await list_repositories(request)


async def legacy_get_repository(request: Request) -> JSONResponse:
    """One repository under the older path, which OATs may not use."""
    refuse_organization_access_token(request)
    return await get_repository(request)


async def create_repository(request: Request) -> JSONResponse:
    """Create a repository."""
    asking = signed_in(request)
    here = hub(request)
    namespace = request.path_params["namespace"]
    body = await json_object(request)
    problems = _problems(body, namespace)
    if problems:
        raise invalid_fields(problems)
    require_creator(here.state, asking, namespace)
    name = body["name"]
    if (namespace, name) in here.state.repositories:
        raise RefusalError(400, {"__all__": ["Repository with this Name and Namespace already exists."]})
    created = Repository(
        id=number("repository", namespace, name, below=2**31),
        namespace=namespace,
        name=name,
        description=body.get("description") or "",
        registered=here.now(),
        updated=here.now(),
        is_private=body.get("is_private", False),
        status=0,
        overview=body.get("full_description"),
        media_types=(),
        content_types=(),
    )
    here.state.add(created)
    event = AuditEvent(
        account=namespace,
        action="repo.create",
        name=f"{namespace}/{name}",
        actor=asking.name,
        at=here.now(),
        description=f"created the repository {namespace}/{name}",
        data={"privacy": "private" if created.is_private else "public"},
    )
    here.state.audit_events.append(event)
    return JSONResponse(info(here.state, asking, created), 201)


def entry(state: State, asking: Caller, repository: Repository) -> dict[str, Any]:
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
        "last_updated": stamp(repository.updated),
        "last_modified": optional_stamp(repository.modified, 3),
        "date_registered": stamp(repository.registered),
        "affiliation": affiliation(state, asking, repository.namespace),
        "media_types": list(repository.media_types),
        "content_types": list(repository.content_types),
        "categories": [{"name": name, "slug": slug} for name, slug in repository.categories],
        "storage_size": repository.storage_size,
    }


def info(state: State, asking: Caller, repository: Repository) -> dict[str, Any]:
    """A repository as it shows itself."""
    return {
        **entry(state, asking, repository),
        "user": repository.namespace,
        "hub_user": repository.namespace,
        "is_automated": False,
        "collaborator_count": len(repository.permissions),
        "has_starred": False,
        "full_description": repository.full_description,
        "permissions": permissions(state, asking, repository).as_json(),
        "immutable_tags_settings": {
            "enabled": repository.immutable_tags,
            "rules": list(repository.immutable_tags_rules),
        },
        "source": None,
    }


def refuse_organization_access_token(request: Request) -> None:
    """Refuse OATs, as all older paths do."""
    if caller(request).kind == "oat":
        raise organization_access_token_refused()


def _filtered(request: Request, repositories: list[Repository]) -> list[Repository]:
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


def _problems(body: dict[str, Any], namespace: str) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    name = body.get("name")
    if (
        not isinstance(name, str)
        or not SHORTEST_NAME <= len(name) <= LONGEST_NAME
        or not NAME.fullmatch(name)
    ):
        problems["name"] = ["not a valid repository name"]
    if body.get("namespace", namespace) != namespace:
        problems["namespace"] = ["differs from the namespace in the path"]
    for field, longest in (
        ("description", LONGEST_DESCRIPTION),
        ("full_description", LONGEST_FULL_DESCRIPTION),
    ):
        value = body.get(field)
        if value is not None and not (isinstance(value, str) and is_text(value)):
            problems[field] = ["not a string"]
        elif value is not None and len(value) > longest:
            problems[field] = [f"longer than {longest} characters"]
    if not isinstance(body.get("is_private", False), bool):
        problems["is_private"] = ["not a boolean"]
    return problems
