"""The processes that are measured, and their memory."""

from __future__ import annotations

import compileall
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import dockerhub_mcp
from dockerhub_mcp.sandbox import Sandbox

HERE = Path(__file__).parent
PATIENCE = 60.0
"""Timeout in seconds for a response, and for a process to start or exit."""
_OWNER = Sandbox().get_identity("owner")
_ADDRESS = re.compile(rb"http://127\.0\.0\.1:(\d+)")


def compile_sources() -> None:
    """Compile the package to bytecode, as its installation does; each start would compile it otherwise."""
    compileall.compile_dir(str(Path(dockerhub_mcp.__file__).parent), quiet=1)


class Program:
    """A child process with pipes, or one that listens on a port.

    Args:
        command: The command line.
        environment: Variables beside those of this process; its `DOCKERHUB_*` variables are not inherited.
        piped: Whether standard input and output are pipes.
        port: The port that it was asked to listen on, for one that does not log its address.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        piped: bool = False,
        port: int | None = None,
    ) -> None:
        self._port = port
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKERHUB_")}
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        pipe = subprocess.PIPE if piped else subprocess.DEVNULL
        self.started_at = time.perf_counter()
        self.process = subprocess.Popen(  # noqa: S603 - our own programs, or the peer that the user named
            command, stdin=pipe, stdout=pipe, stderr=self._errors, env=kept | dict(environment), bufsize=0
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def read_errors(self) -> bytes:
        """Return what the process has written to standard error."""
        return os.pread(self._errors.fileno(), 1 << 20, 0)

    def wait_for_port(self) -> int:
        """Return the port that the process listens on, once it has logged its address.

        Raises:
            RuntimeError: The process exited, or did not log an address in time.
        """
        while time.perf_counter() < self.started_at + PATIENCE and self.process.poll() is None:
            if self._port:
                return self._port  # clients try again until it listens
            if found := _ADDRESS.search(self.read_errors()):
                return int(found[1])
            time.sleep(0.01)
        problem = "does not listen"
        raise self.describe_failure(problem)

    def pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Return the pipes to standard input and from standard output."""
        if self.process.stdin is None or self.process.stdout is None:
            problem = "has no pipes"
            raise self.describe_failure(problem)
        return self.process.stdin, self.process.stdout

    def describe_failure(self, problem: str) -> RuntimeError:
        """Return an error with the last lines of standard error."""
        errors = self.read_errors()[-2000:].decode("utf-8", "replace")
        return RuntimeError(f"{self.process.args!r} {problem}:\n{errors}")

    def stop(self) -> None:
        """Stop the process."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        # A graceful exit takes time, but a parent must reap its children, so that their CPU time is counted.
        is_alone = self.process.poll() is not None or len(self._process_ids()) == 1
        self.process.send_signal(signal.SIGKILL if is_alone else signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()

    def read_memory(self, name: str = "VmRSS") -> float:
        """Return the resident memory of the process and its children in MiB; `VmHWM` is the peak."""
        return sum(_read_status(pid, name) for pid in self._process_ids()) / 1024

    def read_cpu(self) -> float:
        """Return the CPU seconds that all threads of the process and of its children have used."""
        # The number of the clock of a process follows from its id; see clock_getcpuclockid(3).
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self._process_ids())

    def reset_peak(self) -> None:
        """Reset the peak of the memory to the current value."""
        for pid in self._process_ids():
            Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")

    def _process_ids(self) -> list[int]:
        pids = [self.process.pid]
        for pid in pids:
            pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())
        return pids


def _read_status(pid: int, name: str) -> int:
    return int(Path(f"/proc/{pid}/status").read_text("ascii").partition(f"{name}:")[2].split()[0])


@dataclass(frozen=True, slots=True)
class Account:
    """How a server learns the URL of the Hub and its account.

    In all values, `{hub}`, `{username}` and `{secret}` are replaced.

    Attributes:
        hub_variables: Environment variables with the URL of the Hub.
        variables: Environment variables with the account.
        options: Options of the command line with the account.
    """

    hub_variables: Mapping[str, str]
    variables: Mapping[str, str]
    options: tuple[str, ...] = ()

    def build_environment(self, hub: str, *, anonymous: bool = False) -> dict[str, str]:
        """Return the variables with the URL of the Hub and, unless anonymous, the account."""
        variables = self.hub_variables if anonymous else {**self.hub_variables, **self.variables}
        return {name: _fill_in(value, hub) for name, value in variables.items()}


_OUR_ACCOUNT = Account(
    {"DOCKERHUB_API_URL": "{hub}"}, {"DOCKERHUB_USERNAME": "{username}", "DOCKERHUB_TOKEN": "{secret}"}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A server that is measured.

    Attributes:
        name: Its name in tables.
        stdio: The command that serves over stdio.
        http: The command that serves over HTTP; `{port}` is replaced by a free port, without which the server
            must choose one and log it. Empty if the server cannot.
        is_minimal: Whether it is the minimal SDK server, which has a tool that takes paths of the Hub API.
        account: How it learns the URL of the Hub and its account.
        warm_up: The calls after which its speed no longer changes.
    """

    name: str
    stdio: tuple[str, ...]
    http: tuple[str, ...] = ()
    is_minimal: bool = False
    account: Account = _OUR_ACCOUNT
    warm_up: int = 0

    def start_stdio(self, hub: str, *options: str, anonymous: bool = False) -> Program:
        """Start the server with pipes; without the URL of a Hub, it uses its default one."""
        variables = self.account.build_environment(hub, anonymous=anonymous) if hub else {}
        command = [*self.stdio, *self._list_options(anonymous=anonymous or not hub), *options]
        return Program(command, variables, piped=True)

    def start_http(self, hub: str, *options: str, anonymous: bool = False) -> Program:
        """Start the server on a free port."""
        port = _find_port() if any("{port}" in part for part in self.http) else None
        command = [part.replace("{port}", str(port)) for part in self.http]
        variables = self.account.build_environment(hub, anonymous=anonymous)
        return Program([*command, *self._list_options(anonymous=anonymous), *options], variables, port=port)

    def _list_options(self, *, anonymous: bool) -> list[str]:
        return [] if anonymous else [_fill_in(option, "") for option in self.account.options]


