"""The program as a process that exchanges single messages over stdio, with a client that reads when a test says."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.programs import CLEAN, forked_program
from tests.support.stdio_messages import INITIALIZED, build_initialize, build_modern_request, build_request

_WAIT = 60.0  # seconds for one message; ample, for a busy machine
_END_WAIT = 20.0  # seconds to end; less than the server waits for calls that never end

Message = dict[str, Any]
Answers = defaultdict[Any, list[Message]]


class StdioProcess:
    """The process and its client, which speaks one protocol generation."""

    def __init__(self, process: asyncio.subprocess.Process, *, modern: bool) -> None:
        self.process, self._modern = process, modern
        self.answers: Answers = defaultdict(list)
        self.others: list[Message] = []

    def build(self, request_id: Any, method: str, **params: Any) -> Message:
        """Return a request of this client's protocol generation."""
        if not self._modern:
            return build_request(request_id, method, **params)
        capabilities: dict[str, Any] = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}
        return build_modern_request(request_id, method, meta=capabilities, **params)

    def build_call(self, request_id: Any, tool: str, **arguments: Any) -> Message:
        return self.build(request_id, "tools/call", name=tool, arguments=arguments)

    def send(self, *messages: Message) -> None:
        """Send messages, without waiting until the server has read them."""
        assert self.process.stdin
        self.process.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))

    async def receive(self) -> Message:
        """Return the next message; answers are kept in `answers`, other messages in `others`."""
        assert self.process.stdout
        line = await asyncio.wait_for(self.process.stdout.readline(), _WAIT)
        assert line, "the server has closed its output"
        return self._keep(line)

    async def receive_answers(self, request_ids: Collection[Any]) -> Answers:
        """Receive until each of these requests has an answer, and return all answers so far."""
        while not all(self.answers[request_id] for request_id in request_ids):
            await self.receive()
        return self.answers

    async def ask(self, request: Message) -> Message:
        """Send a request and return its answer."""
        self.answers.pop(request["id"], None)
        self.send(request)
        return (await self.receive_answers([request["id"]]))[request["id"]][0]

    def close_input(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()

    async def end(self, *, received: signal.Signals | None = None) -> int:
        """Receive the rest of the output, and return the exit code: after a signal, or the end of the input."""
        assert self.process.stdout
        if received is None:
            self.close_input()
        else:
            self.process.send_signal(received)
        async with asyncio.timeout(_END_WAIT):
            while line := await self.process.stdout.readline():
                self._keep(line)
            return await self.process.wait()

    async def read_log(self) -> str:
        assert self.process.stderr
        return (await self.process.stderr.read()).decode()

    def measure_memory(self) -> int:
        """Return the bytes of memory that the process takes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1])
        return pages * 4096

    def _keep(self, line: bytes) -> Message:
        message: Message = json.loads(line)
        if "method" in message:
            self.others.append(message)
        else:
            self.answers[message["id"]].append(message)
        return message


@asynccontextmanager
async def open_process(
    *options: str, modern: bool, forked: bool = True, **variables: str
) -> AsyncIterator[StdioProcess]:
    """Start the program and open a session with it.

    Args:
        *options: Options of the command line.
        modern: Whether the client speaks the protocol of 2026-07-28.
        forked: Whether the process is forked with its modules loaded.
        **variables: Environment variables.
    """
    arguments = ["--log-level", "warning", *options]
    process = await asyncio.create_subprocess_exec(
        *(forked_program(*arguments) if forked else [sys.executable, "-m", "dockerhub_mcp", *arguments]),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=CLEAN | variables,
        limit=1 << 18,  # of a line; reading ahead stops at twice the limit
    )
    try:
        client = StdioProcess(process, modern=modern)
        if not modern:
            client.send(build_initialize(capabilities={"elicitation": {}}), INITIALIZED)
            await client.receive()
            client.answers.clear()
        yield client
    finally:
        if process.returncode is None:
            process.kill()
            assert process.stdout
            await process.stdout.read()  # `wait` would wait for the end of unread output
            await process.wait()


def build_cancellation(request_id: Any) -> Message:
    return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request_id}}


def text_of(answer: Message) -> str:
    """Return the text of a tool's result."""
    return "\n".join(part["text"] for part in answer["result"]["content"])
