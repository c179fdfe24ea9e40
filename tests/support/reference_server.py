"""The reference for every server of this package: the MCP SDK's server alone, on streams in memory.

No transport, fast start or dispatcher of this package is involved. Lines that are no messages never reach the SDK;
`refuse_line` answers them as JSON-RPC requires, with the texts of this package.
"""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from dockerhub_mcp.bootstrap.hubs import (
    HubFactory,
    build_mutation_policy,
    build_registry,
    build_tool_context,
)
from dockerhub_mcp.bootstrap.validate import load_valid_settings, validate
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.config import Settings
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.server.instructions import build_instructions
from dockerhub_mcp.server.json_rpc import (
    HalfCharacterError,
    describe_invalid_message,
    is_request_id,
    parse_json,
)
from dockerhub_mcp.server.telemetry.observers import Observer, Observers

_WAIT = 30.0  # seconds for one answer; ample, for a busy machine

Message = dict[str, Any]


@dataclass(slots=True)
class Transcript:
    """The messages of a server.

    Attributes:
        messages: All of them, in order.
        counts: How many had been written when the server had finished with each line of the input; empty if the
            lines were sent without waiting.
    """

    messages: list[Message] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)


def parse_options(options: Sequence[str]) -> Settings:
    """Return the settings of a command line."""
    return load_valid_settings(vars(build_parser(options).parse_args(options)), {}, validate)


async def answer_by_sdk(
    lines: Sequence[bytes],
    options: Sequence[str],
    *,
    in_lockstep: bool = True,
    observer: Observer | None = None,
) -> Transcript:
    """Return what the SDK's server answers to the lines of a client.

    Args:
        lines: The lines, as a client over stdio sends them.
        options: The options of the command line, `--sandbox` among them.
        in_lockstep: Whether a line is sent only once the one before it is answered.
        observer: Observes each message.
    """
    settings = parse_options(options)
    hubs = HubFactory(settings, {})
    policy = build_mutation_policy(settings)
    observers = Observers()
    observers.registered += [observer] if observer else []
    async with hubs:
        hub, registry = hubs.create_hub(), build_registry(settings)
        server = build_server(
            RequestContext(registry, build_tool_context(settings, hub, policy, hubs.registry_for)),
            instructions=build_instructions(
                in_sandbox=settings.sandbox,
                names=settings.names,
                tools=registry.tool_names,
            ),
            in_sandbox=settings.sandbox,
            observers=observers,
            names=settings.names,
        )
        to_server, inbound = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        outbound, from_server = anyio.create_memory_object_stream[SessionMessage](0)
        client = _Client(to_server, from_server)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.receive)
            tasks.start_soon(client.send, lines, in_lockstep)
            await server.run(inbound, outbound, server.create_initialization_options())
        await hub.aclose()
    return client.transcript


class _Client:
    """Sends lines, and collects the messages of the server."""

    def __init__(
        self,
        to_server: MemoryObjectSendStream[SessionMessage | Exception],
        from_server: MemoryObjectReceiveStream[SessionMessage],
    ) -> None:
        self.transcript = Transcript()
        self._to_server, self._from_server = to_server, from_server
        self._pending: Counter[tuple[type, Any]] = Counter()
        self._changed = anyio.Event()

    async def send(self, lines: Sequence[bytes], in_lockstep: bool) -> None:
        async with self._to_server:
            for line in lines:
                if not line.strip():
                    pass
                elif isinstance(parsed := parse_line(line), dict):
                    self.transcript.messages.append(parsed)
                else:
                    if isinstance(parsed, types.JSONRPCRequest):
                        self._pending[type(parsed.id), parsed.id] += 1
                    await self._to_server.send(SessionMessage(parsed))
                    if in_lockstep:
                        await self._wait_for_answers()
                if in_lockstep:
                    self.transcript.counts.append(len(self.transcript.messages))
            await self._wait_for_answers()

    async def receive(self) -> None:
        async with self._from_server:
            async for message in self._from_server:
                content = message.message
                text = content.model_dump_json(by_alias=True, exclude_unset=True)
                self.transcript.messages.append(json.loads(text))
                if isinstance(content, types.JSONRPCResponse | types.JSONRPCError):
                    self._pending[type(content.id), content.id] -= 1
                    self._changed.set()

    async def _wait_for_answers(self) -> None:
        with anyio.fail_after(_WAIT):
            while any(count > 0 for count in self._pending.values()):
                self._changed = anyio.Event()
                await self._changed.wait()
            self._pending.clear()


def parse_line(line: bytes) -> types.JSONRPCMessage | Message:
    """Return the message in a line that is not blank, or the error that refuses the line."""
    try:
        message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        return refuse_line(line)
    if isinstance(message, types.JSONRPCNotification) and "id" in json.loads(line):
        return refuse_line(line)  # the SDK takes a request with an invalid id for a notification
    return message


def refuse_line(line: bytes) -> Message:
    """Return the error for a line that is no message."""
    try:
        data = parse_json(line)
    except HalfCharacterError as error:
        return _build_error(types.PARSE_ERROR, f"this line is no valid JSON: {error}", error.request_id)
    except (ValueError, RecursionError):
        has_mark = line.startswith(codecs.BOM_UTF8)
        reason = "it begins with a byte order mark" if has_mark else "messages are JSON in UTF-8"
        return _build_error(types.PARSE_ERROR, f"this line is not JSON: {reason}", None)
    request_id = data.get("id") if isinstance(data, dict) else None
    return _build_error(
        types.INVALID_REQUEST,
        describe_invalid_message(data),
        request_id if is_request_id(request_id) else None,
    )


def _build_error(code: int, text: str, request_id: str | int | None) -> Message:
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": text}}
