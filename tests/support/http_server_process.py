"""Start `plain_app.py` as a process, and speak HTTP with it byte by byte."""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

PROGRAM = Path(__file__).with_name("plain_app.py")
PATIENCE = 60.0  # seconds; a safety margin for a busy machine


class Served:
    """A server process."""

    def __init__(self, folder: Path, options: dict[str, Any]) -> None:
        number = len(list(folder.glob("*.err")))
        self._out, self._err = folder / f"{number}.out", folder / f"{number}.err"
        # The server and its children hold the write end, so the read end is closed once all of them have exited.
        self._alive, held = os.pipe()
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAM), json.dumps({"port": 0, **options}, default=str)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                pass_fds=[held],
            )
        os.close(held)

    @property
    def stdout(self) -> str:
        return self._out.read_text("utf-8")

    @property
    def stderr(self) -> str:
        return self._err.read_text("utf-8")

    @property
    def url(self) -> str:
        return self.said(r"listening (\S+)")[0]

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    def said(self, pattern: str, times: int = 1) -> list[str]:
        """Wait until standard error matches a pattern `times` times, and return the matches."""
        end = time.monotonic() + PATIENCE
        while len(found := re.findall(pattern, self.stderr)) < times:
            assert time.monotonic() < end, self.stderr
            assert self.process.poll() is None, self.stderr
            time.sleep(0.01)
        return found

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Wait until the process exits, and return its exit code."""
        code = self.process.wait(PATIENCE)
        self.all_ended()
        return code

    def all_ended(self) -> None:
        """Wait until the process and all its children have exited."""
        assert select.select([self._alive], [], [], PATIENCE)[0], self.stderr

    def kill(self) -> None:
        """Kill the processes that are left."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._alive)


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Served]:
    """Serve for the duration of the block, which starts once the server listens."""
    served = Served(folder, options)
    try:
        served.said("listening")
        yield served
    finally:
        served.kill()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers.get("connection") == "close"


class Connection:
    """A raw HTTP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, address: tuple[str, int], tls: ssl.SSLContext | None = None) -> Connection:
        return cls(*await asyncio.open_connection(*address, ssl=tls))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    def send(self, path: str = "/", body: bytes = b"", **headers: str) -> None:
        lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "Host: test", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def receive(self) -> Answer:
        """Read a response.

        Raises:
            OSError: The connection was reset.
            asyncio.IncompleteReadError: It ended before the response did.
        """
        async with asyncio.timeout(PATIENCE):
            first, *rest = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
            if headers.get("transfer-encoding") == "chunked":
                body = b""
                while chunk := await self._chunk():
                    body += chunk
            else:
                body = await self.reader.readexactly(int(headers["content-length"]))
        return Answer(int(first.split()[1]), headers, body)

    async def _chunk(self) -> bytes:
        size = int(await self.reader.readuntil(b"\r\n"), 16)
        return (await self.reader.readexactly(size + 2))[:-2]

    async def ask(self, path: str = "/", body: bytes = b"", **headers: str) -> Answer:
        self.send(path, body, **headers)
        return await self.receive()

    async def rest(self) -> bytes:
        """Read until the server closes the connection."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()


async def ask(address: tuple[str, int], path: str = "/", body: bytes = b"", **headers: str) -> Answer:
    async with await Connection.open(address) as connection:
        return await connection.ask(path, body, **headers)
