"""Blobs: configurations and statements. Their bytes come from another path, which stands for the CDN."""

import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from dockerhub_mcp.sandbox.data.images.content import Content
from dockerhub_mcp.sandbox.registry.context import get_registry, require_repository
from dockerhub_mcp.sandbox.registry.errors import blob_unknown_error, registry_error
from dockerhub_mcp.sandbox.registry.manifests import API_VERSION_HEADERS, find_content
from dockerhub_mcp.sandbox.registry.paths import BLOB_STORE_PREFIX
from dockerhub_mcp.sandbox.state import RepositoryRecord

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
NOT_STORED = "blob unknown to registry: the sandbox stores no layers, only configurations and statements"
BLOB_MEDIA_TYPE = "application/octet-stream"


async def get_blob(request: Request) -> Response:
    """Redirect to the bytes of a blob; for HEAD, return its size."""
    _, repository = require_repository(request, "pull")
    digest = request.path_params["digest"]
    blob = _find_blob(repository, digest)
    if request.method == "HEAD":
        headers = {"Docker-Content-Digest": digest, "Content-Length": str(len(blob.data))}
        return Response(b"", 200, API_VERSION_HEADERS | headers, BLOB_MEDIA_TYPE)
    path = f"{BLOB_STORE_PREFIX}{repository.namespace}/{repository.name}/{digest}"
    signature = get_registry(request).token_issuer.sign_path(path)
    location = f"{str(request.base_url).rstrip('/')}{path}?verify={signature}"
    return RedirectResponse(location, 307, API_VERSION_HEADERS)


async def get_stored_blob(request: Request) -> Response:
    """Return the bytes of a blob. The query must have the signature of the redirect.

    A token is ignored: the CDN has another host, to which no client sends one, but here some clients do.
    """
    registry = get_registry(request)
    if not registry.token_issuer.is_signed_path(request.url.path, request.query_params.get("verify", "")):
        return PlainTextResponse("Access denied", 403)
    repository = registry.state.get_repository(
        request.path_params["namespace"], request.path_params["repository"]
    )
    blob = _find_blob(repository, request.path_params["digest"])
    return Response(blob.data, 200, media_type=BLOB_MEDIA_TYPE)


def _find_blob(repository: RepositoryRecord, digest: str) -> Content:
    if DIGEST.fullmatch(digest) is None:
        raise registry_error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
    content = find_content(repository, digest)
    blob = content.blobs.get(digest) if content else None
    if blob is None:
        raise blob_unknown_error(NOT_STORED, digest)
    return blob
