"""Clients over HTTP that cost little, so that what is measured is the server."""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from typing import Self

from benchmarks.programs import PATIENCE
from benchmarks.wire import CHUNK, MODERN, Question

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_STAGGER = 0.002  # seconds between two clients who come


class Socket:
    """A connection that is kept, for one request after another."""

    def __init__(self, port: int, head: str = "") -> None:
        self._port, self._head = port, head
        self.socket = _connected(port)
        self._heard = bytearray()

    def send(self, question: Question, number: int) -> None:
        """Post a message."""
        body = question.body(number)
        named = f"mcp-name: {question.params['name']}\r\n" if "name" in question.params else ""
        method = f"mcp-method: {question.method}\r\n{named}" if question.generation == MODERN else ""
        head = (
            f"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\ncontent-type: application/json\r\n"
            f"accept: application/json, text/event-stream\r\nmcp-protocol-version: {question.generation}\r\n"
            f"{method}{self._head}content-length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)

    def receive(self) -> bytes | None:
        """Read once; returns the answer when it is there as a whole."""
        more = self.socket.recv(CHUNK)
        if not more:
            msg = f"the server hung up after {bytes(self._heard[:300])!r}"
            raise ConnectionError(msg)
        self._heard += more
        end = self._heard.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = _LENGTH.search(self._heard, 0, end)
        if len(self._heard) < end + 4 + int(length[1]) if length else not self._heard.endswith(b"0\r\n\r\n"):
            return None
        head, body = bytes(self._heard[:end]), bytes(self._heard[end + 4 :])
        self._heard.clear()
        if b"text/event-stream" in head:
            body = body.partition(b"data: ")[2]
        if not head.startswith(b"HTTP/1.1 200"):
            msg = f"HTTP: {head!r} {body[:300]!r}"
            raise ValueError(msg)
        return body

    def ask(self, question: Question) -> tuple[float, bytes]:
        """Ask one thing."""
        began = time.perf_counter()
        self.send(question, 1)
        while (body := self.receive()) is None:
            pass
        took = time.perf_counter() - began
        question.check(body, 1)
        return took, body

    def get(self, path: str, says: bytes) -> float:
        """Ask the Hub itself; returns how long it took."""
        began = time.perf_counter()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n\r\n".encode())
        while (body := self.receive()) is None:
            pass
        took = time.perf_counter() - began
        if says not in body:
            msg = f"{path} was answered with {body[:300]!r}"
            raise ValueError(msg)
        return took

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def _connected(port: int) -> socket.socket:
    end = time.perf_counter() + PATIENCE
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
        except ConnectionRefusedError:
            if time.perf_counter() > end:
                raise
            time.sleep(0.01)
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


class Crowd:
    """Clients over HTTP, each with a connection, who ask one thing after another.

    Args:
        port: Where the server listens.
        questions: What they ask, in turn.
        clients: How many they are.
        heads: Header lines that each brings, one set for each client.
    """

    def __init__(
        self, port: int, questions: Sequence[Question], clients: int, heads: Sequence[str] = ("",)
    ) -> None:
        self._questions, self._count = questions, 0
        self._ready = selectors.DefaultSelector()
        self._asked: dict[Socket, tuple[int, Question]] = {}
        for client in range(clients):  # all at once would be taken by one worker of several
            line = Socket(port, heads[client % len(heads)])
            self._ready.register(line.socket, selectors.EVENT_READ, line)
            self._ask(line)
            time.sleep(_STAGGER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for key in list(self._ready.get_map().values()):
            key.data.close()
        self._ready.close()

    def ask_for(self, seconds: float) -> float:
        """Ask for so long; returns the answers a second."""
        end = time.perf_counter() + seconds
        return self._until(lambda: time.perf_counter() >= end) / seconds

    def settle(self) -> None:
        """Wait until every question that is open is answered."""
        self._until(lambda: True)

    def _ask(self, line: Socket) -> None:
        self._count += 1
        question = self._questions[self._count % len(self._questions)]
        self._asked[line] = self._count, question
        line.send(question, self._count)

    def _until(self, over: Callable[[], bool]) -> int:
        """Go on until it is over; returns how many answers there were before."""
        for line in [key.data for key in self._ready.get_map().values() if key.data not in self._asked]:
            self._ask(line)
        count = 0
        while self._asked:
            ready = self._ready.select(PATIENCE)
            if not ready:
                msg = "the server does not answer"
                raise TimeoutError(msg)
            for key, _ in ready:
                if (body := key.data.receive()) is None:
                    continue
                number, question = self._asked.pop(key.data)
                question.check(body, number)
                if not over():
                    count += 1
                    self._ask(key.data)
        return count
