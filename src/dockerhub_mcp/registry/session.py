"""The requests of one call to a registry, with its pulls counted."""

from __future__ import annotations

from collections.abc import Mapping

from dockerhub_mcp.hub.errors import NotFound, UnexpectedAnswer
from dockerhub_mcp.registry.blobs import fetch_blob
from dockerhub_mcp.registry.client_state import ClientState
from dockerhub_mcp.registry.error_mapping import mismatch_error, no_digest_error, unfit_error
from dockerhub_mcp.registry.errors import PullLimitReached
from dockerhub_mcp.registry.media_types import (
    IMAGE_CONFIG_TYPES,
    describe_artifact,
    normalize_media_type,
)
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
from dockerhub_mcp.registry.parsing.attestations import (
    MAX_ATTESTATIONS,
    find_attestation_manifests,
    read_attestation,
)
from dockerhub_mcp.registry.parsing.configs import parse_config
from dockerhub_mcp.registry.parsing.json_values import decode_object
from dockerhub_mcp.registry.parsing.large_json import ItemReducer, run_by_size
from dockerhub_mcp.registry.parsing.manifests import find_verified_content, parse_manifest
from dockerhub_mcp.registry.pull_limit_errors import limit_preview_error, reserve_error
from dockerhub_mcp.registry.pull_limits import SentRequest
from dockerhub_mcp.registry.references import (
    check_digest,
    check_reference,
    check_repository,
    compute_digest,
    is_digest,
)
from dockerhub_mcp.registry.referrers import find_cosign_tags, list_from_fallback_tag, list_from_registry
from dockerhub_mcp.registry.request import RegistryRequest, blob_request
from dockerhub_mcp.registry.requester import Answer
from dockerhub_mcp.registry.tag_names import list_tag_names

_MAX_CONFIG_BYTES = 4 * 1024**2
_MAX_STATEMENT_BYTES = 32 * 1024**2
_MAX_DIGITS = 16
_LIMIT_PREVIEW = "ratelimitpreview/test"
"""Docker's repository for reading the pull limit without a pull."""


