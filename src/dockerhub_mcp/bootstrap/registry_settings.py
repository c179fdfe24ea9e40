"""The registry that settings name. Uses only the standard library."""

from __future__ import annotations

from collections.abc import Iterator

from dockerhub_mcp.config import Problem, Settings
from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.hub.transport.service_names import HUB_NAMES
from dockerhub_mcp.hub.transport.urls import validate_base_url
from dockerhub_mcp.registry.addresses import (
    DOCKER_REGISTRY_URL,
    REGISTRY_NAMES,
    TOKEN_SERVICE_NAMES,
    RegistryAddress,
)

SANDBOX_URL = "http://localhost"
"""The origin of the embedded Hub and its registry, which no request leaves this process for."""


def find_registry_address(settings: Settings) -> RegistryAddress | None:
    """Return the registry that settings name; None where none may be contacted.

    Docker's own belongs to Docker's own Hub: another Hub's users would not expect requests to it.
    """
    if settings.sandbox:
        return RegistryAddress(SANDBOX_URL)
    if url := settings.registry_url.strip():
        return RegistryAddress(url, settings.registry_auth_url.strip())
    is_docker_hub = settings.api_url.strip().rstrip("/").lower() == HUB_NAMES.example
    return RegistryAddress(DOCKER_REGISTRY_URL) if is_docker_hub else None


def check_registry(settings: Settings) -> Iterator[Problem]:
    """Check the addresses of the registry and its token service."""
    if settings.sandbox:
        return
    url, auth_url = settings.registry_url.strip(), settings.registry_auth_url.strip()
    for source, value, names in (
        ("DOCKERHUB_REGISTRY_URL", url, REGISTRY_NAMES),
        ("DOCKERHUB_REGISTRY_AUTH_URL", auth_url, TOKEN_SERVICE_NAMES),
    ):
        try:
            if value:
                validate_base_url(value, names)
        except HubError as error:
            yield Problem(source, str(error))
    if auth_url and (not url or url.rstrip("/").lower() == DOCKER_REGISTRY_URL):
        why = "Docker's own registry has a fixed token service" if url else "no registry is named"
        yield Problem(
            "DOCKERHUB_REGISTRY_AUTH_URL",
            f"DOCKERHUB_REGISTRY_AUTH_URL is set, but {why}",
            "unset it, or set DOCKERHUB_REGISTRY_URL to the origin of another registry",
        )
