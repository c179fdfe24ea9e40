"""The directory of clean-up plans: plans, their progress and the key that seals them, for the owner only."""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.tools.cleanup.plans import UnusablePlanError
from dockerhub_mcp.tools.cleanup.progress_file import ProgressFile

_KEY_NAME = "sealing.key"
_KEY_BYTES = 32
_OTHERS_MODE = 0o077
_SAFE_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
_MAX_PLAN_BYTES = 32 * 1024**2
_KEEP_SECONDS = 25 * 3600.0  # a plan can be resumed until a day after its start


def find_directory_problem(directory: Path) -> str:
    """Return why plans cannot be kept in a directory, or an empty string; nothing is created or changed."""
    try:
        status = directory.lstat()
    except FileNotFoundError:
        if not directory.parent.is_dir():
            return "its parent directory does not exist"
        return "" if os.access(directory.parent, os.W_OK) else "it does not exist and cannot be created"
    except OSError as error:
        return error.strerror or str(error)
    if not stat.S_ISDIR(status.st_mode):
        return "it is not a directory"
    if os.name == "posix" and status.st_mode & _OTHERS_MODE:
        return f"others than its owner can open it (mode {stat.S_IMODE(status.st_mode):04o}, not 0700)"
    return "" if os.access(directory, os.W_OK | os.X_OK) else "it cannot be written"


class PlanDirectory:
    """A directory of plans, created for its owner only.

    Attributes:
        keys: The key of the identifiers of plans, created with the first use of the directory.

    Raises:
        OSError: The directory or its key cannot be used.
    """

    place = "in the directory of --plans-dir"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, exist_ok=True)
        if problem := find_directory_problem(directory):
            raise PermissionError(0, problem)
        self.keys = (self._load_key(),)

    def get_plan_path(self, plan_id: str) -> Path:
        """Return the path of the file of a plan."""
        return self._directory / f"{plan_id}.plan.json"

    def get_progress_path(self, plan_id: str) -> Path:
        """Return the path of the file with the progress of a plan."""
        return self._directory / f"{plan_id}.progress.jsonl"

    async def check_available(self) -> None:
        """Return at once: whether the disk has room is seen when a plan is written."""

    async def write_plan(self, plan_id: str, account: str, content: bytes) -> None:  # noqa: ARG002 - no limit
        """Write a plan, in whole or not at all, and delete old ones.

        Raises:
            HubError: It could not be written.
        """
        try:
            self._write(self.get_plan_path(plan_id), content)
        except OSError as error:
            what = f"The plan could not be written to the directory of --plans-dir: {error.strerror}."
            raise HubError(what, remedy="Free the disk, or correct the directory; then call again.") from None
        self.delete_old_plans()

    async def read_plan(self, plan_id: str) -> bytes | None:
        """Return the content of the file of a plan; None without one.

        Raises:
            UnusablePlanError: It cannot be read.
        """
        try:
            return _read(self.get_plan_path(plan_id), _MAX_PLAN_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            what = f"The plan {plan_id} cannot be read: {error.strerror}."
            raise UnusablePlanError(what, remedy="Correct the directory that --plans-dir names.") from None

    @asynccontextmanager
    async def open_progress(self, plan_id: str) -> AsyncIterator[ProgressFile | None]:
        """Open the file with the progress of a plan; None while another process has it open.

        Raises:
            HubError: It cannot be used.
        """
        try:
            log = ProgressFile(self.get_progress_path(plan_id))
        except BlockingIOError:
            yield None
            return
        except OSError as error:
            what = f"The journal of the plan cannot be used ({error.strerror or error}); nothing was sent."
            remedy = "Correct the directory that --plans-dir names, then call again."
            raise HubError(what, remedy=remedy) from None
        try:
            yield log
        finally:
            log.close()

    def delete_old_plans(self) -> None:
        """Delete plans that were never started and can no longer be; files of progress are kept."""
        oldest = time.time() - _KEEP_SECONDS
        for path in self._directory.glob("*.plan.json"):
            plan_id = path.name.partition(".")[0]
            with suppress(OSError):
                if path.lstat().st_mtime < oldest and not self.get_progress_path(plan_id).exists():
                    path.unlink()

    def _load_key(self) -> bytes:
        path = self._directory / _KEY_NAME
        if not path.exists():
            with suppress(FileExistsError):  # of another server, which was faster
                self._write(path, secrets.token_bytes(_KEY_BYTES), replace=False)
        key = _read(path, _KEY_BYTES)
        if len(key) != _KEY_BYTES:
            raise OSError(0, f"{_KEY_NAME} is damaged; delete it, which makes the plans of before unusable")
        return key

    def _write(self, path: Path, content: bytes, *, replace: bool = True) -> None:
        """Write a file through a temporary one, so that a crash leaves no part of it.

        Raises:
            FileExistsError: It exists, and `replace` is false.
            OSError: It could not be written.
        """
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE_FLAGS, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                temporary.replace(path)
            else:
                os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def _read(path: Path, max_bytes: int) -> bytes:
    """Return the content of a regular file for its owner only.

    Raises:
        OSError: It cannot be read, is no regular file, is too long, or others can open it.
    """
    fd = os.open(path, os.O_RDONLY | _SAFE_FLAGS)
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > max_bytes:
            raise OSError(0, f"{path.name} is no file of this server")
        if os.name == "posix" and status.st_mode & _OTHERS_MODE:
            raise PermissionError(0, f"others than its owner can open {path.name}; run chmod 600 on it")
        return file.read(max_bytes)
