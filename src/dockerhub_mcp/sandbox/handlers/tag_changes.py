"""Deleting tags."""

from starlette.requests import Request
from starlette.responses import Response

from dockerhub_mcp.sandbox.access import get_modifiable_repository
from dockerhub_mcp.sandbox.context import get_hub
from dockerhub_mcp.sandbox.errors import immutable_tag_error, tag_not_found_error
from dockerhub_mcp.sandbox.handlers.immutable_tags import is_immutable_tag
from dockerhub_mcp.sandbox.handlers.recording import record_audit_event
from dockerhub_mcp.sandbox.handlers.repositories import reject_oat_caller


async def delete_tag(request: Request) -> Response:
    """Delete a tag; other tags of the same image stay."""
    found = get_modifiable_repository(request, "admin", "scope-tag-admin")
    name = request.path_params["tag"]
    where = (found.namespace, found.name, name)
    tag = next((tag for tag in found.tags if tag.name == name), None)
    if tag is None:
        raise tag_not_found_error(*where)
    if is_immutable_tag(found, name):
        raise immutable_tag_error(*where)
    found.tags.remove(tag)
    found.modified_at = get_hub(request).now()
    repository = f"{found.namespace}/{found.name}"
    words = f"deleted the tag {name} of the repository {repository}"
    record_audit_event(request, found.namespace, "repo.tag.delete", repository, words, tag=name)
    return Response(status_code=204)


async def delete_tag_legacy(request: Request) -> Response:
    """The same under the older path, which OATs may not use."""
    reject_oat_caller(request)
    return await delete_tag(request)
