"""Log lines in a file: its mode, its size, several writers, and directories that cannot be used."""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dockerhub_mcp import log_file
from dockerhub_mcp.bootstrap.logs_directory import check_logs_dir, resolve_logs_dir
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.log_file import FILE_NAME, LogFileHandler
from dockerhub_mcp.logs import configure_logging

SetUp = Callable[..., logging.Logger]
WARNING = "the directory of --logs-dir cannot be written; log lines go to standard error only"


@pytest.fixture
def set_up() -> Iterator[SetUp]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def configure(directory: Path) -> logging.Logger:
        redact = Redactor()
        redact.add_secret("hunter2")
        configure_logging("info", as_json=False, redact=redact, directory=directory)
        return logging.getLogger("dockerhub_mcp.test")

    yield configure
    for handler in root.handlers:
        if isinstance(handler, LogFileHandler):
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("dockerhub_mcp").setLevel(logging.NOTSET)


def read_modes(*paths: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in paths]


def test_lines_are_in_the_file_and_on_standard_error(
    set_up: SetUp, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "var" / "logs"
    logger = set_up(directory)
    logger.warning("with hunter2", extra={"username": "ada"})
    logger.debug("below the level")
    line = (directory / FILE_NAME).read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]{12}Z warning with \*\*\*  username=ada\n", line)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == line[11:23] + line[24:]
    assert read_modes(directory, directory / FILE_NAME) == [0o700, 0o600]


def test_files_that_exist_keep_their_modes_and_lines(set_up: SetUp, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text("earlier\n")
    path.chmod(0o640)
    tmp_path.chmod(0o755)
    set_up(tmp_path).info("later")
    assert path.read_text().startswith("earlier\n")
    assert path.read_text().endswith("info    later\n")
    assert read_modes(tmp_path, path) == [0o755, 0o640]


def test_the_size_is_bounded(set_up: SetUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "MAX_BYTES", 400)
    logger = set_up(tmp_path)
    for number in range(60):
        logger.info("line %02d", number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [FILE_NAME, *(f"{FILE_NAME}.{n}" for n in (1, 2, 3))]
    assert all(file.stat().st_size <= 400 for file in files)
    assert read_modes(*files) == [0o600] * 4
    assert "line 59" in files[0].read_text()


def test_two_servers_share_a_directory(set_up: SetUp, tmp_path: Path) -> None:
    logger = set_up(tmp_path)
    other = LogFileHandler(tmp_path)
    other.doRollover()  # as another process does, which leaves this one with the renamed file
    logger.info("after the other renamed the file")
    other.close()
    assert "after the other" in (tmp_path / FILE_NAME).read_text()
    (tmp_path / FILE_NAME).unlink()
    logger.info("after a deletion")
    assert "after a deletion" in (tmp_path / FILE_NAME).read_text()


def make_file(path: Path) -> None:
    path.write_text("")


def make_pipe(path: Path) -> None:
    path.mkdir()
    os.mkfifo(path / FILE_NAME)


def make_link(path: Path) -> None:
    path.mkdir()
    (path / FILE_NAME).symlink_to(path / "elsewhere")


@pytest.mark.parametrize("make", [make_file, make_pipe, make_link])
def test_a_directory_that_cannot_be_used_is_one_warning(
    make: Callable[[Path], None], set_up: SetUp, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "logs"
    make(directory)
    [problem] = check_logs_dir(Settings(logs_dir=str(directory)))
    assert not problem.is_fatal
    assert str(problem).startswith(f"--logs-dir names {directory}, which cannot be written: ")
    logger = set_up(directory)
    logger.info("one")
    logger.info("two")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[0].partition(" warning ")[2] for line in lines] == [WARNING, "", ""]
    assert f'reason="{str(problem).partition("written: ")[2].partition(";")[0]}"' in lines[0]
    assert not (directory / "elsewhere").exists()


def test_a_disk_that_becomes_full_is_one_warning(
    set_up: SetUp, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = set_up(tmp_path)
    logger.info("one")
    [handler] = [each for each in logging.getLogger().handlers if isinstance(each, LogFileHandler)]
    assert handler.stream is not None
    with open("/dev/full", "w") as full:  # noqa: PTH123
        os.dup2(full.fileno(), handler.stream.fileno())
    monkeypatch.setattr(handler, "shouldRollover", lambda _: False)  # it would open the file again
    logger.info("two")
    logger.info("three")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[2] for line in lines] == ["one", "two", "the", "three"]
    assert "No space left on device" in lines[2]
    assert (tmp_path / FILE_NAME).read_text().endswith("one\n")


def test_checking_the_directory_creates_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(check_logs_dir(Settings(logs_dir=str(tmp_path / "a" / "b")))) == []
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve_logs_dir(Settings(logs_dir="~/logs")) == tmp_path / "logs"
    assert resolve_logs_dir(Settings()) is None
