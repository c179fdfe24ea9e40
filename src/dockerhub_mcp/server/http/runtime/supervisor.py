"""Several processes that serve one port, and the parent that keeps them running.

The parent does nothing but wait: it has no event loop and no thread, so that it may fork at any time. What it
has imported, its workers share with it.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import selectors
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import chain

from starlette.types import ASGIApp

from dockerhub_mcp.server.http.runtime.listener import Listeners
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from dockerhub_mcp.server.http.runtime.uvicorn_server import AppFactory, ShutdownController

logger = logging.getLogger(__name__)

_OVERTIME = 5.0  # seconds beyond the grace period, after which a worker is killed
_HURRY = 2.0  # seconds that are left of it once somebody asked twice
_TRIES = 5  # workers in a row that may fail to start
_YOUNG = 10.0  # seconds; a worker that dies younger is replaced after a pause
_PAUSES = (0.1, 5.0)  # seconds, the first and the longest; each is twice the one before
_ASKS = (signal.SIGTERM, signal.SIGINT)
_PID = struct.Struct("=i")

Work = Callable[[int, AppFactory, ShutdownController, Callable[[], None]], bool]
"""Serves in a worker: its number, its application, what stops it, and whom to tell that it is ready."""


@dataclass(slots=True)
class _Worker:
    """A running worker."""

    number: int
    born: float
    ready: bool = False


class _ForkedError(BaseException):
    """Carries a new worker out of the parent's loop, letting go of what is the parent's on the way."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run_workers(
    listeners: Listeners, work: Work, make_app: AppFactory, *, grace: float, on_ready: Callable[[], None]
) -> int:
    """Run a worker for each set of listeners until a signal comes, and return the exit code.

    A worker itself does not come back from here: it ends its process, by `SystemExit`.
    """
    gc.collect()
    gc.freeze()  # or the collector would write to pages that are shared, and unshare them
    link = _Link()
    number = 0
    try:
        exit_code = _Parent(listeners, link, grace=grace, on_ready=on_ready).run()
        link.close()
    except _ForkedError as forked:
        number = forked.number
    else:
        return exit_code
    stop = ShutdownController()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the parent passes it on
    signal.signal(signal.SIGTERM, lambda *_: stop.request_shutdown())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKS)
    link.keep_worker_end(grace + _OVERTIME)
    for listener in {*chain(*listeners)} - {*listeners[number]}:
        listener.close()
    went_well = work(number, link.watched(make_app, stop), stop, link.say_ready)
    sys.exit(0 if went_well else 1)


class _Link:
    """A pair of sockets: workers tell the parent that they are ready, and see the end when it is gone."""

    def __init__(self) -> None:
        self.parent, self.worker = socket.socketpair()

    def keep_worker_end(self, patience: float) -> None:
        """In a worker: let go of the parent's end, which shows its death by being closed.

        What is not over so many seconds after that hangs, and has nobody else to end it.
        """

        def outlive() -> None:
            with suppress(OSError):
                self.worker.recv(1)
            time.sleep(patience)
            os._exit(1)

        self.parent.close()
        threading.Thread(target=outlive, daemon=True).start()

    def close(self) -> None:
        """In the parent: let go of both ends, since nobody is left."""
        self.parent.close()
        self.worker.close()

    def heard(self) -> bytes:
        """In the parent: return what workers said."""
        with suppress(OSError):  # there is nothing, or this end is closed
            return self.parent.recv(4096, socket.MSG_DONTWAIT)
        return b""

    def say_ready(self) -> None:
        """In a worker: tell the parent."""
        with suppress(OSError):
            self.worker.send(_PID.pack(os.getpid()))

    def watched(self, make_app: AppFactory, stop: ShutdownController) -> AppFactory:
        """In a worker: stop when the parent dies, and at once when it closes its end of a stopping server."""

        @asynccontextmanager
        async def make(drain: ShutdownEvent) -> AsyncIterator[ASGIApp]:
            loop = asyncio.get_running_loop()

            def gone() -> None:
                loop.remove_reader(self.worker)
                if stop.is_requested:
                    stop.force_shutdown()
                else:
                    logger.warning("the parent is gone")
                    stop.request_shutdown()

            loop.add_reader(self.worker, gone)
            try:
                async with make_app(drain) as app:
                    yield app
            finally:
                loop.remove_reader(self.worker)

        return make


