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

from dockerhub_mcp.hub.auth.credentials import expanded
from dockerhub_mcp.hub.auth.docker_config import NOT_FOUND, Ask, Login, check_helper, of_answer
from dockerhub_mcp.hub.errors import CredentialError

DEADLINE = 10.0
"""Seconds that a helper may take; some ask their person first."""

_MOST = 65_536  # bytes of an answer
_DRAINED = 1.0  # seconds to read what a program that has ended left behind

# Hosts with windows start their servers with a short PATH, where Docker's programs are not.
_USUAL_PLACES = (
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/Applications/Docker.app/Contents/Resources/bin",
    "~/.docker/bin",
    "C:/Program Files/Docker/Docker/resources/bin",
)
_OURS = ("DOCKERHUB_", "HUB_PAT_", "DOCKER_PAT", "DOCKER_PASSWORD", "DOCKER_AUTH_CONFIG")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a helper is found in and run with.

    Attributes:
        variables: The environment of this program.
        places: Where to look beside PATH.
    """

    variables: Mapping[str, str] = field(repr=False)
    places: tuple[str, ...] = _USUAL_PLACES

    @property
    def path(self) -> str:
        """Where programs are looked for: absolute directories only, so that none is found by chance."""
        named = self.variables.get("PATH", "").split(os.pathsep)
        usual = [str(expanded(place)) for place in self.places]
        found = [place for place in [*named, *usual] if Path(place).is_absolute()]
        return os.pathsep.join(dict.fromkeys(found))

    def find(self, program: str) -> str | None:
        """Return where a program is."""
        found = shutil.which(program, path=self.path)
        return found if found and Path(found).is_absolute() else None

    def for_helper(self) -> dict[str, str]:
        """Return the variables that a helper gets: no secret of ours is its business."""
        kept = {name: value for name, value in self.variables.items() if not name.startswith(_OURS)}
        return kept | {"PATH": self.path}


async def ask(question: Ask, surroundings: Surroundings, *, deadline: float = DEADLINE) -> Login | None:
    """Ask a helper for a login; None where it keeps none.

    Args:
        question: Which helper, and for which servers.
        surroundings: Where it is and what it gets.
        deadline: Seconds for all of it.

    Raises:
        CredentialError: The helper is missing, too slow, failed, or answered nonsense.
    """
    program = question.program
    where = surroundings.find(program)
    if where is None:
        what = f"Docker keeps its login with {program}, which is not installed or not on the PATH."
        remedy = "Install it, add its directory to PATH where this server is configured, or leave Docker's "
        raise CredentialError(what, remedy=f"{remedy}login out with --no-docker-credentials.")
    until = anyio.current_time() + deadline
    for server in question.servers:
        run = _Run(where, server, surroundings.for_helper())
        code, text = await run.outcome(until - anyio.current_time(), program, deadline)
        if code == 0 and (login := of_answer(text, program=program)):
            return login
        if code != 0 and text.strip() != NOT_FOUND:
            what = f"{program} failed (exit code {code}) when it was asked for Docker's login."
            raise CredentialError(what, remedy=check_helper(program))
    return None


class _Run:
    """One run of a helper, in a worker thread; it ends when whoever waits for it goes away."""

    def __init__(self, where: str, server: str, variables: dict[str, str]) -> None:
        self._where, self._server, self._variables = where, server, variables
        self._process: subprocess.Popen[bytes] | None = None
        self._answer = bytearray()
        self._unwanted = threading.Event()

    async def outcome(self, left: float, program: str, deadline: float) -> tuple[int, str]:
        """Return the exit code and what was written."""
        try:
            code = await anyio.to_thread.run_sync(self._carry_out, max(left, 0.1), abandon_on_cancel=True)
        except subprocess.TimeoutExpired:
            what = f"{program} did not answer within {deadline:g} s when it was asked for Docker's login."
            why = "It may be waiting for somebody to unlock it."
            raise CredentialError(what, why=why, remedy=check_helper(program)) from None
        except OSError as error:
            what = f"{program} cannot be run: {error.strerror}."
            raise CredentialError(what, remedy=check_helper(program)) from None
        finally:
            self._unwanted.set()
            self._kill()
        if len(self._answer) > _MOST:
            what = f"{program} answered with more than {_MOST // 1024} KiB, which is no login."
            raise CredentialError(what, remedy=check_helper(program))
        return code, self._answer.decode("utf-8", "replace")

    def _carry_out(self, seconds: float) -> int:
        process = subprocess.Popen(  # noqa: S603 - an absolute path, no shell, arguments of our own
            [self._where, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._variables,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._process = process
        if self._unwanted.is_set():
            self._kill()
        reading = threading.Thread(target=self._read, args=(process,), daemon=True)
        reading.start()
        with contextlib.suppress(OSError):  # it may end without having read
            assert process.stdin is not None  # noqa: S101 - it was asked for
            with process.stdin as stdin:
                stdin.write(self._server.encode())
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._kill()
            process.wait()
            raise
        reading.join(_DRAINED)  # a child that it left behind may hold the other end for ever
        return code

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        with process.stdout as stdout:
            while chunk := os.read(stdout.fileno(), _MOST):
                self._answer += chunk
                if len(self._answer) > _MOST:
                    self._kill()
                    return

    def _kill(self) -> None:
        """End the program, and what it started."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
