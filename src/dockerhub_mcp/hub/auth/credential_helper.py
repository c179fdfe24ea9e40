"""Run Docker credential helpers: programs that keep logins, speaking Docker's protocol for them.

A helper is started without a shell, with the argument `get` and the server's key on standard input, and
prints JSON. Its standard error may hold a secret, and is discarded.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

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
from dockerhub_mcp.hub.auth.stored_session import StoredSession, parse_session_output
from dockerhub_mcp.hub.durations import format_seconds
from dockerhub_mcp.hub.errors import CredentialError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

HELPER_TIMEOUT = 10.0
"""Seconds that a helper may take; some ask the user to unlock a keychain."""

_MAX_OUTPUT_BYTES = 65_536
_DRAIN_TIMEOUT = 1.0  # seconds to read the rest of the output after the helper has exited

# Desktop applications start their servers with a short PATH that lacks Docker's directories.
_EXTRA_SEARCH_DIRS = (
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/Applications/Docker.app/Contents/Resources/bin",
    "~/.docker/bin",
    "C:/Program Files/Docker/Docker/resources/bin",
)
_PRIVATE_VARIABLE_PREFIXES = (
    *("DOCKERHUB_", "HUB_PAT_", "DOCKER_PAT", "DOCKER_PASSWORD", "DOCKER_AUTH_CONFIG"),
    "MCP_AUTH_TOKEN",  # of the HTTP server
)


class _ParseOutput(Protocol[T_co]):
    """Parses the output of a helper; None where it holds nothing."""

    def __call__(self, text: str, *, program: str) -> T_co | None: ...


@dataclass(frozen=True, slots=True)
class HelperEnvironment:
    """The environment in which helpers are found and run.

    Attributes:
        variables: The environment variables of this program.
        extra_search_dirs: Directories to search after those of PATH.
    """

    variables: Mapping[str, str] = field(repr=False)
    extra_search_dirs: tuple[str, ...] = _EXTRA_SEARCH_DIRS

    @property
    def search_path(self) -> str:
        """The search path for programs; absolute directories only, so that none is found by accident."""
        from_path = self.variables.get("PATH", "").split(os.pathsep)
        extra = [str(expand_home(directory)) for directory in self.extra_search_dirs]
        directories = [each for each in [*from_path, *extra] if Path(each).is_absolute()]
        return os.pathsep.join(dict.fromkeys(directories))

    def find_program(self, program: str) -> str | None:
        """Return the absolute path of a program, or None."""
        import shutil  # noqa: PLC0415 - loads compression, and few processes run a helper

        found = shutil.which(program, path=self.search_path)
        return found if found and Path(found).is_absolute() else None

    def build_helper_env(self) -> dict[str, str]:
        """Return the environment variables for a helper, without this program's secrets."""
        kept = {
            name: value
            for name, value in self.variables.items()
            if not name.startswith(_PRIVATE_VARIABLE_PREFIXES)
        }
        return kept | {"PATH": self.search_path}


async def query_helper(
    lookup: HelperLookup, environment: HelperEnvironment, *, helper_timeout: float = HELPER_TIMEOUT
) -> StoredLogin | None:
    """Query a helper for a login; None where it has none.

    Args:
        lookup: The helper, and the servers to look up.
        environment: The environment to find it and run it in.
        helper_timeout: Seconds for all lookups together.

    Raises:
        CredentialError: The helper is missing, timed out, failed, or printed invalid output.
    """
    return await _query(lookup, environment, helper_timeout, parse_helper_output)


async def query_helper_for_session(
    lookup: HelperLookup, environment: HelperEnvironment, *, helper_timeout: float = HELPER_TIMEOUT
) -> StoredSession | None:
    """Query a helper for the session of a browser login; None where it has none.

    Args:
        lookup: The helper, and the servers to look up.
        environment: The environment to find it and run it in.
        helper_timeout: Seconds for all lookups together.

    Raises:
        CredentialError: The helper is missing, timed out or failed.
    """
    return await _query(lookup, environment, helper_timeout, parse_session_output)


