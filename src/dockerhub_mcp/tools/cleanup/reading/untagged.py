"""Find the manifests that have no tag once a plan is applied, and that nothing needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dockerhub_mcp.tools.cleanup.model import ManifestKind, PlannedManifest
from dockerhub_mcp.tools.cleanup.reading.index_contents import read_digests_below
from dockerhub_mcp.tools.cleanup.reading.inventory import StoredManifest, read_inventory
from dockerhub_mcp.tools.cleanup.reading.kept_manifests import (
    find_kept_digests,
    find_referrers,
    find_untagged_subjects,
)
from dockerhub_mcp.tools.cleanup.reading.untagged_contents import UntaggedReader
from dockerhub_mcp.tools.cleanup.selecting.rules import CleanupRules, subtract
from dockerhub_mcp.tools.cleanup.selecting.selection import Selection
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag, RepositorySnapshot
from dockerhub_mcp.tools.context import ToolContext

YOUNGEST = timedelta(hours=24)
"""No manifest that was pushed within this time is deleted: a push sends images before their index."""

NONE_PLANNED = "No manifest without a tag is planned: the registry could not tell "
"""The beginning of a reason, followed by what the registry could not tell."""


@dataclass(slots=True)
class UntaggedManifests:
    """The manifests to delete.

    Attributes:
        manifests: The manifests: indexes first, then images.
        further_bytes: An upper bound of the bytes of those that no deleted tag has.
        notes: Notes for the agent.
        gap: Why there may be more of them; empty if there are not.
        formerly_untagged: How many of them had lost their tag before the plan.
        pulls: How many pulls it took to read manifests without a tag.
    """

    manifests: tuple[PlannedManifest, ...] = ()
    further_bytes: int = 0
    notes: list[str] = field(default_factory=list)
    gap: str = ""
    formerly_untagged: int = 0
    pulls: int = 0


async def find_untagged(
    context: ToolContext,
    place: tuple[str, str],
    snapshot: RepositorySnapshot,
    selection: Selection,
    rules: CleanupRules,
) -> UntaggedManifests:
    """Return the manifests that have no tag once the plan is applied, those of deleted tags among them.

    Where it is not certain which manifests are signatures of kept images, none are returned.

    Args:
        context: The context of the call.
        place: Namespace and name of the repository.
        snapshot: Its tags; proven to be all, with the contents of all indexes that stay.
        selection: The tags that are deleted and kept.
        rules: The rules; those on age and pulls hold for manifests, too.
    """
    namespace, repository = place
    deleted = {tag.name for tag in selection.deleted}
    staying = [tag for tag in snapshot.tags if tag.name not in deleted]
    kept = find_kept_digests(staying, selection.deleted)
    subjects = find_untagged_subjects(staying, selection.deleted)
    below, doubt = await read_digests_below(context, f"{namespace}/{repository}", subjects)
    if doubt:
        return UntaggedManifests(gap=f"{NONE_PLANNED}what belongs to signed images that stay. {doubt}")
    kept |= below
    stored, gap = await read_inventory(context, namespace, repository)
    now = context.clock()
    released = _find_released(selection.deleted, now)
    chosen = choose_manifests(released, stored, kept, rules, now)
    referrers, is_checked = await find_referrers(context, namespace, repository, kept if chosen else set())
    if not is_checked:
        return UntaggedManifests(gap=NONE_PLANNED + "which manifests are signatures of images that stay.")
    chosen = [each for each in chosen if each.digest not in referrers]
    # The manifests of deleted tags go with them; those of before share the limit with the tags.
    limit = max(0, rules.max_delete - len(selection.deleted))
    result = await _check_chosen(context, f"{namespace}/{repository}", chosen, stored, kept, released, limit)
    if gap:
        texts = [f"Manifests that had lost their tag before could not be listed. {gap}", result.gap]
        result.gap = " ".join(filter(None, texts))
    if result.manifests:
        result.notes.append(
            "Manifests without a tag are deleted by digest after the tags. The registry refuses to delete "
            "those that another image refers to; they stay."
        )
    return result


async def _check_chosen(  # noqa: PLR0917 - what was found, in the order in which it was
    context: ToolContext,
    image: str,
    chosen: Sequence[PlannedManifest],
    stored: Iterable[StoredManifest],
    kept: set[str],
    released: Mapping[str, PlannedManifest],
    limit: int,
) -> UntaggedManifests:
    """Return the manifests to delete, without what manifests without a tag that stay need or are about.

    What is about a kept image is found in its fallback tag, or in the registry's list. A manifest that is in
    neither is read itself, and so are the indexes without a tag that stay.

    Args:
        context: The context of the call.
        image: The repository as `namespace/name`.
        chosen: The manifests that the rules choose.
        stored: The manifests that the Hub lists.
        kept: The digests that the kept tags need.
        released: The manifests of deleted tags, by digest.
        limit: The most of the others.
    """
    by_digest = {each.digest: each for each in stored if not each.is_tagged}
    own = [each for each in chosen if each.digest in released]
    earlier = [each for each in chosen if each.digest not in released]
    taken = earlier[:limit]
    result = UntaggedManifests()
    if context.registry is not None and (own or taken):
        reader = UntaggedReader(context.registry.start_session(), image)
        going = {each.digest for each in (*own, *taken)}
        staying = by_digest.keys() - going
        indexes = {digest for digest in staying if by_digest[digest].kind == "index"} - kept
        has_images = any(each.kind == "image" for each in (*own, *taken))
        parts, unread = await reader.read_parts(indexes) if has_images else (set(), 0)
        own = [each for each in own if each.digest not in parts]
        earlier = [each for each in earlier if each.digest not in parts]
        taken = earlier[:limit]
        staying = by_digest.keys() - {each.digest for each in (*own, *taken)}
        doubtful = {each.digest for each in taken if by_digest[each.digest].can_have_subject}
        referring, doubts = await reader.find_referring(doubtful, kept | staying | parts)
        taken = [each for each in taken if each.digest not in referring | doubts]
        earlier = [each for each in earlier if each.digest not in referring]
        result.pulls = reader.pulls
        result.notes += _describe_unread(unread, len(doubts))
    left = len(earlier) - len(taken)
    if left > 0:
        result.notes.append(
            f"max_delete leaves {left:,} further manifests without a tag for another plan: it counts tags "
            "and such manifests together, but not the manifests of deleted tags."
        )
    result.manifests = tuple(sorted((*own, *taken), key=lambda each: (each.kind != "index", each.digest)))
    result.formerly_untagged = len(taken)
    result.further_bytes = sum(each.size or 0 for each in taken if each.kind == "image")
    return result


def _describe_unread(indexes: int, doubts: int) -> list[str]:
    notes = []
    if indexes:
        notes.append(
            f"Indexes without a tag that stay and could not be read: {indexes:,}. Images that they need may "
            "be planned; the registry refuses to delete them."
        )
    if doubts:
        notes.append(
            f"Manifests without a tag that could not be read: {doubts:,}. They may be signatures of images "
            "that stay, and are left for another plan."
        )
    return notes


def choose_manifests(
    released: Mapping[str, PlannedManifest],
    stored: Iterable[StoredManifest],
    kept: set[str],
    rules: CleanupRules,
    now: datetime,
) -> list[PlannedManifest]:
    """Return the manifests to delete, those that had lost their tag before last: indexes, then the oldest.

    It is a pure function.

    Args:
        released: The manifests of deleted tags, by digest.
        stored: The manifests that the Hub lists.
        kept: The digests that the kept tags need.
        rules: The rules; those on age and pulls hold for manifests, too.
        now: The current time.
    """
    by_digest = {each.digest: each for each in stored}
    chosen = [
        each
        for digest, each in released.items()
        if digest not in kept
        and (digest not in by_digest or not _is_protected(by_digest[digest], rules, now))
    ]
    earlier = sorted(by_digest.values(), key=lambda each: (each.kind != "index", each.pushed_at or now))
    chosen += [
        PlannedManifest(each.digest, each.kind, each.size)
        for each in earlier
        if each.digest not in kept
        and each.digest not in released
        and not each.is_tagged
        and not _is_protected(each, rules, now)
        and _is_old_enough(each, rules, now)
    ]
    return chosen


def _find_released(deleted: Iterable[ListedTag], now: datetime) -> dict[str, PlannedManifest]:
    """Return the manifests of deleted tags, except of those that were just pushed."""
    pushed_before = subtract(now, YOUNGEST)
    found: dict[str, PlannedManifest] = {}
    for tag in deleted:
        if tag.pushed_at is not None and tag.pushed_at >= pushed_before:
            continue
        own = tag.manifest_digest
        for image in tag.images:
            if image.digest and image.digest != own:
                found.setdefault(image.digest, PlannedManifest(image.digest, "image", image.size))
        if own:
            kind: ManifestKind = "index" if tag.is_index else "image"
            found[own] = PlannedManifest(own, kind, None if kind == "index" else tag.size)
    return found


def _is_protected(manifest: StoredManifest, rules: CleanupRules, now: datetime) -> bool:
    """Tell whether a manifest was pushed or pulled too lately; one without a push date may be new."""
    youngest = max(YOUNGEST, rules.keep.younger_than)
    if manifest.pushed_at is None or manifest.pushed_at >= subtract(now, youngest):
        return True
    within = rules.keep.pulled_within
    return (
        within is not None and manifest.pulled_at is not None and manifest.pulled_at >= subtract(now, within)
    )


def _is_old_enough(manifest: StoredManifest, rules: CleanupRules, now: datetime) -> bool:
    """Tell whether the delete rules on age and pulls match a manifest that had lost its tag before."""
    older_than, unused_for = rules.delete.older_than, rules.delete.not_pulled_for
    pushed_at, used_at = manifest.pushed_at, manifest.pulled_at or manifest.pushed_at
    return (
        pushed_at is not None
        and used_at is not None
        and (older_than is None or pushed_at < subtract(now, older_than))
        and (unused_for is None or used_at < subtract(now, unused_for))
    )
