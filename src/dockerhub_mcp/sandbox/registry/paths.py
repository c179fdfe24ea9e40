"""The paths of the registry, which share the prefix /v2 with the Hub."""

import re

TOKEN_PATH = "/token"
BLOB_STORE_PREFIX = "/_blobs/"
"""The prefix of the paths that stand for the CDN."""
HUB_SEGMENTS = {
    "access-tokens",
    "auditlogs",
    "auth",
    "invites",
    "namespaces",
    "orgs",
    "repositories",
    "scim",
    "search",
    "user",
    "users",
}
"""The first segments of paths of the Hub. No such namespace has a repository in the sandbox."""
_REPOSITORY_PATH = re.compile(
    r"/v2/(?P<namespace>[^/]+)/[^/]+/(?:(?:manifests|blobs|referrers)/[^/]+|tags/list)"
)


def is_registry_path(path: str) -> bool:
    """Return whether a path belongs to the registry, its token service or its blob store."""
    if path in {"/v2/", TOKEN_PATH} or path.startswith(BLOB_STORE_PREFIX):
        return True
    match = _REPOSITORY_PATH.fullmatch(path)
    return match is not None and match["namespace"] not in HUB_SEGMENTS
