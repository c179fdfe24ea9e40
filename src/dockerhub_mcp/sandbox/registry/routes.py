"""The routes of the registry, its token service and its blob store."""

from starlette.routing import BaseRoute, Route

from dockerhub_mcp.sandbox.registry import blobs, manifests, tags, token_service
from dockerhub_mcp.sandbox.registry.paths import BLOB_STORE_PREFIX, TOKEN_PATH

REPOSITORY = "/v2/{namespace}/{repository}"
MANIFEST = REPOSITORY + "/manifests/{reference}"

REGISTRY_ROUTES: list[BaseRoute] = [
    Route("/v2/", tags.check_api_version, methods=["GET"]),
    Route(TOKEN_PATH, token_service.create_registry_token, methods=["GET"]),
    Route(MANIFEST, manifests.get_manifest, methods=["GET"]),
    Route(MANIFEST, manifests.delete_manifest, methods=["DELETE"]),
    Route(REPOSITORY + "/blobs/{digest}", blobs.get_blob, methods=["GET"]),
    Route(REPOSITORY + "/tags/list", tags.list_tag_names, methods=["GET"]),
    Route(REPOSITORY + "/referrers/{digest}", tags.list_referrers, methods=["GET"]),
    Route(BLOB_STORE_PREFIX + "{namespace}/{repository}/{digest}", blobs.get_stored_blob, methods=["GET"]),
]
