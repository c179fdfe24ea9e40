"""A server that has loaded the program once and forks a copy for each start that a test asks for.

Starting Python and loading the SDK takes half a second of processor time, a fork takes some milliseconds. A copy is
a process of its own, with the arguments, variables, directory, standard streams and signals of whatever started
`launcher.py`; only what happens while modules are being imported, or freed at Python's end, cannot be observed.
Tests about that start the program itself.

Each copy has a guard between it and this server, which reports how the copy ended and ends it with the launcher.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import marshal
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PRELOADED = (
    "aiohttp",
    "anyio._backends._asyncio",
    "prometheus_client",
    "rich.table",
    "uvicorn.protocols.http.h11_impl",
)
_NOT_PRELOADED = ("dockerhub_mcp.__main__", "dockerhub_mcp.server.telemetry.otel")
"""Beginnings of the names of modules that only some processes load: OpenTelemetry reads its variables at import."""


@dataclass(frozen=True, slots=True)
class _Start:
    """What the launcher asks for."""

    connection: socket.socket
    streams: list[int]
    arguments: list[str]
    environment: dict[str, str]
    directory: str


def main(path: str) -> int:
    """Serve starts at a Unix socket until the process is killed; in a copy, run the program."""
    _preload()
    gc.freeze()  # or the first collection of each copy would copy all of it
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(f"{path}.new")
    listener.listen(64)
    Path(f"{path}.new").rename(path)  # launchers wait for the name
    signal.signal(
        signal.SIGCHLD, signal.SIG_IGN
    )  # guards report for themselves, so that nothing waits for them
    while True:
        connection, _ = listener.accept()
        start = _receive(connection)
        if start is not None and os.fork() == 0:
            listener.close()
            return _guard(start)
        connection.close()
        for descriptor in start.streams if start else ():
            os.close(descriptor)


def _preload() -> None:
    """Load what the program loads at the latest when it is needed, and derive the sample data that most copies read."""
    package = importlib.import_module("dockerhub_mcp")
    modules = [each.name for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    for name in (*_PRELOADED, *(name for name in modules if not name.startswith(_NOT_PRELOADED))):
        importlib.import_module(name)
    repositories = sys.modules["dockerhub_mcp.sandbox"].Sandbox().state.repositories
    repositories["library", "redis"].tags.sort(key=lambda tag: tag.name)


def _receive(connection: socket.socket) -> _Start | None:
    size, streams, _, _ = socket.recv_fds(connection, 8, 3)
    with connection.makefile("rb") as requests:
        request = requests.read(int.from_bytes(size, "big"))
    return _Start(connection, streams, *marshal.loads(request)) if size else None  # noqa: S302 - of our own launcher


def _guard(start: _Start) -> int:
    """Fork the copy and report how it ends; in the copy, run the program and return its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ended, ending = os.pipe()  # the copy holds the writing end, whatever ends it
    copy = os.fork()
    if copy == 0:
        start.connection.close()
        os.close(ended)
        return _run_program(start)
    os.close(ending)
    for descriptor in start.streams:
        os.close(descriptor)
    with suppress(BrokenPipeError):
        start.connection.sendall(f"{copy}\n".encode())
    ready, _, _ = select.select([ended, start.connection.fileno()], [], [])
    if ended not in ready:
        os.kill(copy, signal.SIGKILL)  # the launcher was killed
    _, status = os.waitpid(copy, 0)
    with suppress(BrokenPipeError):
        start.connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run_program(start: _Start) -> int:
    os.setsid()
    for place, descriptor in enumerate(start.streams):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.chdir(start.directory)
    os.environ.clear()
    os.environ.update(start.environment)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as Python opens them
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)

    code = _run_module(start.arguments[1:]) if start.arguments[:1] == ["-m"] else _run_main(start.arguments)
    # Python's own end takes longer than most starts: it frees every module, and so copies all memory.
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as Python does
    atexit._run_exitfuncs()
    gc.collect()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return code  # Python reports it
    os._exit(code)


def _run_main(arguments: list[str]) -> int:
    from dockerhub_mcp import __main__ as program  # noqa: PLC0415 - imported where it runs

    sys.argv = [str(program.__file__), *arguments]
    return program.run()


def _run_module(arguments: list[str]) -> int:
    """Run a module of the tests as `python -m` does."""
    sys.path.insert(0, str(Path.cwd()))
    sys.argv = arguments
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
