"""Delete manifests by digest, and ask whether they are there."""

from __future__ import annotations

from dataclasses import replace

from dockerhub_mcp.hub.errors import NotFound
from dockerhub_mcp.registry.error_mapping import unfit_error
from dockerhub_mcp.registry.references import check_digest, check_repository
from dockerhub_mcp.registry.request import DELETE, JSON, RegistryRequest
from dockerhub_mcp.registry.requester import Requester

_DELETED_STATUSES = frozenset({202, 204})


async def delete_manifest(requester: Requester, repository: str, digest: str) -> None:
    """Delete a manifest; see `RegistryClient.delete_manifest`."""
    check_repository(repository)
    check_digest(digest)
    request = RegistryRequest.for_manifest("DELETE", repository, digest)
    request = replace(request, accept=JSON, actions=DELETE)
    answer = await requester.send(request)
    if answer.response.status not in _DELETED_STATUSES:
        error = unfit_error(request, requester.transport.host, f"with status {answer.response.status}")
        error.may_be_done = True
        raise error


async def has_manifest(requester: Requester, repository: str, digest: str) -> bool:
    """Ask whether a repository has a manifest; see `RegistryClient.has_manifest`."""
    check_repository(repository)
    check_digest(digest)
    try:
        await requester.send(RegistryRequest.for_manifest("HEAD", repository, digest))
    except NotFound as error:
        if error.status != 404:  # noqa: PLR2004 - hidden from the account
            raise
        return False
    return True
