"""Delete the manifests of a plan by digest: indexes first, then images, as long as a round makes progress."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import HubUnavailable, NotFound, RateLimited, Refused
from dockerhub_mcp.registry import ManifestReferenced, RegistryClient
from dockerhub_mcp.tools.cleanup.applying.journal import Journal
from dockerhub_mcp.tools.cleanup.applying.outcomes import ItemOutcome, Settlement, describe_refusal
from dockerhub_mcp.tools.cleanup.applying.stopping import StopRule
from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedManifest
from dockerhub_mcp.tools.cleanup.reading.index_contents import read_index_contents
from dockerhub_mcp.tools.cleanup.reading.kept_manifests import find_kept_digests
from dockerhub_mcp.tools.cleanup.reading.tag_reading import read_repository_tags
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_recorder import AuditedCall

_DELETED = Settlement(ItemOutcome.DELETED)
_GONE = Settlement(ItemOutcome.ALREADY_GONE)
_NEEDED = Settlement(ItemOutcome.REFUSED, "a tag that stays refers to it")
_MAY_HAPPEN = "The registry may still delete it; it is not asked again under this plan."


class ManifestDeletion:
    """Deletes manifests without a tag, each at most once unless the registry refuses it.

    Attributes:
        referenced: The manifests that the registry still refers to, each with its refusal.

    Args:
        context: The context of the tool call.
        registry: The registry client.
        plan: The plan.
        journal: The journal of the plan.
        stop: Counts refusals.
        needed: The digests that the tags of the repository refer to now.
        is_confirmed: Whether the user confirmed the plan.
    """

    def __init__(
        self,
        context: ToolContext,
        registry: RegistryClient,
        plan: CleanupPlan,
        journal: Journal,
        stop: StopRule,
        *,
        needed: Collection[str],
        is_confirmed: bool,
    ) -> None:
        self._context = context
        self._registry = registry
        self._plan = plan
        self._journal = journal
        self._stop = stop
        self._needed = needed
        self._is_confirmed = is_confirmed
        self.referenced: dict[str, Settlement] = {}

    async def delete(self, manifest: PlannedManifest) -> None:
        """Delete a manifest, and record what became of it.

        Raises:
            RateLimited: The request was refused for the moment.
            HubError: No request could be sent; the manifest stays to be deleted.
        """
        digest, journal = manifest.digest, self._journal
        known = journal.settlements.get(digest)
        if digest in self._needed:
            await journal.record_outcome(digest, _NEEDED)
        elif known is not None and known.outcome is ItemOutcome.UNKNOWN:
            await self.check_unknown(digest)
        elif digest in journal.unanswered and not await self._exists(digest):
            await journal.record_outcome(digest, _DELETED)
        else:
            await self._send(digest)

    async def check_unknown(self, digest: str) -> None:
        """Ask again for a manifest after its deletion got no clear answer."""
        if not await self._exists(digest):
            await self._journal.record_outcome(digest, _DELETED)

    async def settle_referenced(self) -> None:
        """Record that the manifests stay which the registry still refers to."""
        for digest, settlement in self.referenced.items():
            await self._journal.record_outcome(digest, settlement)

    async def _exists(self, digest: str) -> bool:
        return await self._registry.has_manifest(self._plan.image, digest)

    async def _send(self, digest: str) -> None:
        self.referenced.pop(digest, None)
        await self._journal.record_intent(digest)
        audited = AuditedCall("delete_manifest", f"{self._plan.image}@{digest}")
        try:
            async with self._context.audit.record_request(audited, confirmed=self._is_confirmed):
                await self._registry.delete_manifest(self._plan.image, digest)
        except HubError as caught:
            error = caught
        else:
            await self._journal.record_outcome(digest, _DELETED)
            return
        await self._record_error(digest, error)

    async def _record_error(self, digest: str, error: HubError) -> None:
        if error.may_be_done:
            await self._journal.record_outcome(digest, await self._check(digest, error))
        elif isinstance(error, ManifestReferenced):
            await self._journal.record_unsent(digest)
            self.referenced[digest] = Settlement(ItemOutcome.REFUSED, describe_refusal(error, digest))
        elif isinstance(error, NotFound) and error.status == 404 and await self._is_gone(digest):  # noqa: PLR2004
            await self._journal.record_outcome(digest, _GONE)
        elif isinstance(error, RateLimited | HubUnavailable) or not isinstance(error, Refused):
            await self._journal.record_unsent(digest)
            raise error
        else:
            reason = describe_refusal(error, digest)
            await self._journal.record_outcome(digest, Settlement(ItemOutcome.REFUSED, reason))
            self._stop.count_refusal(reason, error)

    async def _is_gone(self, digest: str) -> bool:
        """Ask whether a manifest is gone, after the registry said so to its deletion.

        Raises:
            HubError: It could not be asked.
        """
        try:
            return not await self._exists(digest)
        except HubError:
            await self._journal.record_unsent(digest)
            raise

    async def _check(self, digest: str, error: HubError) -> Settlement:
        self._stop.count_error(error)
        what = f"No clear answer: {error.what}".replace(digest, "...")
        try:
            if not await self._exists(digest):
                return _DELETED
        except HubError:
            return Settlement(
                ItemOutcome.UNKNOWN, f"{what} It could not be asked for afterwards. {_MAY_HAPPEN}"
            )
        return Settlement(ItemOutcome.UNKNOWN, f"{what} It was still there afterwards. {_MAY_HAPPEN}")


async def read_needed_digests(context: ToolContext, plan: CleanupPlan) -> set[str] | HubError:
    """Return the digests of all tags and of what is below them; an error where they could not all be read."""
    try:
        silent = replace(context, on_progress=None)  # progress counts what is deleted, and only goes up
        snapshot = await read_repository_tags(silent, plan.namespace, plan.repository, must_compare=True)
    except HubError as error:
        return error
    if not snapshot.is_proven_complete:
        return HubError(f"The tags of the repository could not all be read. {snapshot.incomplete_reason}")
    tags, gap = await read_index_contents(context, plan.image, snapshot.tags)
    return HubError(gap) if gap else find_kept_digests(tags)
