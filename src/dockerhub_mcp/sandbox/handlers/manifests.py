"""The list of all manifests of a repository, with those that have no tag.

Docker does not document this route. It is written from public clients, and from what Docker's staff said
about it in docker/roadmap#795.
"""

import base64
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import get_modifiable_repository
from dockerhub_mcp.sandbox.context import get_hub
from dockerhub_mcp.sandbox.data.images.inventory import StoredManifest, get_inventory
from dockerhub_mcp.sandbox.errors import invalid_field_error
from dockerhub_mcp.sandbox.handlers.tag_serializers import format_pull_time, format_push_time
from dockerhub_mcp.sandbox.paging import parse_page_request
from dockerhub_mcp.sandbox.timestamps import ZERO_DATE


async def list_manifests(request: Request) -> JSONResponse:
    """List the manifests of a repository, the newest first, for callers that may change the repository."""
    repository = get_modifiable_repository(
        request, "write", "scope-repository-edit", "scope-repository-admin"
    )
    size = parse_page_request(request).size
    inventory, now = get_inventory(repository), get_hub(request).now()
    following = _list_following(request, list(inventory.manifests.values()))
    stored = [manifest for manifest in following if manifest.digest not in repository.deleted_digests]
    page = stored[:size]
    body: dict[str, Any] = {
        "manifests": [_serialize_manifest(each, inventory.tags.get(each.digest, []), now) for each in page]
    }
    if len(stored) > size:
        body["last_evaluated_key"] = _encode_key(page[-1].digest)
    return JSONResponse(body)


def _list_following(request: Request, manifests: list[StoredManifest]) -> list[StoredManifest]:
    """Return the manifests after the one that the key names, which may have been deleted since."""
    key = request.query_params.get("last_evaluated_key")
    if not key:
        return manifests
    positions = (position for position, each in enumerate(manifests, 1) if _encode_key(each.digest) == key)
    start = next(positions, None)
    if start is None:
        message = "invalid last_evaluated_key"
        raise invalid_field_error(message, "last_evaluated_key")
    return manifests[start:]


def _encode_key(digest: str) -> str:
    return base64.b64encode(digest.encode()).decode()


def _serialize_manifest(manifest: StoredManifest, tags: list[str], now: float) -> dict[str, Any]:
    return {
        "manifest_digest": manifest.digest,
        "media_type": manifest.media_type,
        "tags": tags,
        "last_pushed": format_push_time(manifest.tag, now),
        "last_pulled": format_pull_time(manifest.tag, now) or ZERO_DATE,
        "total_size": manifest.size,
    }
