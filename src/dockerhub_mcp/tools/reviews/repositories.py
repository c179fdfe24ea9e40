"""Summaries of the repositories of a namespace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from dockerhub_mcp.hub.methods import ListRepositories
from dockerhub_mcp.hub.models import Page, RepositorySummary
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.reviews.access_rows import count_repositories
from dockerhub_mcp.tools.reviews.reading import ReviewReader, fit_rows, limit_names
from dockerhub_mcp.tools.reviews.repository_models import RepositoriesSummary, SummarizedRepository
from dockerhub_mcp.tools.workflows.base import WorkflowResult

_STALE = timedelta(days=365)
_STALE_SHARE, _LARGEST_SHARE = 0.4, 0.25
_MAX_NAMES = 100
_MANAGING_AFFILIATIONS = {"owner", "editor"}
_VISIBLE_NOTE = "Private repositories are counted only where this account may see them."
_PULLS_NOTE = "The Hub's list does not say when a repository was last pulled: an old one may be in use."


async def summarize_repositories(context: ToolContext, namespace: str, max_largest: int) -> WorkflowResult:
    """Read all repositories of a namespace, and return totals and those that stand out.

    Args:
        context: The context of the call.
        namespace: The user or organization.
        max_largest: The most of the largest repositories to return.

    Raises:
        HubError: The first repositories could not be read.
    """
    now = context.clock()
    reader = ReviewReader(context.hub, now)
    call = ListRepositories(namespace=namespace, page_size=100)
    repositories = await reader.require_list(call, "the repositories")
    if hidden := call.describe_hidden_items(context.hub.principal):
        reader.add_failure("private repositories", hidden)
    stale = sorted(
        (each for each in repositories if _is_stale(each, now)),
        key=lambda each: (_get_change(each), each.name),
    )
    counted = [each for each in repositories if each.pull_count is not None]
    sized = [each for each in repositories if each.storage_size is not None]
    largest = sorted(sized, key=lambda each: (-(each.storage_size or 0), each.name))[:max_largest]
    undescribed = [str(each.name) for each in repositories if each.lacks_description]
    max_bytes = context.result_options.max_bytes
    data = RepositoriesSummary(
        namespace=namespace,
        repositories=_count(repositories),
        storage=sum(each.storage_size or 0 for each in sized) if sized or not repositories else None,
        pulls=sum(each.pull_count or 0 for each in counted) if counted or not repositories else None,
        requests=reader.requests,
        archived=limit_names([str(each.name) for each in repositories if each.is_archived], _MAX_NAMES)
        or None,
        undescribed_count=len(undescribed),
        undescribed=limit_names(undescribed, _MAX_NAMES) or None,
        largest=fit_rows(_build_rows(largest), int(max_bytes * _LARGEST_SHARE)) or None,
        not_updated_for_a_year_count=len(stale),
        not_updated_for_a_year=fit_rows(_build_rows(stale), int(max_bytes * _STALE_SHARE)) or None,
    )
    notes = [_PULLS_NOTE] if stale else []
    if not hidden and not any(each.affiliation in _MANAGING_AFFILIATIONS for each in repositories):
        notes.append(_VISIBLE_NOTE)
    if (listed := len(data.not_updated_for_a_year or ())) < len(stale):
        notes.append(f"CUT for its size: of those not updated for a year, the {listed} oldest are listed.")
    if data.largest is not None and len(data.largest) < len(largest):
        notes.append(f"CUT for its size: {len(data.largest)} of the {len(largest)} largest are listed.")
    notes += _describe_gaps(repositories)
    if not repositories and not reader.describe_failures():
        notes += call.explain_result(Page(results=[]))
    return WorkflowResult(data, notes, reader.describe_failures())


def _describe_gaps(repositories: Sequence[RepositorySummary]) -> list[str]:
    """Return which totals leave out repositories of which the Hub does not send the value."""
    gaps = (
        ("size", "not part of the sum", [each.storage_size is None for each in repositories]),
        ("number of pulls", "not part of the sum", [each.pull_count is None for each in repositories]),
        (
            "date",
            "not counted as unchanged",
            [each.last_change is None for each in repositories],
        ),
        (
            "description field",
            "not counted as undescribed",
            ["description" not in each.model_fields_set for each in repositories],
        ),
    )
    return [
        f"The Hub sent no {what} of {_count_nouns(sum(missing))}; {effect}."
        for what, effect, missing in gaps
        if any(missing)
    ]


def _count_nouns(count: int) -> str:
    return "1 repository" if count == 1 else f"{count} repositories"


def _is_stale(repository: RepositorySummary, now: datetime) -> bool:
    return repository.last_change is not None and now - repository.last_change >= _STALE


def _get_change(repository: RepositorySummary) -> datetime:
    return repository.last_change or datetime.max.replace(tzinfo=UTC)


def _count(repositories: Sequence[RepositorySummary]) -> str:
    """Return how many repositories are public, private and archived."""
    archived = sum(each.is_archived for each in repositories)
    return f"{count_repositories(repositories)}; {archived or 'none'} archived"


def _build_rows(repositories: Iterable[RepositorySummary]) -> list[SummarizedRepository]:
    return [
        SummarizedRepository(
            repository=str(each.name),
            storage=each.storage_size,
            pulls=each.pull_count,
            last_updated=each.last_updated,
            private=each.is_private,
            status="archived" if each.is_archived else each.status_description,
        )
        for each in repositories
    ]
