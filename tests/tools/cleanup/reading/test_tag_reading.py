"""Reading all tags of a repository, also where the Hub's list ends early or changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dockerhub_mcp.hub.models import Tag
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.state import RepositoryRecord
from dockerhub_mcp.tools.cleanup.reading.tag_reading import CleanupTagReducer, read_repository_tags
from dockerhub_mcp.tools.context import ToolContext
from tests.support.fixture_types import MakeHub
from tests.support.image_calls import make_image_context

PLACE = ("milldale", "controller")


@pytest.fixture
def repository(sandbox: Sandbox) -> RepositoryRecord:
    return sandbox.state.repositories[PLACE]


@pytest.fixture
def context(make_hub: MakeHub, sandbox: Sandbox) -> ToolContext:
    return make_image_context(sandbox, make_hub("owner"))


def count_requests(sandbox: Sandbox, part: str) -> int:
    return sum(part in request.path for request in sandbox.requests)


async def test_a_whole_list_is_read_once(context: ToolContext, sandbox: Sandbox) -> None:
    snapshot = await read_repository_tags(context, *PLACE)
    assert len(snapshot.tags) == 3000
    assert snapshot.is_complete
    assert not snapshot.is_proven_complete
    assert count_requests(sandbox, "/controller/tags") == 30


async def test_a_long_list_that_ends_early_is_read_from_both_ends(
    context: ToolContext, sandbox: Sandbox, repository: RepositoryRecord
) -> None:
    repository.max_listed_tags = 1400
    snapshot = await read_repository_tags(context, *PLACE)
    assert snapshot.is_proven_complete
    assert len(snapshot.tags) == 3000
    assert count_requests(sandbox, "/controller/tags/") == 200 + 3, "single tags, and pages of names"


async def test_what_neither_end_reaches_is_known_by_name(
    context: ToolContext, repository: RepositoryRecord
) -> None:
    repository.max_listed_tags = 1000
    snapshot = await read_repository_tags(context, *PLACE)
    assert not snapshot.is_complete
    assert snapshot.has_all_names
    assert len(snapshot.tags) == 2200
    assert len(snapshot.unread_names) == 800
    assert "1,000" in snapshot.incomplete_reason


async def test_without_the_list_of_names_some_may_be_missing(
    context: ToolContext, sandbox: Sandbox, repository: RepositoryRecord
) -> None:
    repository.max_listed_tags = 1000
    sandbox.faults.add(match="/tags/list", status=400)
    snapshot = await read_repository_tags(context, *PLACE)
    assert not snapshot.has_all_names
    assert not snapshot.unread_names
    assert "could not be read either" in snapshot.incomplete_reason


def _change(context: ToolContext, change: Callable[[], None]) -> ToolContext:
    """Return a context in which the repository changes after the first page was read."""
    is_done = False

    async def on_progress(_done: int, _total: int | None) -> None:
        nonlocal is_done
        if not is_done:
            is_done = True
            change()

    return replace(context, on_progress=on_progress)


async def test_tags_that_are_pushed_again_meanwhile_do_not_shift_the_pages(
    context: ToolContext, repository: RepositoryRecord
) -> None:
    newest = max(tag.pushed_at for tag in repository.tags)

    def push_again() -> None:
        for tag in repository.tags[:500]:
            tag.pushed_at = newest

    snapshot = await read_repository_tags(_change(context, push_again), *PLACE)
    assert len({tag.name for tag in snapshot.tags}) == 3000


async def test_tags_that_are_deleted_meanwhile_leave_nothing_out(
    context: ToolContext, repository: RepositoryRecord
) -> None:
    def delete() -> None:
        repository.tags.sort(key=lambda tag: tag.name)
        del repository.tags[:150]

    snapshot = await read_repository_tags(_change(context, delete), *PLACE, must_compare=True)
    staying = {tag.name for tag in repository.tags}
    assert staying <= {tag.name for tag in snapshot.tags} | set(snapshot.unread_names)


def test_a_tag_is_reduced_to_its_facts() -> None:
    tag = Tag.model_validate(
        {
            "name": "1.0",
            "digest": "sha256:" + "a" * 64,
            "tag_status": "inactive",
            "tag_last_pushed": None,
            "last_updated": "2026-01-02T03:04:05Z",
            "tag_last_pulled": "0001-01-01T00:00:00Z",
            "full_size": 5,
            "media_type": "application/vnd.oci.image.index.v1+json",
            "images": [{"digest": "sha256:" + "b" * 64, "size": 5}, {"digest": None, "size": None}],
        }
    )
    reduced = CleanupTagReducer().reduce_tag(tag)
    assert reduced.pushed_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert reduced.pulled_at is None
    assert reduced.is_inactive
    assert reduced.is_index
    assert [*reduced.iter_digests()] == ["sha256:" + "a" * 64, "sha256:" + "b" * 64]