class _Parent:
    """Starts workers, replaces those that die, and passes on what it is asked."""

    def __init__(
        self, listeners: Listeners, link: _Link, *, grace: float, on_ready: Callable[[], None]
    ) -> None:
        self._listeners, self._link, self._grace, self._on_ready = listeners, link, grace, on_ready
        self._workers: dict[int, _Worker] = {}
        self._due: dict[int, float] = dict.fromkeys(range(len(listeners)), 0.0)  # number: when to start it
        self._never_ready = set(self._due)
        self._failures = 0
        self._pause = 0.0
        self._asked: list[int] = []
        self._kill_at: float | None = None
        self._exit_code = 0
        self._open = ExitStack()

    def run(self) -> int:
        """Keep the workers running until asked to stop and all are gone."""
        with self._open:
            self._watch_signals()
            while self._workers or self._due:
                self._start_what_is_due()
                self._waiting.select(self._patience())
                self._hear_workers()
                self._reap()
                for number in self._received():
                    if number != signal.SIGCHLD:
                        self._asked.append(number)
                        self._stop()
                if self._kill_at is not None and time.monotonic() >= self._kill_at:
                    self._kill()
        return self._exit_code

    def _watch_signals(self) -> None:
        """Have signals wake the loop above, which is the only place where they are heeded."""
        self._signals, writing = (self._open.enter_context(end) for end in socket.socketpair())
        self._signals.settimeout(0)
        writing.settimeout(0)
        for number in (*_ASKS, signal.SIGCHLD):
            before = signal.signal(number, lambda *_: None)
            self._open.callback(signal.signal, number, before)
        woken = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        self._open.callback(signal.set_wakeup_fd, woken)
        self._waiting = self._open.enter_context(selectors.DefaultSelector())
        self._waiting.register(self._signals, selectors.EVENT_READ)
        self._waiting.register(self._link.parent, selectors.EVENT_READ)

    def _patience(self) -> float | None:
        moments = [*self._due.values(), *filter(None, [self._kill_at])]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _received(self) -> bytes:
        with suppress(BlockingIOError):
            return self._signals.recv(4096)
        return b""

    def _start_what_is_due(self) -> None:
        now = time.monotonic()
        for number in [number for number, moment in self._due.items() if moment <= now]:
            del self._due[number]
            # What a worker is asked before it can heed it waits for it.
            signal.pthread_sigmask(signal.SIG_BLOCK, _ASKS)
            try:
                pid = os.fork()
            except OSError as error:
                logger.error("no further process", extra={"error": error.strerror})  # noqa: TRY400
                self._due[number] = now + _PAUSES[1]
            else:
                if pid == 0:
                    raise _ForkedError(number)
                self._workers[pid] = _Worker(number, now)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKS)

    def _hear_workers(self) -> None:
        for (pid,) in _PID.iter_unpack(self._link.heard()):
            worker = self._workers.get(pid)
            if worker is None or self._kill_at is not None:
                continue
            worker.ready = True
            self._failures = 0
            if worker.number in self._never_ready:
                self._never_ready.remove(worker.number)
                if not self._never_ready:
                    self._on_ready()

    def _reap(self) -> None:
        """Collect the dead; as process 1 of a container also those that were left to it."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if worker := self._workers.pop(pid, None):
                    self._bury(worker, pid, os.waitstatus_to_exitcode(status))

    def _bury(self, worker: _Worker, pid: int, code: int) -> None:
        if self._asked:
            if code != 0 and len(self._asked) == 1:
                logger.error("a worker did not stop well", extra={"worker": pid, "exit": code})
                self._exit_code = 1
            return
        if self._kill_at is not None:
            return
        lived = time.monotonic() - worker.born
        logger.warning("a worker died", extra={"worker": pid, "exit": code, "seconds": round(lived, 1)})
        self._failures = 0 if worker.ready else self._failures + 1
        if self._failures == _TRIES:
            logger.error("no worker can start", extra={"tries": _TRIES})
            self._exit_code = 1
            self._stop()
            return
        first, longest = _PAUSES
        self._pause = min(max(first, 2 * self._pause), longest) if lived < _YOUNG else 0.0
        self._due[worker.number] = time.monotonic() + self._pause

    def _stop(self) -> None:
        """Pass on that the server is to stop; at once for the second signal, and kill for the third."""
        now = time.monotonic()
        self._due.clear()
        if self._kill_at is None:
            logger.info("stopping workers", extra={"workers": len(self._workers)})
            if self._asked == [signal.SIGINT]:
                self._exit_code = 130
            # A queue is lost with the last who closes its listener. Let that be a worker, who looks first.
            for listener in chain(*self._listeners):
                listener.close()
            for pid in self._workers:
                os.kill(pid, signal.SIGTERM)
            self._kill_at = now + self._grace + _OVERTIME
        else:
            if self._link.parent.fileno() >= 0:
                self._waiting.unregister(self._link.parent)
                self._link.parent.close()
            third = len(self._asked) > 2  # noqa: PLR2004
            self._kill_at = min(self._kill_at, now + (0 if third else _HURRY))

    def _kill(self) -> None:
        logger.error("killing what remains", extra={"workers": len(self._workers)})
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)
        self._kill_at = time.monotonic() + 1.0
