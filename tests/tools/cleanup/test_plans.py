"""Keeping clean-up plans in each kind of place, and refusing those that were changed or belong to others."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dockerhub_mcp.tools.cleanup.memory_plans import (
    MAX_BYTES_IN_MEMORY,
    MAX_PLANS_PER_ACCOUNT,
    MemoryPlans,
)
from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedManifest, PlannedTag
from dockerhub_mcp.tools.cleanup.plan_files import PlanDirectory, find_directory_problem
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans, UnusablePlanError
from tests.support.cleanup_tags import NOW, make_digest

ACCOUNT = "hub.docker.com ada"
Connect = Callable[[], CleanupPlans]
needs_modes = pytest.mark.skipif(os.name != "posix", reason="the system has no modes of files")


def make_plan(repository: str = "app", account: str = ACCOUNT) -> CleanupPlan:
    """Return a plan of two tags and a manifest."""
    return CleanupPlan(
        "",
        account,
        "acme",
        repository,
        {"delete_matching": ["*"], "keep_newest": 5},
        NOW,
        (
            PlannedTag("1.0", make_digest(1), None),
            PlannedTag("1.1", make_digest(2), NOW - timedelta(days=3, microseconds=5), 100),
        ),
        (PlannedManifest(make_digest(3), "index", 100),),
        {"keep_newest": 7},
        200,
    )


async def test_a_plan_is_found_as_it_was_added(connect_store: Connect) -> None:
    plan = await connect_store().add(make_plan())
    assert await connect_store().find(plan.plan_id, ACCOUNT) == plan


async def test_the_identifier_depends_on_everything_in_the_plan(connect_store: Connect) -> None:
    plans = [make_plan(), make_plan("other"), make_plan(account="hub.docker.com bob")]
    added = [await connect_store().add(plan) for plan in plans]
    assert len({plan.plan_id for plan in added}) == 3
    assert (await connect_store().add(make_plan())).plan_id == added[0].plan_id
    assert (await CleanupPlans().add(make_plan())).plan_id != added[0].plan_id


@pytest.mark.parametrize("plan_id", ["", "latest", "cleanup-", "../../etc/passwd", "cleanup-" + "0" * 33])
async def test_what_is_no_identifier_is_refused(plan_id: str, connect_store: Connect) -> None:
    with pytest.raises(UnusablePlanError, match="no plan_id"):
        await connect_store().find(plan_id, ACCOUNT)


async def test_an_unknown_plan_is_refused(connect_store: Connect) -> None:
    with pytest.raises(UnusablePlanError, match=r"keeps plans in (memory|the directory|the store)"):
        await connect_store().find("cleanup-" + "0" * 32, ACCOUNT)


async def test_the_plan_of_another_account_is_refused(connect_store: Connect) -> None:
    plan = await connect_store().add(make_plan())
    with pytest.raises(UnusablePlanError, match="another account"):
        await connect_store().find(plan.plan_id, "hub.docker.com bob")


async def test_a_plan_of_the_largest_size_is_found(connect_store: Connect) -> None:
    tags = [PlannedTag(f"pr-{number}", make_digest(number), NOW, number) for number in range(20_000)]
    plan = await connect_store().add(replace(make_plan(), tags=tuple(tags)))
    assert await connect_store().find(plan.plan_id, ACCOUNT) == plan


async def test_progress_is_read_by_the_next_server(connect_store: Connect) -> None:
    plan = await connect_store().add(make_plan())
    for number in range(3):
        async with connect_store().open_progress(plan.plan_id) as log:
            assert await log.read() == [
                line % each for each in range(number) for line in (b"first %d", b"second %d", b"waiting %d")
            ]
            await log.append(b"first %d\n" % number, may_wait=True)
            await log.append(b"second %d\n" % number)
            await log.append(b"waiting %d\n" % number, may_wait=True)


async def test_one_call_at_a_time_has_the_progress_open(connect_store: Connect) -> None:
    store = connect_store()
    first, second = await store.add(make_plan()), await store.add(make_plan("other"))
    async with store.open_progress(first.plan_id):
        for each in (store, connect_store()):
            with pytest.raises(UnusablePlanError, match=r"Another (call|server) carries out this plan"):
                async with each.open_progress(first.plan_id):
                    pass
        async with connect_store().open_progress(second.plan_id):
            pass
    with suppress(asyncio.CancelledError):
        async with store.open_progress(first.plan_id):
            raise asyncio.CancelledError
    async with connect_store().open_progress(first.plan_id):
        pass


async def test_a_plan_that_was_changed_is_refused(tmp_path: Path) -> None:
    store = CleanupPlans(PlanDirectory(tmp_path / "plans"))
    plan = await store.add(make_plan())
    path = store.get_plan_path(plan.plan_id)
    assert path is not None
    path.write_bytes(path.read_bytes().replace(b'"1.0"', b'"2.0"'))
    with pytest.raises(UnusablePlanError, match="changed after it was made"):
        await CleanupPlans(PlanDirectory(tmp_path / "plans")).find(plan.plan_id, ACCOUNT)


async def test_a_plan_cannot_be_passed_off_as_another_one(tmp_path: Path) -> None:
    store = CleanupPlans(PlanDirectory(tmp_path / "plans"))
    first, second = await store.add(make_plan()), await store.add(make_plan("other"))
    paths = store.get_plan_path(first.plan_id), store.get_plan_path(second.plan_id)
    assert paths[0] is not None
    assert paths[1] is not None
    paths[0].write_bytes(paths[1].read_bytes())
    with pytest.raises(UnusablePlanError, match="changed after it was made"):
        await CleanupPlans(PlanDirectory(tmp_path / "plans")).find(first.plan_id, ACCOUNT)


async def test_a_plan_of_another_directory_is_refused(tmp_path: Path) -> None:
    first, second = (CleanupPlans(PlanDirectory(tmp_path / name)) for name in "ab")
    plan = await first.add(make_plan())
    source, target = first.get_plan_path(plan.plan_id), second.get_plan_path(plan.plan_id)
    assert source is not None
    assert target is not None
    source.rename(target)
    with pytest.raises(UnusablePlanError, match="another key"):
        await second.find(plan.plan_id, ACCOUNT)


@needs_modes
async def test_the_directory_and_its_files_are_for_the_owner_only(tmp_path: Path) -> None:
    directory = tmp_path / "plans"
    await CleanupPlans(PlanDirectory(directory)).add(make_plan())
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    files = list(directory.iterdir())
    assert {file.suffix for file in files} == {".key", ".json"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@needs_modes
@pytest.mark.parametrize("name", ["sealing.key", "plan"])
async def test_files_that_others_can_open_are_refused(tmp_path: Path, name: str) -> None:
    directory = tmp_path / "plans"
    plan = await CleanupPlans(PlanDirectory(directory)).add(make_plan())
    (directory / (f"{plan.plan_id}.plan.json" if name == "plan" else name)).chmod(0o644)
    with pytest.raises((OSError, UnusablePlanError), match="others than its owner"):
        await CleanupPlans(PlanDirectory(directory)).find(plan.plan_id, ACCOUNT)


@needs_modes
def test_directories_that_cannot_be_used_are_told_before_the_start(tmp_path: Path) -> None:
    assert find_directory_problem(tmp_path / "new") == ""
    assert "parent" in find_directory_problem(tmp_path / "no" / "such")
    (tmp_path / "file").touch()
    assert find_directory_problem(tmp_path / "file") == "it is not a directory"
    (tmp_path / "open").mkdir(mode=0o755)
    assert "mode 0755" in find_directory_problem(tmp_path / "open")
    (tmp_path / "link").symlink_to(tmp_path / "new")
    assert find_directory_problem(tmp_path / "link") == "it is not a directory"
    with pytest.raises(OSError, match="mode 0755"):
        PlanDirectory(tmp_path / "open")


async def test_old_plans_are_deleted_but_never_the_progress_of_one(tmp_path: Path) -> None:
    directory = PlanDirectory(tmp_path / "plans")
    store = CleanupPlans(directory)
    started, forgotten = await store.add(make_plan()), await store.add(make_plan("other"))
    directory.get_progress_path(started.plan_id).touch()
    for plan in (started, forgotten):
        path = store.get_plan_path(plan.plan_id)
        assert path is not None
        os.utime(path, (0, 0))
    await store.add(make_plan("third"))
    restarted = CleanupPlans(PlanDirectory(tmp_path / "plans"))
    assert await restarted.find(started.plan_id, ACCOUNT) == started
    with pytest.raises(UnusablePlanError):
        await restarted.find(forgotten.plan_id, ACCOUNT)


async def test_an_account_drops_its_own_plans_only() -> None:
    store = CleanupPlans()
    other = await store.add(make_plan(account="hub.docker.com bob"))
    plans = [await store.add(make_plan(f"app-{number}")) for number in range(MAX_PLANS_PER_ACCOUNT + 1)]
    assert await store.find(other.plan_id, "hub.docker.com bob") == other
    assert await store.find(plans[-1].plan_id, ACCOUNT) == plans[-1]
    with pytest.raises(UnusablePlanError):
        await store.find(plans[0].plan_id, ACCOUNT)


def test_a_plan_is_usable_for_its_time() -> None:
    plan = make_plan()
    assert plan.is_usable(NOW + timedelta(minutes=15), None)
    assert not plan.is_usable(NOW + timedelta(minutes=16), None)
    started_at = NOW + timedelta(minutes=10)
    assert plan.is_usable(started_at + timedelta(hours=24), started_at)
    assert not plan.is_usable(started_at + timedelta(hours=24, seconds=1), started_at)


async def test_a_full_disk_is_told(tmp_path: Path) -> None:
    store = CleanupPlans(PlanDirectory(tmp_path / "plans"))
    (tmp_path / "plans").rename(tmp_path / "gone")
    with pytest.raises(Exception, match="could not be written"):
        await store.add(make_plan())


async def test_memory_has_room_for_some_megabytes_unless_more_is_asked_for() -> None:
    large = bytes(MAX_BYTES_IN_MEMORY // 2 + 1)
    plans, roomy = MemoryPlans(), MemoryPlans()
    roomy.make_room(2)
    for number in "12":
        await plans.write_plan(number, number, large)
        await roomy.write_plan(number, number, large)
    assert [await plans.read_plan(number) for number in "12"] == [None, large]
    assert [await roomy.read_plan(number) for number in "12"] == [large, large]
