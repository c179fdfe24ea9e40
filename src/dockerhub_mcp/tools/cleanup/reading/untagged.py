"""Find the manifests that have no tag once a plan is applied, and that nothing needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    """

    manifests: tuple[PlannedManifest, ...] = ()
    further_bytes: int = 0
    notes: list[str] = field(default_factory=list)
    gap: str = ""


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
    earlier = [each for each in chosen if each.digest not in released]
    chosen = [each for each in chosen if each.digest in released]
    chosen += earlier[: rules.max_delete]
    result = UntaggedManifests(tuple(sorted(chosen, key=lambda each: (each.kind != "index", each.digest))))
    result.further_bytes = sum(each.size or 0 for each in earlier[: rules.max_delete] if each.kind == "image")
    if gap:
        result.gap = f"Manifests that had lost their tag before could not be listed. {gap}"
    if (left := len(earlier) - rules.max_delete) > 0:
        result.notes.append(f"max_delete leaves {left:,} further manifests without a tag for another plan.")
    if chosen:
        result.notes.append(
            "Manifests without a tag are deleted by digest after the tags. The registry refuses to delete "
            "those that another image refers to; they stay."
        )
    return result


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