class RegistrySession:
    """The requests of one call. A repository is named `namespace/name`, `library/name` for official images.

    All methods raise a `HubError`: `NotFound` where the registry has no such manifest or repository, or hides
    it; `SignInError` where the token service refuses the account; `RateLimited` where the pull limit is
    reached; `PullReserveReached` before a pull would use the last tenth of the limit.

    Attributes:
        pulls_used: The pulls used so far: the manifests that were downloaded, not those from the cache.

    Args:
        state: The state of the client of the account.
    """

    def __init__(self, state: ClientState) -> None:
        self._state = state
        self._heads: dict[tuple[str, str], ManifestHead] = {}
        self._limit: PullLimit | None = None
        self._has_asked = False
        self.pulls_used = 0

    @property
    def pull_limit(self) -> PullLimit | None:
        """The limit that the responses to this call reported; None where they report none.

        Before the first response, it is the one that an earlier call reported.
        """
        return self._limit if self._has_asked else self._state.limits.last

    @property
    def is_limit_known(self) -> bool:
        """Whether a response could have reported the limit; else None as the limit means nothing."""
        return self._has_asked or self._state.limits.last is not None

    async def head_manifest(self, repository: str, reference: str) -> ManifestHead:
        """Return digest and media type of a tag or digest; this is no pull.

        The answer is kept for the rest of the call, so that a tag that is moved meanwhile stays the same.
        """
        head = await self._head(repository, reference)
        if not head.digest:
            raise no_digest_error(RegistryRequest.for_manifest("HEAD", repository, reference), self._host)
        return head

    async def get_manifest(self, repository: str, reference: str) -> Manifest:
        """Return the manifest of a tag or digest: a HEAD request for a tag, then the cache, else one pull."""
        check_repository(repository)
        check_reference(reference)
        digest = reference if is_digest(reference) else (await self._head(repository, reference)).digest
        if not digest:  # of a registry that does not name it
            return await self._pull(repository, reference, "")
        async with self._state.lock_for(digest):
            cached = self._state.find_cached(digest)
            if cached is None:
                return await self._pull(repository, digest, digest)
            if not await self._state.is_visible(repository, digest):
                await self._head(repository, digest, use_known=False)
            return cached

    async def get_config(self, repository: str, manifest: ImageManifest) -> ImageConfig:
        """Return the configuration of an image; this is no pull.

        Raises:
            UnexpectedAnswer: It is not the configuration of a container image.
        """
        check_repository(repository)
        media_type = normalize_media_type(manifest.config.media_type)
        if media_type not in IMAGE_CONFIG_TYPES:
            found = (
                describe_artifact(media_type, manifest.artifact_type) or f"of the type {media_type[:100]!r}"
            )
            what = f"{repository}@{manifest.digest} is no container image: it is {found}."
            raise UnexpectedAnswer(what, remedy="It has no configuration with a user, ports or layers.")
        content = await fetch_blob(
            self._state.requester,
            repository,
            manifest.config,
            subject="the configuration",
            max_bytes=_MAX_CONFIG_BYTES,
        )
        try:
            return await run_by_size(len(content), parse_config, content)
        except ValueError as error:
            request = blob_request(repository, manifest.config.digest)
            raise unfit_error(request, self._host, str(error)) from None

    async def get_statement(
        self,
        repository: str,
        descriptor: Descriptor,
        reducers: Mapping[str, ItemReducer] | None = None,
    ) -> JSONObject:
        """Return an in-toto statement of an attestation; this is no pull.

        Args:
            repository: The repository.
            descriptor: The statement.
            reducers: By the name of a list, what is kept of each of its items where the statement is large.
        """
        check_repository(repository)
        content = await fetch_blob(
            self._state.requester,
            repository,
            descriptor,
            subject="the attestation",
            max_bytes=_MAX_STATEMENT_BYTES,
        )
        try:
            return await run_by_size(len(content), decode_object, content, reducers)
        except ValueError as error:
            request = blob_request(repository, descriptor.digest)
            raise unfit_error(request, self._host, str(error)) from None

    async def list_attestations(
        self, repository: str, index: ImageIndex, image_digest: str
    ) -> tuple[Attestation, ...]:
        """Return the attestations of one image of an index; each takes one pull unless it is cached.

        At most eight attestation manifests are read.
        """
        found: list[Attestation] = []
        for descriptor in find_attestation_manifests(index, image_digest)[:MAX_ATTESTATIONS]:
            manifest = await self.get_manifest(repository, descriptor.digest)
            if (attestation := read_attestation(manifest, image_digest)) is not None:
                found.append(attestation)
        return tuple(found)

    async def list_referrers(self, repository: str, digest: str) -> Referrers:
        """Return the artifacts that refer to an index or image, from the registry's list or fallback tag.

        The fallback tag takes one pull where it exists and is not cached.
        """
        check_repository(repository)
        check_digest(digest)
        descriptors, source = await list_from_registry(self._state, repository, digest), "referrers"
        if descriptors is None:
            descriptors, source = await list_from_fallback_tag(self.get_manifest, repository, digest), "tag"
        cosign_tags = await find_cosign_tags(self.head_manifest, repository, digest)
        return Referrers(descriptors, cosign_tags, source)

    async def list_tags(self, repository: str) -> TagNames:
        """Return the names of the tags, which is no pull; at most 20 pages of 1,000 are read."""
        check_repository(repository)
        return await list_tag_names(self._state.requester, repository)

    async def fetch_pull_limit(self) -> PullLimit | None:
        """Ask the registry for the pull limit of the account, which is no pull; None without one.

        Only Docker's registry can be asked; for another, it is the limit that the last response reported, and
        `is_limit_known` tells whether there was one.

        Raises:
            HubError: It is unknown, because the registry could not be asked.
        """
        if not self._state.server.has_limit_preview:
            return self.pull_limit
        try:
            head = await self._head(_LIMIT_PREVIEW, "latest", use_known=False)
        except NotFound as error:  # Docker has withdrawn it
            if self.pull_limit is None:
                raise limit_preview_error(self._host, error) from None
            return self.pull_limit
        if not head.digest:  # no registry answered
            raise no_digest_error(RegistryRequest.for_manifest("HEAD", _LIMIT_PREVIEW, "latest"), self._host)
        return self._state.limits.find(_LIMIT_PREVIEW)

    async def fetch_granted_actions(self, repository: str) -> frozenset[str] | None:
        """Return the actions that the token service grants in a repository, such as `pull`.

        None where it does not say: the registry needs no token, or the token cannot be read.
        """
        check_repository(repository)
        token = await self._state.requester.fetch_token(repository)
        return None if token is None else token.actions

    @property
    def _host(self) -> str:
        return self._state.requester.transport.host

    async def _head(self, repository: str, reference: str, *, use_known: bool = True) -> ManifestHead:
        """Ask for a manifest with HEAD; the digest is empty where a registry does not name it for a tag."""
        check_repository(repository)
        check_reference(reference)
        if use_known and (known := self._heads.get((repository, reference))) is not None:
            return known
        request = RegistryRequest.for_manifest("HEAD", repository, reference)
        sent = self._state.limits.count_request()
        answer = await self._state.requester.send(request)
        self._record_limit(repository, answer, sent)
        headers = answer.response.headers
        digest = reference if is_digest(reference) else headers.get("docker-content-digest", "").strip()
        media_type = normalize_media_type(headers.get("content-type", ""))
        length = headers.get("content-length", "")
        size = int(length) if length.isascii() and length.isdigit() and len(length) < _MAX_DIGITS else None
        head = ManifestHead(digest if is_digest(digest) else "", media_type, size)
        self._heads[repository, reference] = head
        if head.digest:
            self._state.record_visible(answer.login, repository, head.digest)
        return head

    async def _pull(self, repository: str, reference: str, digest: str) -> Manifest:
        """Download a manifest, which is a pull.

        Args:
            repository: The repository.
            reference: The tag or digest.
            digest: The digest that it must have; empty where it is unknown.
        """
        await self._check_reserve(repository, reference)
        request = RegistryRequest.for_manifest("GET", repository, reference)
        with self._state.limits.count_pull() as sent:
            try:
                answer = await self._state.requester.send(request)
            except PullLimitReached as error:
                self._limit = self._state.limits.record_refusal(repository, error.limit, sent)
                self._has_asked = True
                raise
            self.pulls_used += 1
            self._record_limit(repository, answer, sent)
        content = answer.response.content
        digest = digest or compute_digest(content)
        verified = find_verified_content(content, digest)
        if verified is None:
            raise mismatch_error(request, self._host, digest)
        try:
            media_type = answer.response.headers.get("content-type", "")
            manifest = await run_by_size(len(verified), parse_manifest, verified, media_type, digest)
        except ValueError as error:
            raise unfit_error(request, self._host, str(error)) from None
        self._state.record_visible(answer.login, repository, digest)
        self._state.cache(manifest, len(content))
        return manifest

    async def _check_reserve(self, repository: str, reference: str) -> None:
        """Check that a pull leaves the last tenth of the limit, asking again where that was known long ago.

        Raises:
            PullReserveReached: It does not.
        """
        limits = self._state.limits
        if limits.is_outdated(repository):
            await self._head(repository, reference, use_known=False)
        limit = limits.find(repository)
        if limit is not None and limits.would_use_reserve(repository):
            raise reserve_error(limit, await self._state.requester.fetch_login())

    def _record_limit(self, repository: str, answer: Answer, sent: SentRequest) -> None:
        headers = answer.response.headers
        is_preview = repository == _LIMIT_PREVIEW and "docker-content-digest" in headers
        limit = self._state.limits.record(repository, headers, sent, is_about_account=is_preview)
        self._limit, self._has_asked = limit or self._limit, True
