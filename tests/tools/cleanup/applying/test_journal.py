"""The journal of a clean-up: what is read back after a crash, in files and in memory."""

from __future__ import annotations

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.tools.cleanup.applying.journal import Journal
from dockerhub_mcp.tools.cleanup.applying.journal_file import FileJournal
from dockerhub_mcp.tools.cleanup.applying.outcomes import ItemOutcome, Settlement
from dockerhub_mcp.tools.cleanup.store import UnusablePlanError
from tests.support.property_testing import examples

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
DELETED = Settlement(ItemOutcome.DELETED)
REFUSED = Settlement(ItemOutcome.REFUSED, 'The Hub said: "näh"')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p.progress.jsonl"


async def write_some(path: Path) -> None:
    journal = FileJournal("p", path)
    await journal.record_start(NOW, is_confirmed=True)
    await journal.record_intent("a")
    await journal.record_outcome("a", DELETED)
    await journal.record_intent("b")
    await journal.record_outcome("b", REFUSED)
    await journal.record_intent("c")
    await journal.record_intent("d")
    await journal.record_unsent("d")
    journal.close()


def get_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def read(path: Path) -> bytes:
    return path.read_bytes()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def reopen(path: Path) -> FileJournal:
    journal = FileJournal("p", path)
    journal.close()
    return journal


async def test_a_journal_is_read_back(path: Path) -> None:
    await write_some(path)
    journal = reopen(path)
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
    journal = FileJournal("p", path)
    for name in "abc":
        await journal.record_intent(name)
        assert flushed[-1] == len(read(path))
    journal.close()


@pytest.mark.parametrize("cut", range(2, 30))
async def test_a_torn_last_line_is_no_outcome(path: Path, cut: int) -> None:
    await write_some(path)
    journal = FileJournal("p", path)
    await journal.record_outcome("c", DELETED)
    journal.close()
    write(path, read(path)[:-cut])
    journal = FileJournal("p", path)
    assert journal.unanswered == {"c"}
    assert "c" not in journal.settlements
    await journal.record_outcome("c", DELETED)
    journal.close()
    assert reopen(path).settlements == {"a": DELETED, "b": REFUSED, "c": DELETED}


async def test_the_journal_of_another_plan_starts_nothing(path: Path) -> None:
    write(
        path,
        json.dumps({"event": "start", "plan_id": "q", "time": NOW.isoformat(), "confirmed": True}).encode(),
    )
    journal = reopen(path)
    assert (journal.started_at, journal.is_confirmed) == (None, False)


@examples(200)
@given(st.lists(st.binary(max_size=60)))
def test_no_content_of_the_file_is_an_error(lines: list[bytes]) -> None:
    journal = Journal("p")
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
    journal = Journal("p")
    journal.replay(
        [json.dumps(value).encode(), json.dumps({"event": event, "item": value, "time": value}).encode()]
    )
    assert journal.started_at is None


async def test_one_process_at_a_time_has_a_journal_open(path: Path) -> None:
    journal = FileJournal("p", path)
    await journal.record_start(NOW, is_confirmed=False)
    with pytest.raises(UnusablePlanError, match="Another server"):
        FileJournal("p", path)
    journal.close()
    assert reopen(path).started_at == NOW


def test_a_journal_without_lines_leaves_no_file(path: Path) -> None:
    FileJournal("p", path).close()
    assert not path.exists()


async def test_a_full_disk_stops_every_request_that_waits(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = FileJournal("p", path)
    await journal.record_start(NOW, is_confirmed=False)
    errors: list[HubError] = []

    def fail(_fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def record(name: str) -> None:
        try:
            await journal.record_intent(name)
        except HubError as error:
            errors.append(error)

    monkeypatch.setattr(os, "fsync", fail)
    async with anyio.create_task_group() as group:
        for name in "abcd":
            group.start_soon(record, name)
    assert len(errors) == 4
    assert journal.unanswered == set()
    assert "No space left" in str(errors[0])
    monkeypatch.undo()
    journal.close()


def test_a_link_is_no_journal(path: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    path.symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match=r"."):
        FileJournal("p", path)
