"""Requests, and a minimal client over pipes that hardly affects the measurement."""

from __future__ import annotations

import json
import os
import re
import select
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from benchmarks.programs import PATIENCE, Program

LEGACY, MODERN = "2025-11-25", "2026-07-28"
_PREFIX = "io.modelcontextprotocol/"
_ID = re.compile(rb'(?<!\\)"id": ?(\d+)')
_ENDS = 80
"""Bytes at the beginning and the end of a message within which its id is searched."""
CHUNK = 1 << 18
"""Bytes to read at once."""


class Question(NamedTuple):
    """A request without its id, and a text that its response must contain."""

    method: str
    params: dict[str, Any]
    expected: bytes
    generation: str

    def body(self, number: int) -> bytes:
        """Return the message with the given id."""
        params = self.params
        if self.generation == MODERN:
            meta = {f"{_PREFIX}protocolVersion": MODERN, f"{_PREFIX}clientCapabilities": {}}
            params = {**params, "_meta": meta}
        message = {"jsonrpc": "2.0", "id": number, "method": self.method, "params": params}
        return json.dumps(message, separators=(",", ":")).encode()

    def check(self, answer: bytes, number: int) -> None:
        """Check that a response is the expected one.

        Raises:
            ValueError: The response is an error, has another id, or lacks the expected text.
        """
        is_expected = find_id(answer) == number and self.expected in answer
        if not is_expected or b'"isError":true' in answer or b'"result":' not in answer[:_ENDS]:
            msg = f"{self.method} {self.params} was answered with {answer[:600]!r}, without {self.expected!r}"
            raise ValueError(msg)


def build_call(tool: str, arguments: dict[str, Any], expected: str, generation: str) -> Question:
    """Return a call of a tool; the text of its result must contain `expected`."""
    escaped = json.dumps(expected, ensure_ascii=False)[1:-1].encode()
    return Question("tools/call", {"name": tool, "arguments": arguments}, escaped, generation)


class Connection(Protocol):
    """A connection for one request after another."""

    def ask(self, question: Question) -> tuple[float, bytes]:
        """Send a request, and return its duration in seconds and the checked response."""
        ...


class Stdio:
    """A client of a server over stdio."""

    def __init__(self, program: Program, generation: str) -> None:
        self._program, self._generation = program, generation
        stdin, stdout = program.pipes()
        self._in, self._out = stdin.fileno(), stdout.fileno()
        self._buffer, self._searched, self._number = bytearray(), 0, 0

    def initialize(self) -> None:
        """Open the session as the protocol generation demands."""
        self.ask(build_handshake(self._generation))
        if self._generation == LEGACY:
            self._send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')

    def ask(self, question: Question) -> tuple[float, bytes]:
        """Send a request, and return its duration in seconds and the checked response."""
        self._number += 1
        body = question.body(self._number)
        began = time.perf_counter()
        self._send(body)
        answer = self._receive()
        took = time.perf_counter() - began
        question.check(answer, self._number)
        return took, answer

    def seconds_since_start(self) -> float:
        """Return the seconds since the process was started."""
        return time.perf_counter() - self._program.started_at

    def burst(self, questions: Sequence[Question]) -> None:
        """Send all requests at once, and wait for all responses."""
        pending = {self._number + count: question for count, question in enumerate(questions, 1)}
        self._number += len(pending)
        for number, question in pending.items():
            self._send(question.body(number))
        while pending:
            answer = self._receive()
            number = find_id(answer)
            pending.pop(number).check(answer, number)

    def make_calls(self, question: Question, at_once: int, count: int) -> None:
        """Send a request so often, with at most `at_once` in flight, and wait for all responses."""
        sent, pending = 0, set[int]()
        while sent < count or pending:
            while sent < count and len(pending) < at_once:
                sent, self._number = sent + 1, self._number + 1
                pending.add(self._number)
                self._send(question.body(self._number))
            answer = self._receive()
            number = find_id(answer)
            pending.remove(number)
            question.check(answer, number)

    def flood(self, questions: Sequence[Question], at_once: int, seconds: float) -> float:
        """Keep requests in flight for a time, at least one each, and return the responses per second."""
        pending: dict[int, Question] = {}
        count, took, began = 0, 0.0, time.perf_counter()
        while not took or pending:
            while len(pending) < at_once and not took:
                self._number += 1
                pending[self._number] = question = questions[self._number % len(questions)]
                self._send(question.body(self._number))
            answer = self._receive()
            number = find_id(answer)
            pending.pop(number).check(answer, number)
            if not took:
                count, passed = count + 1, time.perf_counter() - began
                took = passed if passed >= seconds and count >= at_once else 0.0
        return count / took

    def _send(self, body: bytes) -> None:
        rest = memoryview(body + b"\n")
        while rest:
            rest = rest[os.write(self._in, rest) :]

    def _receive(self) -> bytes:
        """Return the next response, skipping notifications."""
        while True:
            while (end := self._buffer.find(b"\n", self._searched)) < 0:
                self._searched = len(self._buffer)
                if not select.select([self._out], [], [], PATIENCE)[0] or not (
                    more := os.read(self._out, CHUNK)
                ):
                    problem = "does not respond"
                    raise self._program.describe_failure(problem)
                self._buffer += more
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._searched = 0
            if b'"method":' not in line[:_ENDS]:
                return line


def find_id(answer: bytes) -> int:
    """Return the id of a response, which is near one of its ends, or 0."""
    found = _ID.search(answer[:_ENDS]) or _ID.search(answer[-_ENDS:])
    return int(found[1]) if found else 0


def build_handshake(generation: str) -> Question:
    """Return the first request of a client."""
    if generation == MODERN:
        return Question("server/discover", {}, b'"tools"', generation)
    info = {"name": "speed", "version": "1"}
    params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": info}
    return Question("initialize", params, b'"tools"', generation)
