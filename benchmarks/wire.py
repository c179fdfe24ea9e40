"""Questions, and a client over pipes that costs little, so that what is measured is the server."""

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
_NUMBER = re.compile(rb'(?<!\\)"id": ?(\d+)')
_ENDS = 80  # bytes at the beginning and the end of a message where its number may be
CHUNK = 1 << 18  # bytes to read at once


class Question(NamedTuple):
    """A request but for its number, and what its answer says."""

    method: str
    params: dict[str, Any]
    says: bytes
    generation: str

    def body(self, number: int) -> bytes:
        """Return the message."""
        params = self.params
        if self.generation == MODERN:
            meta = {f"{_PREFIX}protocolVersion": MODERN, f"{_PREFIX}clientCapabilities": {}}
            params = {**params, "_meta": meta}
        message = {"jsonrpc": "2.0", "id": number, "method": self.method, "params": params}
        return json.dumps(message, separators=(",", ":")).encode()

    def check(self, answer: bytes, number: int) -> None:
        """Look whether an answer is the right one.

        Raises:
            ValueError: It is not.
        """
        right = number_of(answer) == number and self.says in answer
        if not right or b'"isError":true' in answer or b'"result":' not in answer[:_ENDS]:
            msg = f"{self.method} {self.params} was answered with {answer[:600]!r}, without {self.says!r}"
            raise ValueError(msg)


def called(tool: str, arguments: dict[str, Any], says: str, generation: str) -> Question:
    """Return a call of a tool; `says` is in the text of its result."""
    escaped = json.dumps(says, ensure_ascii=False)[1:-1].encode()
    return Question("tools/call", {"name": tool, "arguments": arguments}, escaped, generation)


class Line(Protocol):
    """A way to ask one thing after another."""

    def ask(self, question: Question) -> tuple[float, bytes]:
        """Return when the answer came, in seconds from the question, and the answer, which is right."""
        ...


class Stdio:
    """Pipes to a server that serves one client."""

    def __init__(self, program: Program, generation: str) -> None:
        self._program, self._generation = program, generation
        entry, end = program.pipes()
        self._in, self._out = entry.fileno(), end.fileno()
        self._heard, self._seen, self._number = bytearray(), 0, 0

    def greet(self) -> None:
        """Say hello as the generation does."""
        self.ask(greeting(self._generation))
        if self._generation == LEGACY:
            self._send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')

    def ask(self, question: Question) -> tuple[float, bytes]:
        """Ask one thing."""
        self._number += 1
        body = question.body(self._number)
        began = time.perf_counter()
        self._send(body)
        answer = self._receive()
        took = time.perf_counter() - began
        question.check(answer, self._number)
        return took, answer

    def since_start(self) -> float:
        """Return the seconds since the process was started."""
        return time.perf_counter() - self._program.began

    def burst(self, questions: Sequence[Question]) -> None:
        """Ask all at once, and wait for all answers."""
        asked = {self._number + count: question for count, question in enumerate(questions, 1)}
        self._number += len(asked)
        for number, question in asked.items():
            self._send(question.body(number))
        while asked:
            answer = self._receive()
            number = number_of(answer)
            asked.pop(number).check(answer, number)

    def flood(self, questions: Sequence[Question], at_once: int, seconds: float) -> float:
        """Keep so many questions under way for so long; returns the answers a second."""
        asked: dict[int, Question] = {}
        count, end = 0, time.perf_counter() + seconds
        while (now := time.perf_counter()) < end or asked:
            while len(asked) < at_once and now < end:
                self._number += 1
                asked[self._number] = question = questions[self._number % len(questions)]
                self._send(question.body(self._number))
            answer = self._receive()
            number = number_of(answer)
            asked.pop(number).check(answer, number)
            count += time.perf_counter() < end
        return count / seconds

    def _send(self, body: bytes) -> None:
        rest = memoryview(body + b"\n")
        while rest:
            rest = rest[os.write(self._in, rest) :]

    def _receive(self) -> bytes:
        """Return the next message that has a number: notifications are passed over."""
        while True:
            while (end := self._heard.find(b"\n", self._seen)) < 0:
                self._seen = len(self._heard)
                if not select.select([self._out], [], [], PATIENCE)[0] or not (
                    more := os.read(self._out, CHUNK)
                ):
                    what = "does not answer"
                    raise self._program.failure(what)
                self._heard += more
            line = bytes(self._heard[:end])
            del self._heard[: end + 1]
            self._seen = 0
            if b'"method":' not in line[:_ENDS]:
                return line


def number_of(answer: bytes) -> int:
    """Return the number of the question, which stands near one of the ends."""
    named = _NUMBER.search(answer[:_ENDS]) or _NUMBER.search(answer[-_ENDS:])
    return int(named[1]) if named else 0


def greeting(generation: str) -> Question:
    """Return what a client asks first."""
    if generation == MODERN:
        return Question("server/discover", {}, b'"tools"', generation)
    info = {"name": "speed", "version": "1"}
    params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": info}
    return Question("initialize", params, b'"tools"', generation)
