"""The file of the audit log: append-only, whole lines, rotation, and paths that are no plain file."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dockerhub_mcp.tools.mutations import audit_file
from dockerhub_mcp.tools.mutations.audit_file import AuditFile, find_exposed_mode, find_unusable_reason
from tests.support.source_tree import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files of POSIX systems")
LINE = b'{"a": 1}\n'


@contextmanager
def opened(path: Path) -> Iterator[AuditFile]:
    file = AuditFile(path)
    try:
        yield file
    finally:
        file.close()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_for_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        with opened(tmp_path / "log") as file:
            file.append(LINE)
            (tmp_path / "log").rename(tmp_path / "log.1")
            file.append(LINE)
    finally:
        os.umask(umask)
    for name in ("log", "log.1"):
        assert mode_of(tmp_path / name) == 0o600
        assert (tmp_path / name).read_bytes() == LINE


def test_an_existing_file_keeps_its_mode_and_its_lines(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"before\n")
    for mode, is_exposed in ((0o644, True), (0o620, True), (0o600, False), (0o400 | 0o200, False)):
        path.chmod(mode)
        caplog.clear()
        with opened(path) as file:
            file.append(LINE)
        assert mode_of(path) == mode
        assert ("open to others" in caplog.text) is is_exposed
        assert find_exposed_mode(path) == (f"{mode:04o}" if is_exposed else "")
    assert path.read_bytes() == b"before\n" + LINE * 4


def test_the_descriptor_appends_and_is_not_inherited(tmp_path: Path) -> None:
    with opened(tmp_path / "log") as file:
        flags = fcntl.fcntl(file._fd, fcntl.F_GETFL)
        assert flags & os.O_APPEND
        assert flags & os.O_ACCMODE == os.O_WRONLY
        assert not os.get_inheritable(file._fd)


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"", LINE), (b"x\n", b"x\n" + LINE), (b'x\n{"to', b'x\n{"to\n' + LINE), (b"\n", b"\n" + LINE)],
)
def test_a_torn_last_line_does_not_spoil_the_next(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(before)
    with opened(path) as file:
        file.append(LINE)
        assert path.read_bytes() == after
        with path.open("ab") as other:
            other.write(b'{"another writer')
        file.append(LINE)
        file.append(LINE)
    assert path.read_bytes() == after + b'{"another writer\n' + LINE * 2


def test_each_kind_of_rotation_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with opened(path) as file:
        file.append(LINE)
        path.rename(tmp_path / "log.1")
        file.append(LINE * 2)  # rename: a new file
        assert path.read_bytes() == LINE * 2
        path.unlink()
        file.append(LINE * 3)  # deleted
        assert path.read_bytes() == LINE * 3
        os.truncate(path, 0)
        file.append(LINE * 4)  # copytruncate: no hole at the begin
        assert path.read_bytes() == LINE * 4
        (tmp_path / "new").write_bytes(b"torn")
        (tmp_path / "new").replace(path)
        file.append(LINE)
        assert path.read_bytes() == b"torn\n" + LINE


def test_a_directory_that_is_deleted_is_an_error_until_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "log"
    path.parent.mkdir()
    with opened(path) as file:
        path.unlink()
        path.parent.rmdir()
        for _ in range(2):
            with pytest.raises(FileNotFoundError):
                file.append(LINE)
        path.parent.mkdir()
        file.append(LINE)
    assert path.read_bytes() == LINE


def test_a_path_that_is_no_plain_file_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "target").write_bytes(b"")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "dangling").symlink_to("nothing")
    for name, reason in (
        ("folder", "Is a directory"),
        ("pipe", "not a regular file"),
        ("link", "symbolic link"),
        ("dangling", "symbolic link"),
        ("no/log", "No such file"),
    ):
        assert reason in find_unusable_reason(tmp_path / name)
        with pytest.raises(OSError, match=reason):
            AuditFile(tmp_path / name)
    assert not (tmp_path / "nothing").exists()
    assert (tmp_path / "target").read_bytes() == b""
    assert find_unusable_reason(tmp_path / "missing") == find_unusable_reason(tmp_path / "target") == ""
    assert not (tmp_path / "missing").exists()


def test_what_takes_the_place_of_the_file_later_is_refused_too(tmp_path: Path) -> None:
    path, victim = tmp_path / "log", tmp_path / "victim"
    victim.write_bytes(b"mine")
    with opened(path) as file:
        path.unlink()
        path.symlink_to(victim)
        with pytest.raises(OSError, match="symbolic link"):
            file.append(LINE)
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(OSError, match="not a regular file"):
            file.append(LINE)
        path.unlink()
        file.append(LINE)
    assert (path.read_bytes(), victim.read_bytes()) == (LINE, b"mine")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    with opened(Path("/dev/full")) as file, pytest.raises(OSError, match="No space left"):
        file.append(LINE)
    with opened(Path("/dev/null")) as file:
        file.append(LINE)  # a device has nothing to flush
    assert find_unusable_reason(Path("/dev/null")) == ""
    assert not list(tmp_path.iterdir())


def test_a_line_that_fits_only_in_part_is_an_error_and_the_next_is_whole(tmp_path: Path) -> None:
    """The limit on the size of a file cuts a write short, as a full disk does."""
    path = tmp_path / "log"
    program = """
import resource, sys
from pathlib import Path
from dockerhub_mcp.tools.mutations.audit_file import AuditFile
path = Path(sys.argv[1])
file = AuditFile(path)
for limit in (50, 53, 53):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        file.append(b'{"n": "0123456789012345678901"}\\n')
    except OSError as error:
        print(error.errno, path.stat().st_size)
    else:
        print("written", path.stat().st_size)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
file.append(b'{"n": 2}\\n')
"""
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True, cwd=ROOT
    )
    # The first line takes 32 bytes; of the others a part fits, or its newline does, or nothing.
    assert done.stdout.splitlines() == ["written 32", "27 53", "27 53"]
    first, torn, last = path.read_text("ascii").splitlines()
    assert json.loads(first)
    assert torn.startswith('{"n": "0123')
    assert json.loads(last) == {"n": 2}


def test_a_lock_that_is_never_released_only_delays_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_file, "_LOCK_TIMEOUT", 0.05)
    path = tmp_path / "log"
    with opened(path) as file, path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        file.append(LINE)
        fcntl.flock(other, fcntl.LOCK_UN)
        file.append(LINE)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)  # released after each line
    assert path.read_bytes() == LINE * 2


def test_lines_of_several_processes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "log"
    program = """
import sys
from pathlib import Path
from dockerhub_mcp.tools.mutations import audit_file
audit_file._flush = lambda fd: None
file = audit_file.AuditFile(Path(sys.argv[1]))
for number in range(400):
    file.append(b'{"from": "%s", "n": %d, "pad": "%s"}\\n' % (sys.argv[2].encode(), number, b"x" * 5000))
"""
    writers = [
        subprocess.Popen([sys.executable, "-c", program, path, str(number)], cwd=ROOT) for number in range(3)
    ]
    rotated = 0
    while any(writer.poll() is None for writer in writers):
        with suppress(FileNotFoundError):
            path.rename(tmp_path / f"log.{rotated}")
            rotated += 1
        time.sleep(0.02)
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    entries = [json.loads(line) for part in tmp_path.iterdir() for line in part.read_text().splitlines()]
    assert rotated
    assert len(entries) == 1200
    assert len({(entry["from"], entry["n"]) for entry in entries}) == 1200