async def _query(
    lookup: HelperLookup,
    environment: HelperEnvironment,
    helper_timeout: float,
    parse: _ParseOutput[T],
) -> T | None:
    program = lookup.program
    executable = await anyio.to_thread.run_sync(environment.find_program, program, abandon_on_cancel=True)
    if executable is None:
        what = f"Docker keeps its login with {program}, which is not installed or not on the PATH."
        remedy = "Install it, add its directory to PATH where this server is configured, or leave Docker's "
        raise CredentialError(what, remedy=f"{remedy}login out with --no-docker-credentials.")
    deadline = anyio.current_time() + helper_timeout
    for server_url in lookup.server_urls:
        process = _HelperProcess(executable, server_url, environment.build_helper_env())
        code, text = await process.communicate(deadline - anyio.current_time(), program, helper_timeout)
        if code == 0 and (found := parse(text, program=program)):
            return found
        if code != 0 and text.strip() != NOT_FOUND_MESSAGE:
            what = f"{program} failed (exit code {code}) when it was asked for Docker's login."
            raise CredentialError(what, remedy=helper_remedy(program))
    return None


class _HelperProcess:
    """One run of a helper in a worker thread; cancelling the caller kills it."""

    def __init__(self, executable: str, server_url: str, env: dict[str, str]) -> None:
        self._executable, self._server_url, self._env = executable, server_url, env
        self._process: subprocess.Popen[bytes] | None = None
        self._output = bytearray()
        self._abandoned = threading.Event()

    async def communicate(self, time_left: float, program: str, helper_timeout: float) -> tuple[int, str]:
        """Return the exit code and the output.

        Raises:
            CredentialError: The helper cannot be run, timed out, or printed too much.
        """
        try:
            code = await anyio.to_thread.run_sync(
                self._run_process, max(time_left, 0.1), abandon_on_cancel=True
            )
        except subprocess.TimeoutExpired:
            limit = format_seconds(helper_timeout)
            what = f"{program} did not answer within {limit} when it was asked for Docker's login."
            why = "It may be waiting to be unlocked."
            raise CredentialError(what, why=why, remedy=helper_remedy(program)) from None
        except OSError as error:
            what = f"{program} cannot be run: {error.strerror}."
            raise CredentialError(what, remedy=helper_remedy(program)) from None
        finally:
            self._abandoned.set()
            self._kill_process_group()
        if len(self._output) > _MAX_OUTPUT_BYTES:
            what = f"{program} printed more than {_MAX_OUTPUT_BYTES // 1024} KiB, which is not a login."
            raise CredentialError(what, remedy=helper_remedy(program))
        return code, self._output.decode("utf-8", "replace")

    def _run_process(self, time_left: float) -> int:
        process = subprocess.Popen(  # noqa: S603 - an absolute path, no shell, fixed arguments
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
        reader = threading.Thread(target=self._read_output, args=(process,), daemon=True)
        reader.start()
        with contextlib.suppress(OSError):  # the helper may exit without reading its input
            assert process.stdin is not None  # noqa: S101 - stdin is a pipe
            with process.stdin as stdin:
                stdin.write(self._server_url.encode())
        try:
            code = process.wait(time_left)
        except subprocess.TimeoutExpired:
            self._kill_process_group()
            process.wait()
            raise
        reader.join(_DRAIN_TIMEOUT)  # a child process may keep the pipe open for ever
        return code

    def _read_output(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - stdout is a pipe
        with process.stdout as stdout:
            while chunk := os.read(stdout.fileno(), _MAX_OUTPUT_BYTES):
                self._output += chunk
                if len(self._output) > _MAX_OUTPUT_BYTES:
                    self._kill_process_group()
                    return

    def _kill_process_group(self) -> None:
        """Kill the helper and the processes that it started."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
