"""Deleting tags."""

from starlette.requests import Request
from starlette.responses import Response

from dockerhub_mcp.sandbox.access import changeable_repository
from dockerhub_mcp.sandbox.context import hub
from dockerhub_mcp.sandbox.errors import tag_is_immutable, tag_not_found
from dockerhub_mcp.sandbox.handlers.immutable_tags import is_immutable
from dockerhub_mcp.sandbox.handlers.recording import record
from dockerhub_mcp.sandbox.handlers.repositories import refuse_organization_access_token


async def delete_tag(request: Request) -> Response:
    """Delete a tag; other tags of the same image stay."""
    found = changeable_repository(request, "admin", "scope-tag-admin")
    name = request.path_params["tag"]
    where = (found.namespace, found.name, name)
    tag = next((tag for tag in found.tags if tag.name == name), None)
    if tag is None:
        raise tag_not_found(*where)
    if is_immutable(found, name):
        raise tag_is_immutable(*where)
    found.tags.remove(tag)
    found.modified = hub(request).now()
    repository = f"{found.namespace}/{found.name}"
    words = f"deleted the tag {name} of the repository {repository}"
    record(request, found.namespace, "repo.tag.delete", repository, words, tag=name)
    return Response(status_code=204)


async def legacy_delete_tag(request: Request) -> Response:
    """The same under the older path, which OATs may not use."""
    refuse_organization_access_token(request)
    return await delete_tag(request)
