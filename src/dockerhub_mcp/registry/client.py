"""The registry client: one for each account, with a session for each call."""

from __future__ import annotations

from dockerhub_mcp.registry.models import (
    Attestation,
    Descriptor,
    ImageConfig,
    ImageIndex,
    ImageManifest,
    JSONObject,
    Manifest,
    ManifestHead,
    PullLimit,
    Referrers,
    TagNames,
)


class RegistryClient:
    """A client of registry-1.docker.io, or of a registry with the same API, for one account."""

    @property
    def host(self) -> str:
        """The host of the registry, with the port if any."""
        raise NotImplementedError

    @property
    def pull_limit(self) -> PullLimit | None:
        """The limit that the last response reported; None where none did."""
        raise NotImplementedError

    def start_session(self) -> RegistrySession:
        """Return a session, which counts the pulls of one call."""
        raise NotImplementedError


class RegistrySession:
    """The requests of one call. A repository is named `namespace/name`, `library/name` for official images.

    All methods raise a `HubError`: `NotFound` where the registry has no such manifest or repository, or hides
    it; `SignInError` where the token service refuses the account; `RateLimited` where the pull limit is
    reached; `PullReserveReached` before a pull would use the last tenth of the limit.
    """

    pulls_used: int
    """The pulls used so far: the manifests that were downloaded, not those from the cache."""

    @property
    def pull_limit(self) -> PullLimit | None:
        """The limit that the last response reported; None where none did."""
        raise NotImplementedError

    async def head_manifest(self, repository: str, reference: str) -> ManifestHead:
        """Return digest and media type of a tag or digest; this is no pull."""
        raise NotImplementedError

    async def get_manifest(self, repository: str, reference: str) -> Manifest:
        """Return the manifest of a tag or digest: a HEAD request for a tag, then the cache, else one pull."""
        raise NotImplementedError

    async def get_config(self, repository: str, manifest: ImageManifest) -> ImageConfig:
        """Return the configuration of an image; this is no pull.

        Raises:
            UnexpectedAnswer: It is not the configuration of a container image.
        """
        raise NotImplementedError

    async def get_statement(self, repository: str, descriptor: Descriptor) -> JSONObject:
        """Return an in-toto statement of an attestation; this is no pull."""
        raise NotImplementedError

    async def list_attestations(
        self, repository: str, index: ImageIndex, image_digest: str
    ) -> tuple[Attestation, ...]:
        """Return the attestations of one image of an index; each takes one pull unless it is cached."""
        raise NotImplementedError

    async def list_referrers(self, repository: str, digest: str) -> Referrers:
        """Return the artifacts that refer to an index or image, from the registry's list or fallback tag."""
        raise NotImplementedError

    async def list_tags(self, repository: str) -> TagNames:
        """Return the names of all tags, which is no pull."""
        raise NotImplementedError

    async def fetch_pull_limit(self) -> PullLimit | None:
        """Ask the registry for the pull limit of the account, which is no pull; None without one."""
        raise NotImplementedError

    async def fetch_granted_actions(self, repository: str) -> frozenset[str]:
        """Return the actions that the token service grants in a repository, such as `pull`."""
        raise NotImplementedError
