"""The tags of a repository: list, read, check and delete them."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockerhub_mcp.sandbox.access import (
    can_read_tags,
    get_modifiable_repository,
    get_visible_repository,
    reject_oat_caller,
)
from dockerhub_mcp.sandbox.audit import record_audit_event
from dockerhub_mcp.sandbox.context import get_caller, get_hub
from dockerhub_mcp.sandbox.errors import (
    forbidden_error,
    immutable_tag_error,
    offset_too_large_error,
    tag_not_found_error,
    tag_page_not_found_error,
)
from dockerhub_mcp.sandbox.handlers.immutable_tags import is_immutable_tag
from dockerhub_mcp.sandbox.handlers.tag_serializers import (
    encode_tag,
    serialize_images,
    serialize_layers,
    serialize_tag,
)
from dockerhub_mcp.sandbox.paging import build_page_body, encode_page, parse_ordering, parse_page_request
from dockerhub_mcp.sandbox.state import RepositoryRecord, TagRecord

# The Hub sorts tags in reverse: the field without a sign means descending.
ORDERINGS: dict[str, tuple[Callable[[TagRecord], Any], bool]] = {
    "last_updated": (attrgetter("pushed_at"), True),
    "-last_updated": (attrgetter("pushed_at"), False),
    "name": (attrgetter("name"), True),
    "-name": (attrgetter("name"), False),
}


async def list_tags(request: Request) -> Response:
    """List the tags of a repository."""
    caller, hub = get_caller(request), get_hub(request)
    repository = _get_readable_repository(request)
    page_request = parse_page_request(request)
    key, is_descending = parse_ordering(request, ORDERINGS, "last_updated")
    if caller.kind == "anonymous" and page_request.offset >= hub.anonymous_tag_offset:
        raise offset_too_large_error()
    tags = _filter_tags(request, repository.tags)
    tags.sort(key=attrgetter("name"))
    tags.sort(key=key, reverse=is_descending)
    listed = tags[: repository.max_listed_tags]
    if page_request.is_out_of_range(len(listed)):
        raise tag_page_not_found_error(repository.namespace, repository.name)
    now = hub.now()
    results = [encode_tag(repository, tag, now) for tag in page_request.slice_entries(listed)]
    body = build_page_body(request, page_request, len(listed), []) | {"count": len(tags)}
    return Response(encode_page(body, results), media_type="application/json")


async def check_tags(request: Request) -> Response:
    """Respond with status 200 if a repository has any tags, 404 otherwise."""
    repository = _get_readable_repository(request)
    if not repository.tags:
        raise tag_page_not_found_error(repository.namespace, repository.name)
    return Response(status_code=200)


async def get_tag(request: Request) -> JSONResponse:
    """Return a tag."""
    repository = _get_readable_repository(request)
    tag = _find_tag(repository, request.path_params["tag"])
    return JSONResponse(serialize_tag(repository, tag, get_hub(request).now()))


async def list_images(request: Request) -> JSONResponse:
    """List the images of a tag with their layers, under an older path that does not accept OATs."""
    reject_oat_caller(request)
    repository = _get_readable_repository(request)
    tag = _find_tag(repository, request.path_params["tag"])
    images = serialize_images(repository, tag, get_hub(request).now())
    layers = serialize_layers(repository, tag)
    return JSONResponse([image | {"layers": own} for image, own in zip(images, layers, strict=True)])


async def delete_tag(request: Request) -> Response:
    """Delete a tag; other tags of the same image stay."""
    repository = get_modifiable_repository(request, "admin", "scope-tag-admin")
    namespace, name = repository.namespace, repository.name
    tag = _find_tag(repository, request.path_params["tag"])
    if is_immutable_tag(repository, tag.name):
        raise immutable_tag_error(namespace, name, tag.name)
    repository.remove_tag(tag)
    repository.modified_at = get_hub(request).now()
    description = f"deleted the tag {tag.name} of the repository {namespace}/{name}"
    record_audit_event(
        request, namespace, "repo.tag.delete", f"{namespace}/{name}", description, tag=tag.name
    )
    return Response(status_code=204)


async def delete_tag_legacy(request: Request) -> Response:
    """Delete a tag under the older path, which does not accept OATs."""
    reject_oat_caller(request)
    return await delete_tag(request)


def _get_readable_repository(request: Request) -> RepositoryRecord:
    caller = get_caller(request)
    namespace, name = request.path_params["namespace"], request.path_params["repository"]
    repository = get_visible_repository(request, caller, namespace, name)
    if not can_read_tags(caller, repository):
        raise forbidden_error()
    return repository


def _find_tag(repository: RepositoryRecord, name: str) -> TagRecord:
    for tag in repository.tags:
        if tag.name == name:
            return tag
    raise tag_not_found_error(repository.namespace, repository.name, name)


def _filter_tags(request: Request, tags: list[TagRecord]) -> list[TagRecord]:
    query = request.query_params
    name_part, architecture, os = query.get("name", ""), query.get("architecture"), query.get("os")
    if not (name_part or architecture or os):
        return list(tags)
    return [
        tag
        for tag in tags
        if name_part in tag.name
        and (not architecture or any(platform.architecture == architecture for platform in tag.platforms))
        and (not os or any(platform.os == os for platform in tag.platforms))
    ]
