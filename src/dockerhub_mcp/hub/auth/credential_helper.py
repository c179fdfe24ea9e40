"""Asking a credential helper: a program that keeps logins, with the protocol that Docker has for it.

The program gets `get` as its argument and the key of the server on its input, and writes JSON. It is run
without a shell. What it writes beside that may hold a secret, and is neither read nor shown.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.auth.docker_config import (
    NOT_FOUND_MESSAGE,
    HelperLookup,
    StoredLogin,
    helper_remedy,
    parse_helper_output,
)
from dockerhub_mcp.hub.errors import CredentialError

HELPER_TIMEOUT = 10.0
"""Seconds that a helper may take; some ask their person first."""

_MAX_OUTPUT_BYTES = 65_536  # bytes of an answer
_DRAIN_TIMEOUT = 1.0  # seconds to read what a program that has ended left behind

# Hosts with windows start their servers with a short PATH, where Docker's programs are not.
_EXTRA_SEARCH_DIRS = (
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/Applications/Docker.app/Contents/Resources/bin",
    "~/.docker/bin",
    "C:/Program Files/Docker/Docker/resources/bin",
)
_PRIVATE_VARIABLE_PREFIXES = ("DOCKERHUB_", "HUB_PAT_", "DOCKER_PAT", "DOCKER_PASSWORD", "DOCKER_AUTH_CONFIG")


@dataclass(frozen=True, slots=True)
class HelperEnvironment:
    """What a helper is found in and run with.

    Attributes:
        variables: The environment of this program.
        extra_search_dirs: Where to look beside PATH.
    """

    variables: Mapping[str, str] = field(repr=False)
    extra_search_dirs: tuple[str, ...] = _EXTRA_SEARCH_DIRS

    @property
    def search_path(self) -> str:
        """Where programs are looked for: absolute directories only, so that none is found by chance."""
        named = self.variables.get("PATH", "").split(os.pathsep)
        usual = [str(expand_home(place)) for place in self.extra_search_dirs]
        found = [place for place in [*named, *usual] if Path(place).is_absolute()]
        return os.pathsep.join(dict.fromkeys(found))

    def find_program(self, program: str) -> str | None:
        """Return where a program is."""
        found = shutil.which(program, path=self.search_path)
        return found if found and Path(found).is_absolute() else None

    def build_helper_env(self) -> dict[str, str]:
        """Return the variables that a helper gets: no secret of ours is its business."""
        kept = {
            name: value
            for name, value in self.variables.items()
            if not name.startswith(_PRIVATE_VARIABLE_PREFIXES)
        }
        return kept | {"PATH": self.search_path}


async def query_helper(
    lookup: HelperLookup, environment: HelperEnvironment, *, helper_timeout: float = HELPER_TIMEOUT
) -> StoredLogin | None:
    """Ask a helper for a login; None where it keeps none.

    Args:
        lookup: Which helper, and for which servers.
        environment: Where it is and what it gets.
        helper_timeout: Seconds for all of it.

    Raises:
        CredentialError: The helper is missing, too slow, failed, or answered nonsense.
    """
    program = lookup.program
    where = environment.find_program(program)
    if where is None:
        what = f"Docker keeps its login with {program}, which is not installed or not on the PATH."
        remedy = "Install it, add its directory to PATH where this server is configured, or leave Docker's "
        raise CredentialError(what, remedy=f"{remedy}login out with --no-docker-credentials.")
    until = anyio.current_time() + helper_timeout
    for server in lookup.server_urls:
        run = _HelperProcess(where, server, environment.build_helper_env())
        code, text = await run.communicate(until - anyio.current_time(), program, helper_timeout)
        if code == 0 and (login := parse_helper_output(text, program=program)):
            return login
        if code != 0 and text.strip() != NOT_FOUND_MESSAGE:
            what = f"{program} failed (exit code {code}) when it was asked for Docker's login."
            raise CredentialError(what, remedy=helper_remedy(program))
    return None


class _HelperProcess:
    """One run of a helper, in a worker thread; it ends when whoever waits for it goes away."""

    def __init__(self, executable: str, server_url: str, env: dict[str, str]) -> None:
        self._executable, self._server_url, self._env = executable, server_url, env
        self._process: subprocess.Popen[bytes] | None = None
        self._output = bytearray()
        self._abandoned = threading.Event()

    async def communicate(self, time_left: float, program: str, helper_timeout: float) -> tuple[int, str]:
        """Return the exit code and what was written."""
        try:
            code = await anyio.to_thread.run_sync(
                self._run_process, max(time_left, 0.1), abandon_on_cancel=True
            )
        except subprocess.TimeoutExpired:
            what = (
                f"{program} did not answer within {helper_timeout:g} s when it was asked for Docker's login."
            )
            why = "It may be waiting for somebody to unlock it."
            raise CredentialError(what, why=why, remedy=helper_remedy(program)) from None
        except OSError as error:
            what = f"{program} cannot be run: {error.strerror}."
            raise CredentialError(what, remedy=helper_remedy(program)) from None
        finally:
            self._abandoned.set()
            self._kill_process_group()
        if len(self._output) > _MAX_OUTPUT_BYTES:
            what = f"{program} answered with more than {_MAX_OUTPUT_BYTES // 1024} KiB, which is no login."
            raise CredentialError(what, remedy=helper_remedy(program))
        return code, self._output.decode("utf-8", "replace")

    def _run_process(self, time_left: float) -> int:
        process = subprocess.Popen(  # noqa: S603 - an absolute path, no shell, arguments of our own
            [self._executable, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._env,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._process = process
        if self._abandoned.is_set():
            self._kill_process_group()
        reading = threading.Thread(target=self._read_output, args=(process,), daemon=True)
        reading.start()
        with contextlib.suppress(OSError):  # it may end without having read
            assert process.stdin is not None  # noqa: S101 - it was asked for
            with process.stdin as stdin:
                stdin.write(self._server_url.encode())
        try:
            code = process.wait(time_left)
        except subprocess.TimeoutExpired:
            self._kill_process_group()
            process.wait()
            raise
        reading.join(_DRAIN_TIMEOUT)  # a child that it left behind may hold the other end for ever
        return code

    def _read_output(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        with process.stdout as stdout:
            while chunk := os.read(stdout.fileno(), _MAX_OUTPUT_BYTES):
                self._output += chunk
                if len(self._output) > _MAX_OUTPUT_BYTES:
                    self._kill_process_group()
                    return

    def _kill_process_group(self) -> None:
        """End the program, and what it started."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
