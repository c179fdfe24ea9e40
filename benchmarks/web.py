"""Lightweight HTTP clients, whose own cost hardly affects the measurement."""

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


class HTTPConnection:
    """A persistent connection for one request after another.

    Args:
        port: The server's port.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.socket = _connect(port)
        self._buffer = bytearray()

    def send(self, question: Question, number: int, headers: str = "") -> None:
        """Post a request with the given id, and with further header lines, each with its line end."""
        body = question.body(number)
        name = f"mcp-name: {question.params['name']}\r\n" if "name" in question.params else ""
        method = f"mcp-method: {question.method}\r\n{name}" if question.generation == MODERN else ""
        head = (
            f"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\ncontent-type: application/json\r\n"
            f"accept: application/json, text/event-stream\r\nmcp-protocol-version: {question.generation}\r\n"
            f"{method}{headers}content-length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)

    def receive(self) -> bytes | None:
        """Read once, and return the body of the response if it is complete.

        Raises:
            ConnectionError: The server closed the connection.
            ValueError: The status is not 200.
        """
        chunk = self.socket.recv(CHUNK)
        if not chunk:
            msg = f"the server closed the connection after {bytes(self._buffer[:300])!r}"
            raise ConnectionError(msg)
        self._buffer += chunk
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = _LENGTH.search(self._buffer, 0, end)
        is_incomplete = (
            len(self._buffer) < end + 4 + int(length[1])
            if length
            else not self._buffer.endswith(b"0\r\n\r\n")
        )
        if is_incomplete:
            return None
        head, body = bytes(self._buffer[:end]), bytes(self._buffer[end + 4 :])
        self._buffer.clear()
        if b"text/event-stream" in head:
            body = body.partition(b"data: ")[2]
        if not head.startswith(b"HTTP/1.1 200"):
            msg = f"HTTP: {head!r} {body[:300]!r}"
            raise ValueError(msg)
        return body

    def ask(self, question: Question) -> tuple[float, bytes]:
        """Send a request, and return its duration in seconds and the checked response."""
        began = time.perf_counter()
        self.send(question, 1)
        while (body := self.receive()) is None:
            pass
        took = time.perf_counter() - began
        question.check(body, 1)
        return took, body

    def get(self, path: str, expected: bytes) -> float:
        """Send a GET request, as to the Hub itself, and return its duration in seconds.

        Raises:
            ValueError: The response lacks the expected text.
        """
        began = time.perf_counter()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n\r\n".encode())
        while (body := self.receive()) is None:
            pass
        took = time.perf_counter() - began
        if expected not in body:
            msg = f"{path} was answered with {body[:300]!r}"
            raise ValueError(msg)
        return took

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()


def _connect(port: int) -> socket.socket:
    """Return a connection to a server that may still be starting."""
    deadline = time.perf_counter() + PATIENCE
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
        except ConnectionRefusedError:
            if time.perf_counter() > deadline:
                raise
            time.sleep(0.01)
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


class HTTPLoad:
    """Concurrent clients, each with its own connection, which send one request after another.

    Args:
        port: The server's port.
        questions: The requests to send, in turn.
        clients: The number of clients.
        headers: Further header lines, which the requests have in turn.
    """

    def __init__(
        self, port: int, questions: Sequence[Question], clients: int, headers: Sequence[str] = ("",)
    ) -> None:
        self._questions, self._headers, self._number = questions, headers, 0
        self._over_at = 0.0
        self._selector = selectors.DefaultSelector()
        self._pending: dict[HTTPConnection, tuple[int, Question]] = {}
        for _ in range(clients):
            connection = HTTPConnection(port)
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
            self._send_next(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for key in list(self._selector.get_map().values()):
            key.data.close()
        self._selector.close()

    def run(self, seconds: float) -> float:
        """Send requests for a time, at least one for each client; return the responses per second."""
        began, clients = time.perf_counter(), len(self._selector.get_map())
        count = self._run_until(lambda count: count >= clients and time.perf_counter() - began >= seconds)
        return count / (self._over_at - began)

    def send(self, count: int) -> None:
        """Send at least so many requests, and wait for all responses."""
        end = self._number + count
        if count:
            self._run_until(lambda _: self._number >= end)

    def finish_pending(self) -> None:
        """Wait for the responses to all requests in flight."""
        self._run_until(lambda _: True)

    def _send_next(self, connection: HTTPConnection) -> None:
        self._number += 1
        question = self._questions[self._number % len(self._questions)]
        self._pending[connection] = self._number, question
        connection.send(question, self._number, self._headers[self._number % len(self._headers)])

    def _run_until(self, is_over: Callable[[int], bool]) -> int:
        """Send requests until `is_over`, and wait for the rest.

        Args:
            is_over: Is called with the number of responses so far.

        Returns:
            The number of responses until it was over.

        Raises:
            TimeoutError: The server does not respond.
        """
        for connection in [key.data for key in self._selector.get_map().values()]:
            if connection not in self._pending:
                self._send_next(connection)
        count, over = 0, False
        while self._pending:
            ready = self._selector.select(PATIENCE)
            if not ready:
                msg = "the server does not respond"
                raise TimeoutError(msg)
            for key, _ in ready:
                if (body := key.data.receive()) is None:
                    continue
                number, question = self._pending.pop(key.data)
                question.check(body, number)
                if over:
                    continue
                count += 1
                if over := is_over(count):
                    self._over_at = time.perf_counter()
                else:
                    self._send_next(key.data)
        return count
