"""The addresses of registries and of the services behind them. Uses only the standard library."""

from __future__ import annotations

from typing import NamedTuple

from dockerhub_mcp.hub.transport.service_names import ServiceNames

DOCKER_REGISTRY_URL = "https://registry-1.docker.io"
DOCKER_REALM = "https://auth.docker.io/token"

REGISTRY_NAMES = ServiceNames(
    "the registry", "DOCKERHUB_REGISTRY_URL", DOCKER_REGISTRY_URL, "the registry API", path="/v2/"
)
TOKEN_SERVICE_NAMES = ServiceNames(
    "the token service",
    "DOCKERHUB_REGISTRY_AUTH_URL",
    "https://auth.docker.io",
    "the token service",
    path="/token",
)
STORAGE_NAMES = ServiceNames("the blob storage", "", "https://storage.example", "the blob storage")

NO_REGISTRY = (
    "No registry is contacted, because DOCKERHUB_API_URL names another Hub and DOCKERHUB_REGISTRY_URL is not "
    "set."
)
"""Why there is no registry client, for results."""


REGISTRY_ROUTES = frozenset(
    {
        ("GET", "/v2/"),
        ("GET", "/token"),
        ("HEAD", "/v2/{name}/manifests/{reference}"),
        ("GET", "/v2/{name}/manifests/{reference}"),
        ("GET", "/v2/{name}/blobs/{digest}"),
        ("GET", "/v2/{name}/referrers/{digest}"),
        ("GET", "/v2/{name}/tags/list"),
        ("GET", "/{blob}"),
    }
)
"""The methods and path templates of all requests; the last one is that of the blob storage."""


class RegistryAddress(NamedTuple):
    """The address of a registry.

    Attributes:
        url: Its origin.
        auth_url: The origin of its token service; empty for its own, or Docker's.
    """

    url: str
    auth_url: str = ""
