"""Manifests: read, check and delete them."""

from starlette.requests import Request
from starlette.responses import Response

from dockerhub_mcp.sandbox.data.images.content import Content, describe_build
from dockerhub_mcp.sandbox.data.images.inventory import find_pushed_tag, get_inventory
from dockerhub_mcp.sandbox.data.images.tag_content import TagContent, build_content
from dockerhub_mcp.sandbox.media_types import INDEX_TYPES
from dockerhub_mcp.sandbox.registry.context import find_allowance, get_registry, require_repository
from dockerhub_mcp.sandbox.registry.errors import (
    digest_required_error,
    manifest_referenced_error,
    manifest_unknown_error,
)
from dockerhub_mcp.sandbox.state import RepositoryRecord

DIGEST_PREFIX = "sha256:"
DEFAULT_PLATFORM = ("linux", "amd64")
API_VERSION_HEADERS = {"Docker-Distribution-Api-Version": "registry/2.0"}


async def get_manifest(request: Request) -> Response:
    """Return the manifest of a tag or digest. Only GET counts as a pull."""
    caller, repository = require_repository(request, "pull")
    manifest = _find_manifest(repository, request)
    limits, allowance = get_registry(request).pull_limits, find_allowance(request, caller, repository)
    is_pull = request.method == "GET"
    headers = limits.count_pull(allowance) if is_pull else limits.report(allowance)
    headers |= {
        **API_VERSION_HEADERS,
        "Docker-Content-Digest": manifest.digest,
        "Etag": f'"{manifest.digest}"',
        "Content-Length": str(len(manifest.data)),
    }
    return Response(manifest.data if is_pull else b"", 200, headers, manifest.media_type)


async def delete_manifest(request: Request) -> Response:
    """Delete a manifest that no tag and no index refers to, by digest."""
    _, repository = require_repository(request, "delete")
    reference = request.path_params["reference"]
    if not reference.startswith(DIGEST_PREFIX):
        raise digest_required_error()
    inventory, deleted = get_inventory(repository), repository.deleted_digests
    if reference in deleted or reference not in inventory.manifests:
        raise manifest_unknown_error(reference)
    if inventory.is_referenced(reference, deleted):
        raise manifest_referenced_error(reference)
    deleted.add(reference)
    return Response(status_code=202, headers=API_VERSION_HEADERS)


def find_content(repository: RepositoryRecord, digest: str) -> TagContent | None:
    """Return the content of the newest tag, or former tag, that has a manifest or blob; None if none has."""
    tag = find_pushed_tag(repository, digest)
    return build_content(describe_build(repository, tag)) if tag else None


def _find_manifest(repository: RepositoryRecord, request: Request) -> Content:
    reference = request.path_params["reference"]
    if reference.startswith(DIGEST_PREFIX):
        found = find_content(repository, reference)
        is_deleted = reference in repository.deleted_digests
        if found is None or is_deleted or reference not in found.manifests:
            raise manifest_unknown_error(reference)
        return found.manifests[reference]
    tag = next((tag for tag in repository.tags if tag.name == reference), None)
    if tag is None:
        raise manifest_unknown_error(reference)
    content = build_content(describe_build(repository, tag))
    manifest = content.manifests[content.digest]
    if manifest.media_type in INDEX_TYPES and not _accepts_indexes(request):
        return _choose_image(content, reference)
    return manifest


def _accepts_indexes(request: Request) -> bool:
    accepted = ",".join(request.headers.getlist("accept"))
    return any(part.partition(";")[0].strip() in INDEX_TYPES for part in accepted.split(","))


def _choose_image(content: TagContent, reference: str) -> Content:
    """Return the manifest of one platform, for clients that do not name the media types of indexes."""
    images = [image for image, _ in content.images]
    chosen = next((image for image in images if image.platform[:2] == DEFAULT_PLATFORM), None)
    if chosen is None:
        raise manifest_unknown_error(reference)
    return chosen.manifest
