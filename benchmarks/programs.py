"""The processes that are measured, and what the system tells about them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from dockerhub_mcp.sandbox import Sandbox

HERE = Path(__file__).parent
PATIENCE = 60.0  # seconds for an answer, or for a process to start or end
_OWNER = Sandbox().get_identity("owner")
_ADDRESS = re.compile(rb"http://127\.0\.0\.1:(\d+)")


class Program:
    """A process of ours, with pipes to it or with an address."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], *, piped: bool = False
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKERHUB_")}
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        pipe = subprocess.PIPE if piped else subprocess.DEVNULL
        self.began = time.perf_counter()
        self.process = subprocess.Popen(  # noqa: S603 - ours, or what a person named
            command, stdin=pipe, stdout=pipe, stderr=self._errors, env=kept | dict(environment), bufsize=0
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def said(self) -> bytes:
        """Return what it wrote on standard error."""
        return os.pread(self._errors.fileno(), 1 << 20, 0)

    def port(self) -> int:
        """Wait until it says where it listens."""
        while time.perf_counter() < self.began + PATIENCE and self.process.poll() is None:
            if found := _ADDRESS.search(self.said()):
                return int(found[1])
            time.sleep(0.01)
        what = "does not listen"
        raise self.failure(what)

    def pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Return its standard input and output."""
        if self.process.stdin is None or self.process.stdout is None:
            what = "has no pipes"
            raise self.failure(what)
        return self.process.stdin, self.process.stdout

    def failure(self, what: str) -> RuntimeError:
        """Return an error about it, with the end of what it said."""
        said = self.said()[-2000:].decode("utf-8", "replace")
        return RuntimeError(f"{self.process.args!r} {what}:\n{said}")

    def end(self) -> None:
        """Let it end."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        # Saying goodbye takes time; but who has workers has to, so that the system knows what they worked.
        alone = self.process.poll() is not None or len(self._family()) == 1
        self.process.send_signal(signal.SIGKILL if alone else signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()

    def memory(self, name: str = "VmRSS") -> float:
        """Return the resident memory of the process and its children in MiB; `VmHWM` is the peak."""
        return sum(_status(pid, name) for pid in self._family()) / 1024

    def forget_peak(self) -> None:
        """Let the peak begin anew."""
        for pid in self._family():
            Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")

    def _family(self) -> list[int]:
        pids = [self.process.pid]
        for pid in pids:
            pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())
        return pids


def _status(pid: int, name: str) -> int:
    return int(Path(f"/proc/{pid}/status").read_text("ascii").partition(f"{name}:")[2].split()[0])


@dataclass(frozen=True, slots=True)
class Subject:
    """A server that is measured.

    Attributes:
        name: What it is called in tables.
        stdio: The command that serves over stdio.
        http: The command that serves over HTTP; nothing where it cannot.
        floor: Whether it is the floor, which is asked for paths of the Hub.
    """

    name: str
    stdio: tuple[str, ...]
    http: tuple[str, ...] = ()
    floor: bool = False

    def over_stdio(self, hub: str, *more: str, anonymous: bool = False) -> Program:
        """Start it with pipes; without an address of the Hub it has the one that it comes with."""
        command = [part.replace("{hub}", hub) for part in self.stdio]
        return Program([*command, *more], environment(hub, anonymous=anonymous) if hub else {}, piped=True)

    def over_http(self, hub: str, *more: str, anonymous: bool = False) -> Program:
        """Start it with an address."""
        return Program([*self.http, *more], environment(hub, anonymous=anonymous))


def environment(hub: str, *, anonymous: bool = False) -> dict[str, str]:
    """Return what tells a server where the Hub is, and who it is there."""
    if anonymous:
        return {"DOCKERHUB_API_URL": hub}
    return {"DOCKERHUB_API_URL": hub, "DOCKERHUB_USERNAME": _OWNER.username, "DOCKERHUB_TOKEN": _OWNER.secret}


def hub(latency: float = 0.0) -> Program:
    """Start a Hub."""
    return Program([sys.executable, str(HERE / "hub.py"), "--latency", str(latency)], {})


_FAST = (str(Path(sys.executable).parent / "dockerhub-mcp"),)
# As pip installs it without extras: the extra is here, but cannot be found.
_WITHOUT = (
    "import sys; sys.modules['aiohttp'] = None; from dockerhub_mcp.cli.main import main; sys.exit(main())"
)
_OURS = (sys.executable, "-c", _WITHOUT)
_FLOOR = sys.executable, str(HERE / "floor.py")
_WEB = "--transport", "http", "--port", "0"
FLOOR = Subject("floor", _FLOOR, (*_FLOOR, "--http"), floor=True)
_OFF = "--cache-ttl", "0"
CACHED = Subject("cache on", _OURS, (*_OURS, *_WEB))
UNCACHED = Subject("cache off", (*_OURS, *_OFF), (*_OURS, *_WEB, *_OFF))
FAST = Subject("fast, cache on", _FAST, (*_FAST, *_WEB))
FAST_UNCACHED = Subject("fast, cache off", (*_FAST, *_OFF), (*_FAST, *_WEB, *_OFF))
