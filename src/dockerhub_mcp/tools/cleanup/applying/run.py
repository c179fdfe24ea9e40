"""Carry out a plan: its tags, oldest first, then its manifests; at most four requests at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import anyio

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import RateLimited
from dockerhub_mcp.tools.cleanup.applying.journal import Journal
from dockerhub_mcp.tools.cleanup.applying.manifest_deletion import ManifestDeletion, read_needed_digests
from dockerhub_mcp.tools.cleanup.applying.outcomes import GONE_OUTCOMES, ItemOutcome, Settlement
from dockerhub_mcp.tools.cleanup.applying.pacing import RequestPacer
from dockerhub_mcp.tools.cleanup.applying.stopping import StopRule
from dockerhub_mcp.tools.cleanup.applying.tag_deletion import TagDeletion
from dockerhub_mcp.tools.cleanup.applying.tag_reading import TagReader
from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedManifest, PlannedTag
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.pulls import NO_REGISTRY_REASON
from dockerhub_mcp.tools.images.signature_tags import find_subject
from dockerhub_mcp.tools.results.sanitize import error_text

MAX_CONCURRENT_DELETIONS = 4
_MAX_PROGRESS_REPORTS = 100
_ItemT = TypeVar("_ItemT", PlannedTag, PlannedManifest)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What became of the tags and manifests of a plan, in all calls so far.

    Attributes:
        plan: The plan.
        settlements: The outcomes, by the name of the tag or the digest of the manifest.
        failures: Why tags and manifests without an outcome were not reached, where known.
        stop_reason: Why the clean-up stopped before its end; empty otherwise.
    """

    plan: CleanupPlan
    settlements: dict[str, Settlement]
    failures: dict[str, str]
    stop_reason: str = ""


