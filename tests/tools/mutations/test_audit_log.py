"""The lines of the audit log, and the thread that writes them."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockerhub_mcp.tools.mutations import audit_log as module
from dockerhub_mcp.tools.mutations import open_questions
from dockerhub_mcp.tools.mutations.audit_log import AuditLog, format_line, wait_until_written
from tests.support.audit_logs import read_entries

INVISIBLE = "\x00\x07\x1b\r\n\t\x7f\x85\u00ad\u034f\u061c\u180e\u200b\u200f\u2028\u2029\u202e\u2066\u2800\u3164\ufeff\U000e0041\ud800"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    opened = AuditLog(tmp_path / "log")
    yield opened
    opened.close()


class Hanging:
    """A file system that hangs until it is released."""

    def __init__(self, log: AuditLog) -> None:
        self.released, self.appended = threading.Event(), log._file.append
        log._file.append = self.append  # type: ignore[method-assign]

    def append(self, line: bytes) -> None:
        assert self.released.wait(30)
        self.appended(line)


def test_a_line_is_ascii_without_invisible_characters_and_loses_nothing() -> None:
    entry = {"target": f"a{INVISIBLE}b", f"key{INVISIBLE}": ["é", {"深": INVISIBLE}], "n": 1, "none": None}
    line = format_line(entry)
    assert line.endswith(b"}\n")
    assert all(0x20 <= byte < 0x7F for byte in line[:-1])
    assert len(line.splitlines()) == len(line.decode().splitlines()) == 1
    read = json.loads(line)
    assert read.pop("time").endswith("Z")
    assert read == entry


async def test_lines_keep_their_order(log: AuditLog, tmp_path: Path) -> None:
    written = [log.enqueue({"n": number}) for number in range(50)]
    await wait_until_written(written[-1], timeout=30)
    assert all(each.done() for each in written)
    assert [entry["n"] for entry in read_entries(tmp_path / "log")] == list(range(50))


async def test_a_file_system_that_hangs_blocks_neither_the_event_loop_nor_the_call(
    log: AuditLog, tmp_path: Path
) -> None:
    hanging = Hanging(log)
    began = time.monotonic()
    first, second, third = (log.enqueue({"n": number}) for number in range(3))
    with pytest.raises(TimeoutError, match=r"timed out after 0\.05 s"):
        await wait_until_written(first, timeout=0.05)
    assert time.monotonic() - began < 5
    assert second.cancel(), "a line that waits can be taken back"
    hanging.released.set()
    await wait_until_written(third, timeout=30)
    assert [entry["n"] for entry in read_entries(tmp_path / "log")] == [0, 2]


async def test_a_cancelled_call_leaves_the_line_in_the_queue(log: AuditLog, tmp_path: Path) -> None:
    hanging = Hanging(log)
    waiting = asyncio.create_task(wait_until_written(log.enqueue({"n": 1}), timeout=30))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    hanging.released.set()
    log.close()
    assert [entry["n"] for entry in read_entries(tmp_path / "log")] == [1]


async def test_lines_that_wait_are_bounded(
    log: AuditLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_WAITING_LINES", 3)
    log = AuditLog(tmp_path / "other")
    hanging = Hanging(log)
    lines = [log.enqueue({"n": number}) for number in range(10)]
    refused = [line for line in lines if line.done()]
    assert len(refused) >= 6
    with pytest.raises(OSError, match="too many lines wait"):
        refused[0].result()
    hanging.released.set()
    log.close()
    assert len(read_entries(tmp_path / "other")) == 10 - len(refused)


async def test_an_unexpected_error_does_not_end_the_thread(log: AuditLog, tmp_path: Path) -> None:
    append = log._file.append
    errors = [ValueError("odd"), OSError("full")]

    def fail_twice(line: bytes) -> None:
        if errors:
            raise errors.pop(0)
        append(line)

    log._file.append = fail_twice  # type: ignore[method-assign]
    for kind in (ValueError, OSError):
        with pytest.raises(kind):
            await wait_until_written(log.enqueue({"n": 0}), timeout=30)
    await wait_until_written(log.enqueue({"n": 1}), timeout=30)
    assert [entry["n"] for entry in read_entries(tmp_path / "log")] == [1]


def test_nothing_is_written_after_the_end(log: AuditLog, tmp_path: Path) -> None:
    log.close()
    log.close()
    with pytest.raises(OSError, match="closed"):
        log.enqueue({"n": 1}).result()
    assert read_entries(tmp_path / "log") == []


def test_the_end_does_not_wait_for_ever(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CLOSE_TIMEOUT", 0.05)
    hanging = Hanging(log)
    log.enqueue({"n": 1})
    began = time.monotonic()
    log.close()
    assert time.monotonic() - began < 5
    hanging.released.set()


async def test_open_questions_are_bounded(
    log: AuditLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_questions, "_MAX_OPEN", 2)
    for key in "abca":
        log.open_questions.add(key, {"key": key}, seconds=60)
    for key in "abc":
        log.open_questions.settle(key)
    log.close()
    assert [(entry["key"], entry["reason"]) for entry in read_entries(tmp_path / "log")] == [
        ("a", "too many open questions"),
        ("b", "too many open questions"),
    ]


async def test_a_question_without_an_answer_leaves_a_line(log: AuditLog, tmp_path: Path) -> None:
    questions = log.open_questions
    for key in ("expires", "settled", "put again", "stays open"):
        questions.add(key, {"key": key}, seconds=0.01 if key != "stays open" else 60)
    questions.settle("settled")
    questions.settle("unknown")
    questions.add("put again", {"key": "put again", "second": True}, seconds=0.02)
    await asyncio.sleep(0.1)
    log.close()
    assert [(entry["key"], entry["reason"]) for entry in read_entries(tmp_path / "log")] == [
        ("expires", "no answer in time reached this server"),
        ("put again", "no answer in time reached this server"),
        ("stays open", "the server stopped before an answer"),
    ]
