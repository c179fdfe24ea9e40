"""The registry client: one for each account, with a session for each call."""

from __future__ import annotations

from dockerhub_mcp.hub.auth.account import Account
from dockerhub_mcp.registry.client_state import ClientState
from dockerhub_mcp.registry.deletion import delete_manifest, has_manifest
from dockerhub_mcp.registry.models import Descriptor, PullLimit
from dockerhub_mcp.registry.references import check_digest, check_repository
from dockerhub_mcp.registry.referrers import list_from_registry
from dockerhub_mcp.registry.server import RegistryServer
from dockerhub_mcp.registry.session import RegistrySession


class RegistryClient:
    """A client of registry-1.docker.io, or of a registry with the same API, for one account.

    Args:
        server: The registry, shared with the clients of other accounts.
        account: The account, lent by a Hub client.
    """

    def __init__(self, server: RegistryServer, account: Account) -> None:
        self._state = ClientState(server, account)

    @classmethod
    def for_account(cls, server: RegistryServer, account: Account) -> RegistryClient:
        """Return the client of an account, of which each registry has one."""
        return account.get_client(server, lambda each: cls(server, each))

    @property
    def host(self) -> str:
        """The host of the registry, with the port if any."""
        return self._state.requester.transport.host

    @property
    def pull_limit(self) -> PullLimit | None:
        """The limit that the last response with one reported; None where none did."""
        return self._state.limits.last

    @property
    def has_limit_preview(self) -> bool:
        """Whether the registry can be asked for the pull limit, as Docker's can."""
        return self._state.server.has_limit_preview

    async def check_connection(self) -> None:
        """Check that the registry responds, with one request at most, which signs in to nothing.

        Raises:
            HubError: It cannot be reached, another server answers, or it names a false token service.
        """
        await self._state.requester.check_connection()

    async def list_untagged_referrers(self, repository: str, digest: str) -> tuple[Descriptor, ...] | None:
        """Return what the registry lists as referring to a manifest; None where it offers no such list.

        Referrers with a fallback tag or a tag of cosign are not looked for. This is no pull.

        Raises:
            HubError: The list could not be read.
        """
        check_repository(repository)
        check_digest(digest)
        return await list_from_registry(self._state, repository, digest)

    async def delete_manifest(self, repository: str, digest: str) -> None:
        """Delete a manifest by its digest. The request is never repeated.

        Raises:
            ManifestReferenced: A tag or an index still refers to it.
            Forbidden: The account may not delete it.
            HubError: It failed; `may_be_done` tells whether it may have been carried out.
        """
        await delete_manifest(self._state.requester, repository, digest)

    async def has_manifest(self, repository: str, digest: str) -> bool:
        """Ask whether a repository has a manifest at this moment; this is no pull.

        Raises:
            HubError: The registry did not say, or hides the repository from the account.
        """
        return await has_manifest(self._state.requester, repository, digest)

    def start_session(self) -> RegistrySession:
        """Return a session, which counts the pulls of one call."""
        return RegistrySession(self._state)
