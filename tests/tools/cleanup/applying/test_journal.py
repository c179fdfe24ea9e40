"""The journal of a clean-up: what is read back after a crash, in files and in memory."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.tools.cleanup.applying.journal import Journal
from dockerhub_mcp.tools.cleanup.applying.outcomes import ItemOutcome, Settlement
from dockerhub_mcp.tools.cleanup.memory_plans import MemoryProgress
from dockerhub_mcp.tools.cleanup.progress_file import ProgressFile
from tests.support.property_testing import examples

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
DELETED = Settlement(ItemOutcome.DELETED)
REFUSED = Settlement(ItemOutcome.REFUSED, 'The Hub said: "näh"')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p.progress.jsonl"


@asynccontextmanager
async def open_file(path: Path) -> AsyncIterator[Journal]:
    """Open a file, and read the journal in it."""
    log = ProgressFile(path)
    journal = Journal("p", log)
    journal.replay(await log.read())
    try:
        yield journal
    finally:
        log.close()


async def write_some(path: Path) -> None:
    async with open_file(path) as journal:
        await record_some(journal)


async def record_some(journal: Journal) -> None:
    await journal.record_start(NOW, is_confirmed=True)
    await journal.record_intent("a")
    await journal.record_outcome("a", DELETED)
    await journal.record_intent("b")
    await journal.record_outcome("b", REFUSED)
    await journal.record_intent("c")
    await journal.record_intent("d")
    await journal.record_unsent("d")


def get_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def read(path: Path) -> bytes:
    return path.read_bytes()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


async def reopen(path: Path) -> Journal:
    async with open_file(path) as journal:
        return journal


async def test_a_journal_is_read_back(path: Path) -> None:
    await write_some(path)
    journal = await reopen(path)
    assert (journal.started_at, journal.is_confirmed) == (NOW, True)
    assert journal.settlements == {"a": DELETED, "b": REFUSED}
    assert journal.unanswered == {"c"}
    assert get_mode(path) == 0o600
    assert read(path).isascii()


async def test_each_line_is_on_the_disk_before_the_next_step(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: flushed.append(os.fstat(fd).st_size))
    async with open_file(path) as journal:
        for name in "abc":
            await journal.record_intent(name)
            assert flushed[-1] == len(read(path))


@pytest.mark.parametrize("cut", range(2, 30))
async def test_a_torn_last_line_is_no_outcome(path: Path, cut: int) -> None:
    await write_some(path)
    async with open_file(path) as journal:
        await journal.record_outcome("c", DELETED)
    write(path, read(path)[:-cut])
    async with open_file(path) as journal:
        assert journal.unanswered == {"c"}
        assert "c" not in journal.settlements
        await journal.record_outcome("c", DELETED)
    assert (await reopen(path)).settlements == {"a": DELETED, "b": REFUSED, "c": DELETED}


async def test_the_journal_of_another_plan_starts_nothing(path: Path) -> None:
    write(
        path,
        json.dumps({"event": "start", "plan_id": "q", "time": NOW.isoformat(), "confirmed": True}).encode(),
    )
    journal = await reopen(path)
    assert (journal.started_at, journal.is_confirmed) == (None, False)


@examples(200)
@given(st.lists(st.binary(max_size=60)))
def test_no_content_of_the_file_is_an_error(lines: list[bytes]) -> None:
    journal = Journal("p", MemoryProgress([]))
    journal.replay(lines)
    assert (journal.started_at, journal.settlements) == (None, {})


@examples(100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(
                st.sampled_from(["event", "item", "outcome", "time", "plan_id", "reason"]), each
            )
        ),
    ),
    st.sampled_from(["start", "intent", "outcome", "unsent"]),
)
def test_no_event_is_an_error(value: object, event: str) -> None:
    journal = Journal("p", MemoryProgress([]))
    journal.replay(
        [json.dumps(value).encode(), json.dumps({"event": event, "item": value, "time": value}).encode()]
    )
    assert journal.started_at is None


async def test_one_process_at_a_time_has_a_journal_open(path: Path) -> None:
    async with open_file(path) as journal:
        await journal.record_start(NOW, is_confirmed=False)
        with pytest.raises(BlockingIOError):
            ProgressFile(path)
    assert (await reopen(path)).started_at == NOW


def test_a_journal_without_lines_leaves_no_file(path: Path) -> None:
    ProgressFile(path).close()
    assert not path.exists()


async def test_a_full_disk_stops_every_request_that_waits(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[HubError] = []

    def fail(_fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def record(name: str) -> None:
        try:
            await journal.record_intent(name)
        except HubError as error:
            errors.append(error)

    async with open_file(path) as journal:
        await journal.record_start(NOW, is_confirmed=False)
        monkeypatch.setattr(os, "fsync", fail)
        async with anyio.create_task_group() as group:
            for name in "abcd":
                group.start_soon(record, name)
        assert len(errors) == 4
        assert journal.unanswered == set()
        assert "No space left" in str(errors[0])
        with pytest.raises(HubError):
            await journal.record_outcome("a", DELETED)
        assert journal.settlements == {"a": DELETED}, "true although it could not be written"
        monkeypatch.undo()


def test_a_link_is_no_journal(path: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    path.symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match=r"."):
        ProgressFile(path)
