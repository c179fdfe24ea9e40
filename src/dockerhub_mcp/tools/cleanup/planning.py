"""Make a clean-up plan: read the repository, choose what is deleted, seal and keep the plan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread

from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods import GetRepository
from dockerhub_mcp.hub.models import Repository
from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.tools.cleanup.account import describe_account
from dockerhub_mcp.tools.cleanup.estimate import describe_effort
from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedManifest, PlannedTag
from dockerhub_mcp.tools.cleanup.plan_notes import describe_next_step, describe_unmatched, list_notes
from dockerhub_mcp.tools.cleanup.presentation import (
    ExamplePicker,
    describe_counted,
    group_deleted,
    group_kept,
)
from dockerhub_mcp.tools.cleanup.reading.immutable_tags import ImmutableTags, find_immutable_tags
from dockerhub_mcp.tools.cleanup.reading.index_contents import select_with_contents
from dockerhub_mcp.tools.cleanup.reading.tag_reading import read_repository_tags
from dockerhub_mcp.tools.cleanup.reading.untagged import (
    NONE_PLANNED,
    UntaggedManifests,
    find_untagged,
)
from dockerhub_mcp.tools.cleanup.results import MatchedRule, TagCleanupPlan
from dockerhub_mcp.tools.cleanup.selecting.matching import TagVersions
from dockerhub_mcp.tools.cleanup.selecting.rules import CleanupRules
from dockerhub_mcp.tools.cleanup.selecting.selection import Selection, find_candidates, select_tags
from dockerhub_mcp.tools.cleanup.selecting.sizes import measure_tag
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag, RepositorySnapshot
from dockerhub_mcp.tools.context import ToolContext

_T = TypeVar("_T")

_MAX_TAGS_INLINE = 300
"""The most tags that are examined in the event loop, within milliseconds; more are in a thread."""


@dataclass(frozen=True, slots=True)
class CleanupRequest:
    """What a clean-up is asked to do.

    Attributes:
        namespace: The namespace of the repository.
        repository: The name of the repository.
        rules: The rules.
        arguments: The rules as the caller gave them, for the plan.
        allow_everything: Whether every tag may be deleted.
        untagged: Whether manifests without a tag are deleted as well.
    """

    namespace: str
    repository: str
    rules: CleanupRules
    arguments: Mapping[str, Any]
    allow_everything: bool = False
    untagged: bool = False

    @property
    def image(self) -> str:
        """The repository as `namespace/repository`, quoted where it is not a plain name."""
        return f"{quote_name(self.namespace)}/{quote_name(self.repository)}"


@dataclass(slots=True)
class PlanOutcome:
    """A plan for the agent.

    Attributes:
        data: The plan.
        notes: Notes for the agent.
        partial_reason: Why the plan may miss something; empty if it does not.
    """

    data: TagCleanupPlan
    notes: list[str] = field(default_factory=list)
    partial_reason: str = ""


async def plan_cleanup(context: ToolContext, request: CleanupRequest) -> PlanOutcome:
    """Make a plan and keep it; nothing is deleted.

    Raises:
        InvalidRequest: The rules would take every tag, or it is not certain which manifests have no tag.
        HubError: The repository could not be read, or the plan could not be kept.
    """
    await context.plans.check_available()
    place = request.namespace, request.repository
    repository = await context.hub.send(GetRepository(namespace=place[0], repository=place[1]))
    snapshot = await read_repository_tags(context, *place, must_compare=request.untagged)
    if request.untagged and not snapshot.is_proven_complete:
        raise _build_incomplete_error(snapshot, request)
    now = context.clock()
    candidates = await _run(
        snapshot, lambda: find_candidates(snapshot, request.rules, TagVersions(snapshot), now)[0]
    )
    names = [tag.name for tag in candidates]
    immutable = await find_immutable_tags(context, *place, repository.immutable_tags_settings, names)
    snapshot = replace(
        snapshot, immutable=frozenset(immutable.certain), perhaps_immutable=frozenset(immutable.possible)
    )

    def select(read: RepositorySnapshot) -> Awaitable[Selection]:
        return _run(read, partial(select_tags, read, request.rules, now))

    name = f"{request.namespace}/{request.repository}"
    chosen = await select_with_contents(context, name, snapshot, select, untagged=request.untagged)
    snapshot, selection = chosen.snapshot, chosen.selection
    if selection.takes_every_tag and not request.allow_everything:
        raise _build_everything_error(snapshot, request)
    untagged = UntaggedManifests()
    if request.untagged and chosen.gap:
        untagged = UntaggedManifests(gap=f"{NONE_PLANNED}what the indexes that stay need. {chosen.gap}")
    elif request.untagged:
        untagged = await find_untagged(context, place, snapshot, selection, request.rules)
    if count := chosen.pulls + untagged.pulls:
        pulls = "1 pull" if count == 1 else f"{count:,} pulls"
        untagged.notes.append(f"Reading manifests of which the Hub does not list the contents took {pulls}.")
    build = partial(_build_outcome, context, request, repository, snapshot, selection, immutable, untagged)
    outcome, plan = await _run(snapshot, build)
    if plan is not None:
        plan = await context.plans.add(plan)
        _show_plan(outcome.data, plan, selection.deleted, context)
        outcome.notes.insert(0, describe_next_step(context, plan, untagged=request.untagged))
    return outcome


async def _run(snapshot: RepositorySnapshot, function: Callable[[], _T]) -> _T:
    """Call a function without holding up the event loop."""
    if len(snapshot.tags) <= _MAX_TAGS_INLINE:
        return function()
    return await anyio.to_thread.run_sync(function, abandon_on_cancel=True)


def _build_incomplete_error(snapshot: RepositorySnapshot, request: CleanupRequest) -> InvalidRequest:
    what = f"It is not certain which manifests of {request.image} have no tag; nothing was planned."
    why = f"The list of tags is not proven to be complete. {snapshot.incomplete_reason}".strip()
    if snapshot.unread_names:
        why += f" {len(snapshot.unread_names):,} tags could not be read."
    return InvalidRequest(what, why=why, remedy="Call again later, or leave out untagged.")


def _build_everything_error(snapshot: RepositorySnapshot, request: CleanupRequest) -> InvalidRequest:
    count = len(snapshot.tags)
    tags = "the only tag" if count == 1 else f"every one of the {count:,} tags"
    if not snapshot.is_complete:
        tags = f"every one of the {count:,} tags that could be read"
    what = f"These rules would delete {tags} of {request.image}; nothing was planned."
    remedy = "Keep some, for example with keep_newest=5, or set allow_everything if that is intended."
    return InvalidRequest(what, remedy=remedy)


def _build_outcome(  # noqa: PLR0917 - what was found, in the order in which it was
    context: ToolContext,
    request: CleanupRequest,
    repository: Repository,
    snapshot: RepositorySnapshot,
    selection: Selection,
    immutable: ImmutableTags,
    untagged: UntaggedManifests,
) -> tuple[PlanOutcome, CleanupPlan | None]:
    """Return what the agent reads, and the plan to keep; None where nothing is to be deleted."""
    deleted_names = {tag.name for tag in selection.deleted}
    staying = [tag for tag in snapshot.tags if tag.name not in deleted_names]
    picker = ExamplePicker()
    groups, held = group_deleted(selection.deleted, staying, request.rules.delete, picker)
    known_bytes = (held.total + untagged.further_bytes) or None
    data = TagCleanupPlan(
        image=request.image,
        deletes=len(selection.deleted),
        deleted_manifests=len(untagged.manifests) if request.untagged else None,
        formerly_untagged=untagged.formerly_untagged if request.untagged else None,
        max_bytes=known_bytes,
        keeps=len(selection.kept),
        left_for_another_plan=selection.left_over or None,
        tag_list=_describe_list(snapshot),
        rules=[MatchedRule(rule=name, tags=count) for name, count in selection.matched.items()],
        deleted=groups,
        kept=group_kept(selection.kept, picker),
    )
    notes = list_notes(
        context,
        (request.namespace, request.repository),
        repository,
        selection,
        immutable,
        max_delete=request.rules.max_delete,
    )
    if data.deletes and snapshot.has_all_names:
        notes += describe_unmatched(request.rules.keep, selection.kept)
    notes += untagged.notes
    plan = None
    if data.deletes or untagged.manifests:
        plan = _build_plan(context, request, selection, untagged.manifests, known_bytes)
    else:
        notes.insert(0, "Nothing is to be deleted by these rules, so there is no plan_id.")
    if held.has_unknown:
        notes.append("The size of some images is not known and not counted in max_bytes.")
    reason = untagged.gap if snapshot.is_complete else _describe_gap(snapshot)
    return PlanOutcome(data, notes, reason), plan


def _build_plan(
    context: ToolContext,
    request: CleanupRequest,
    selection: Selection,
    manifests: Sequence[PlannedManifest],
    max_bytes: int | None,
) -> CleanupPlan:
    return CleanupPlan(
        "",
        describe_account(context),
        request.namespace,
        request.repository,
        request.arguments,
        context.clock().replace(microsecond=0),
        tuple(PlannedTag(tag.name, tag.digest, tag.pushed_at, measure_tag(tag)) for tag in selection.deleted),
        tuple(manifests),
        {describe_counted(reason): count for reason, count in selection.count_kept().items()},
        max_bytes,
        selection.takes_every_tag and not selection.left_over,
    )


def _show_plan(
    data: TagCleanupPlan, plan: CleanupPlan, deleted: Sequence[ListedTag], context: ToolContext
) -> None:
    """Add what identifies a plan, and what applying it takes."""
    data.plan_id = plan.plan_id
    data.start_before = plan.start_before
    data.whole_list = f"dockerhub://plans/{plan.plan_id}"
    path = context.plans.get_plan_path(plan.plan_id)
    data.file = None if path is None else str(path)
    data.effort = describe_effort(plan, context.hub.rate_limit)
    dated = [tag for tag in deleted if tag.pushed_at is not None]
    if dated:
        data.oldest, data.newest = _describe_tag(dated[0]), _describe_tag(dated[-1])


def _describe_tag(tag: ListedTag) -> str:
    return f"{tag.name} ({tag.pushed_at:%Y-%m-%d})"


def _describe_list(snapshot: RepositorySnapshot) -> str:
    read = f"{len(snapshot.tags):,} tags read"
    if snapshot.is_proven_complete:
        return f"{read}, as many as the registry lists"
    if snapshot.is_complete:
        return f"{read}, as many as the Hub counts"
    if snapshot.has_all_names:
        return f"{read}, and the names of {len(snapshot.unread_names):,} others"
    return f"{read}; others may be missing"


def _describe_gap(snapshot: RepositorySnapshot) -> str:
    unread = f"{len(snapshot.unread_names):,} tags" if snapshot.unread_names else "Tags"
    what = f"{unread} that could not be read stay, and do not count for keep_newest_per=repository."
    return f"{snapshot.incomplete_reason} {what}".strip()