def _fill_in(template: str, hub: str) -> str:
    return template.format(hub=hub, username=_OWNER.username, secret=_OWNER.secret)


def _find_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])


def build_environment(hub: str, *, anonymous: bool = False) -> dict[str, str]:
    """Return the variables of this server with the URL of the Hub and, unless anonymous, the credentials."""
    return _OUR_ACCOUNT.build_environment(hub, anonymous=anonymous)


def start_hub(latency: float = 0.0) -> Program:
    """Start a Hub that takes `latency` seconds for each response."""
    return Program([sys.executable, str(HERE / "hub.py"), "--latency", str(latency)], {})


_FAST = (str(Path(sys.executable).parent / "dockerhub-mcp"),)
# As installed without extras: the extra is installed here, but cannot be imported.
_WITHOUT_EXTRA = (
    "import sys; sys.modules['aiohttp'] = None; from dockerhub_mcp.__main__ import run; sys.exit(run())"
)
_OURS = (sys.executable, "-c", _WITHOUT_EXTRA)
_MINIMAL = sys.executable, str(HERE / "floor.py")
_HTTP = "--transport", "http", "--port", "0"
MINIMAL = Subject("minimal", _MINIMAL, (*_MINIMAL, "--http"), is_minimal=True)
_NO_CACHE = "--cache-ttl", "0"
CACHED = Subject("cached", _OURS, (*_OURS, *_HTTP))
UNCACHED = Subject("uncached", (*_OURS, *_NO_CACHE), (*_OURS, *_HTTP, *_NO_CACHE))
FAST = Subject("fast, cached", _FAST, (*_FAST, *_HTTP))
FAST_UNCACHED = Subject("fast, uncached", (*_FAST, *_NO_CACHE), (*_FAST, *_HTTP, *_NO_CACHE))