class CleanupRun:
    """One call that carries out a plan, or goes on with it.

    Args:
        context: The context of the tool call.
        plan: The plan.
        journal: The journal of the plan, open for this call.
    """

    def __init__(self, context: ToolContext, plan: CleanupPlan, journal: Journal) -> None:
        self._context = context
        self._plan = plan
        self._journal = journal
        self._pacer = RequestPacer(context.hub, context.clock)
        self.reader = TagReader(context, plan, self._pacer)
        self._stop = StopRule()
        self._failures: dict[str, str] = {}
        self._reported = -1

    @property
    def open_tags(self) -> list[PlannedTag]:
        """The tags that are still to be deleted or to be read again; those refused before come last."""
        return self._find_open(self._plan.tags, lambda tag: tag.name)

    @property
    def open_manifests(self) -> list[PlannedManifest]:
        """The manifests that are still to be deleted or to be asked for again."""
        return self._find_open(self._plan.manifests, lambda manifest: manifest.digest)

    def _find_open(self, items: Iterable[_ItemT], name_of: Callable[[_ItemT], str]) -> list[_ItemT]:
        waiting: dict[ItemOutcome | None, list[_ItemT]] = {
            None: [],
            ItemOutcome.UNKNOWN: [],
            ItemOutcome.REFUSED: [],
        }
        for item in items:
            settlement = self._journal.settlements.get(name_of(item))
            outcome = settlement.outcome if settlement else None
            if outcome in waiting:
                waiting[outcome].append(item)
        return [item for group in waiting.values() for item in group]

    async def run(self) -> RunReport:
        """Delete what is left of the plan, and return the outcomes of all calls."""
        try:
            await self._delete_tags()
            if self._plan.manifests:
                await self._delete_manifests()
        except HubError as error:  # such as a journal that cannot be written
            self._stop.stop(error_text(error))
        await self._report_progress(is_last=True)
        return RunReport(self._plan, dict(self._journal.settlements), self._failures, self._stop.reason)

    async def _delete_tags(self) -> None:
        tags = self.open_tags
        if not tags:
            return
        await self.reader.check_remaining(self._plan, len(tags))
        deletion = TagDeletion(
            self._context,
            self.reader,
            self._journal,
            self._pacer,
            self._stop,
            is_confirmed=self._journal.is_confirmed,
        )
        images = [tag for tag in tags if not find_subject(tag.name)]
        await self._work_through(images, lambda tag: tag.name, deletion.delete)
        await self._check_unknown((tag.name for tag in images), deletion.check_unknown)
        signatures = self._release_signatures(tag for tag in tags if find_subject(tag.name))
        await self._work_through(signatures, lambda tag: tag.name, deletion.delete)
        await self._check_unknown((tag.name for tag in signatures), deletion.check_unknown)

    def _release_signatures(self, signatures: Iterable[PlannedTag]) -> list[PlannedTag]:
        """Return the tags of signatures of deleted images; the others wait for a later call."""
        outcomes = {name: each.outcome for name, each in self._journal.settlements.items()}
        images = [tag for tag in self._plan.tags if not find_subject(tag.name)]
        left = {tag.digest for tag in images if outcomes.get(tag.name) not in GONE_OUTCOMES}
        planned = {tag.digest for tag in images}
        released = []
        for tag in signatures:
            subject = find_subject(tag.name)
            # The images of one platform are not in the plan by digest: they stay as long as anything does.
            if not left or (subject in planned and subject not in left):
                released.append(tag)
            else:
                self._failures[tag.name] = "not all tags of its image are deleted"
        return released

    async def _delete_manifests(self) -> None:
        manifests = self.open_manifests
        if not manifests or self._stop.is_stopped:
            return
        if self._context.registry is None:
            self._fail(manifests, NO_REGISTRY_REASON)
            return
        needed = await read_needed_digests(self._context, self._plan)
        if isinstance(needed, HubError):
            self._fail(manifests, f"The tags could not be read again: {error_text(needed)}")
            return
        deletion = ManifestDeletion(
            self._context,
            self._context.registry,
            self._plan,
            self._journal,
            self._stop,
            needed=needed,
            is_confirmed=self._journal.is_confirmed,
        )
        await self._delete_in_rounds(manifests, deletion)
        await deletion.settle_referenced()
        await self._check_unknown((each.digest for each in manifests), deletion.check_unknown)

    async def _delete_in_rounds(self, manifests: list[PlannedManifest], deletion: ManifestDeletion) -> None:
        """Delete indexes, then images; again as long as that freed others which were still referred to."""
        while manifests and not self._stop.is_stopped:
            for kind in ("index", "image"):
                batch = [each for each in manifests if each.kind == kind]
                await self._work_through(batch, lambda each: each.digest, deletion.delete)
            left = [each for each in manifests if each.digest in deletion.referenced]
            if len(left) == len(manifests):
                return
            manifests = left

    def _fail(self, manifests: Iterable[PlannedManifest], reason: str) -> None:
        for manifest in manifests:
            self._failures[manifest.digest] = reason

    async def _work_through(
        self,
        items: Iterable[_ItemT],
        name_of: Callable[[_ItemT], str],
        delete: Callable[[_ItemT], Awaitable[None]],
    ) -> None:
        queue = deque(items)

        async def work() -> None:
            while queue and not self._stop.is_stopped:
                item = queue.popleft()
                try:
                    await self._pacer.wait_for_pause()
                    await delete(item)
                except RateLimited as error:
                    queue.append(item)
                    self._pause(error)
                except HubError as error:
                    self._failures[name_of(item)] = error.what
                    self._stop.count_error(error)
                else:
                    self._failures.pop(name_of(item), None)
                await self._report_progress()

        async with anyio.create_task_group() as group:
            for _ in range(MAX_CONCURRENT_DELETIONS):
                group.start_soon(work)

    def _pause(self, error: RateLimited) -> None:
        try:
            self._pacer.pause(error)
        except HubError as too_long:
            self._stop.stop(error_text(too_long))

    async def _check_unknown(self, names: Iterable[str], check: Callable[[str], Awaitable[None]]) -> None:
        """Read tags once more after a deletion without a clear answer: it may have happened since."""
        for name in list(names):
            settlement = self._journal.settlements.get(name)
            if settlement is None or settlement.outcome is not ItemOutcome.UNKNOWN:
                continue
            try:
                await check(name)
            except HubError:
                return  # they stay unknown

    async def _report_progress(self, *, is_last: bool = False) -> None:
        done, total = len(self._journal.settlements), self._plan.count
        step = max(1, total // _MAX_PROGRESS_REPORTS)
        if done > self._reported and (is_last or done >= self._reported + step):
            self._reported = done
            await self._context.report_progress(done, total)
