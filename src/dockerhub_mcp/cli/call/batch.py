"""Many calls in one process: one from each line of standard input, and an outcome on each line of output."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from dockerhub_mcp.bootstrap.hubs import build_mutation_policy
from dockerhub_mcp.cli.call.batch_lines import (
    BatchCall,
    BatchLineError,
    ByteReader,
    build_line_error,
    build_outcome,
    parse_line,
    read_line,
)
from dockerhub_mcp.cli.call.console import Console
from dockerhub_mcp.cli.call.prompter import Prompter
from dockerhub_mcp.cli.call.session import open_session
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub.api.enums import Effect
from dockerhub_mcp.tools.access import resolve_tool_name
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError, UnknownNameError
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.request_context import RequestState, set_current_request
from dockerhub_mcp.tools.results.tool_result import ToolResult

MAX_CALLS = 8
"""Lines that are read before the outcome of the first of them is written."""
_CONFIRMATION_HINT = "A batch asks nothing; --yes confirms in advance."

logger = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Line:
    """A line that was read, and its outcome once `is_done` is set."""

    number: int
    outcome: dict[str, Any] = field(default_factory=dict)
    is_done: anyio.Event = field(default_factory=anyio.Event)


class BatchRunner:
    """Carries out the calls on standard input.

    Calls that only read run side by side. Any other runs alone, when the calls before it have ended. Outcomes
    are written in the order of the lines. If they cannot be written, no further call is started.

    Args:
        settings: The settings of the server.
        registry: The tools.
        console: The streams and the environment.
        as_text: Whether outcomes have the text that an agent sees, instead of data.
        assume_yes: Whether every change is confirmed in advance; otherwise one that needs a confirmation is
            refused, as for a client that cannot ask.
    """

    def __init__(
        self, settings: Settings, registry: Registry, console: Console, *, as_text: bool, assume_yes: bool
    ) -> None:
        self._settings, self._registry, self._console = settings, registry, console
        self._as_text = as_text
        # Standard input has the calls, so that no answer can be read from it.
        self._prompter = Prompter(replace(console, stdin=None), assume_yes=assume_yes)
        self._has_failed = False

    async def run(self) -> bool:
        """Carry out all calls, and return whether every one succeeded and its outcome was written."""
        self._vacancies = anyio.Semaphore(MAX_CALLS)
        self._reading = anyio.CancelScope()
        policy = build_mutation_policy(self._settings)._replace(confirmation_hint=_CONFIRMATION_HINT)
        async with open_session(self._settings, policy, self._console) as session:
            context = replace(session.context, confirmer=self._prompter)
            sender, receiver = anyio.create_memory_object_stream[_Line](MAX_CALLS)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._write_outcomes, receiver)
                await self._read_lines(context, sender)
        return not self._has_failed

    async def _read_lines(self, context: ToolContext, sender: MemoryObjectSendStream[_Line]) -> None:
        stream, number = _open_bytes(self._console), 0
        running: set[_Line] = set()
        with self._reading:
            async with sender, anyio.create_task_group() as tasks:
                while True:
                    await self._vacancies.acquire()
                    text = await anyio.to_thread.run_sync(read_line, stream, abandon_on_cancel=True)
                    if text is None:
                        return
                    number += 1
                    if not text.strip():
                        self._vacancies.release()
                        continue
                    line = _Line(number)
                    await sender.send(line)
                    call = self._parse(line, text)
                    if call is None:
                        continue
                    if self._only_reads(call):
                        running = {line, *(each for each in running if not each.is_done.is_set())}
                        tasks.start_soon(self._carry_out, context, call, line)
                        continue
                    for earlier in running:
                        await earlier.is_done.wait()
                    with anyio.CancelScope(shield=True):  # a change that has begun is not left half done
                        await self._carry_out(context, call, line)

    def _parse(self, line: _Line, text: bytes) -> BatchCall | None:
        try:
            return parse_line(text)
        except BatchLineError as error:
            self._end_line(line, build_line_error(line.number, error))
            return None

    def _only_reads(self, call: BatchCall) -> bool:
        try:
            return self._registry.find_tool(resolve_tool_name(call.tool)).effect is Effect.READ
        except (UnknownNameError, ToolDisabledError):
            return True  # nothing is sent

    async def _carry_out(self, context: ToolContext, call: BatchCall, line: _Line) -> None:
        set_current_request(RequestState())
        name = resolve_tool_name(call.tool)
        try:
            result = await call_tool(self._registry, context, name, call.arguments)
        except UnknownNameError as error:
            result = ToolResult(context.hub.redact(str(error)), is_error=True)
        except Exception:  # the calls on other lines go on
            logger.exception("a call failed unexpectedly", extra={"tool": name})
            result = ToolResult("Internal error; standard error has details.", is_error=True)
        self._end_line(line, build_outcome(line.number, call, result, as_text=self._as_text))

    def _end_line(self, line: _Line, outcome: dict[str, Any]) -> None:
        self._has_failed = self._has_failed or outcome["is_error"]
        line.outcome = outcome
        line.is_done.set()

    async def _write_outcomes(self, receiver: MemoryObjectReceiveStream[_Line]) -> None:
        is_unicode = self._console.has_unicode_output
        async with receiver:
            async for line in receiver:
                await line.is_done.wait()
                text = json.dumps(line.outcome, ensure_ascii=not is_unicode) + "\n"
                line.outcome = {}
                # A slow reader must not hold up the answers of the Hub.
                write = partial(self._console.write_line, text)
                if not await anyio.to_thread.run_sync(write, abandon_on_cancel=True):
                    self._has_failed = True
                    self._reading.cancel()
                    return
                self._vacancies.release()


def _open_bytes(console: Console) -> ByteReader:
    """Return standard input as bytes: where it is not UTF-8, only the line that is not has an error."""
    if console.stdin is None:
        return io.BytesIO()
    buffer: ByteReader | None = getattr(console.stdin, "buffer", None)
    return io.BytesIO(console.stdin.read().encode("utf-8", "surrogatepass")) if buffer is None else buffer
