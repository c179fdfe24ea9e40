"""The first answers over stdio, given while everything else is still being loaded.

A host starts its servers with every conversation and waits for their tools. Loading the SDK takes ten times
as long as all else; but what a host asks first has answers that never change, and these are kept in
`fast_start.json` exactly as the SDK writes them. They need the standard library alone. Whatever is not one of
these plain requests ends this: it and all that follows waits for the SDK, which then hears everything from
the beginning, so that it knows what a client was told; what was answered already is not answered twice.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import Settings
from dockerhub_mcp.server.instructions import build_instructions
from dockerhub_mcp.tools.access import Access, ToolFilter, ToolInfo

SNAPSHOT_PATH = Path(__file__).with_name("fast_start.json")
MODERN_VERSION = "2026-07-28"

_META_PREFIX = "io.modelcontextprotocol/"
_READ_SIZE = 65_536
_SWITCH_INTERVAL = 0.0005  # seconds that loading may keep the interpreter from whoever answers
_MAX_LINE_BYTES = 65_536  # bytes of a line; what is longer is none of the plain requests


@dataclass(slots=True)
class StartupInput:
    """What came in before the server was there.

    Attributes:
        lines: The lines that are dealt with; the SDK still has to hear them.
        answered_ids: The ids of the requests among them, whose answers the client has.
        remainder: What else was read.
    """

    lines: list[bytes] = field(default_factory=list)
    answered_ids: set[str | int] = field(default_factory=set)
    remainder: bytes = b""


class PrebuiltResponses:
    """The answers to plain requests, as text.

    Args:
        snapshot: The content of `fast_start.json`.
        tools: The names of the tools that are on, in order.
        with_data: Whether tools have output schemas.
        instructions: What a host tells its model.
    """

    def __init__(
        self, snapshot: dict[str, Any], tools: list[str], *, with_data: bool, instructions: str
    ) -> None:
        # Only what can be asked for under these settings: what is let go now makes room for what is loaded.
        self._handshake_templates = {
            "initialize": snapshot["legacy"]["initialize"],
            "server/discover": snapshot["modern"]["discover"],
        }
        self._versions: list[str] = snapshot["legacy"]["versions"]
        self._lists = {
            era: {
                method: _render_list(entries, method, tools, with_data=with_data)
                for method, entries in snapshot[era]["lists"].items()
            }
            for era in ("legacy", "modern")
        }
        self._instructions = json.dumps(instructions, ensure_ascii=False)
        self._era = ""  # which generation the client speaks; its first request decides

    def build_response(self, line: bytes) -> tuple[str | int, str] | None:
        """Return the id and the answer of a plain request; an empty text where a notification wants none.

        None means that somebody else has to look at it.
        """
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(message, dict) or message.pop("jsonrpc", None) != "2.0":
            return None
        method, params = message.pop("method", None), message.pop("params", {})
        if message == {}:
            known = method == "notifications/initialized" and params == {} and self._era == "legacy"
            return ("", "") if known else None
        request_id = message.pop("id", None)
        if message or not _is_plain_id(request_id) or not isinstance(params, dict):
            return None
        result = (
            self._build_modern_result(method, params)
            if "_meta" in params
            else self._build_legacy_result(method, params)
        )
        if result is None:
            return None
        said_id = json.dumps(request_id, ensure_ascii=False)
        return request_id, f'{{"jsonrpc":"2.0","id":{said_id},"result":{result}}}'

    def _build_legacy_result(self, method: Any, params: dict[str, Any]) -> str | None:
        if method == "initialize":
            if self._era or not _is_plain_initialize(params, self._versions):
                return None
            self._era = "legacy"
            return self._render_handshake(method, params["protocolVersion"])
        if self._era != "legacy" or params:
            return None
        return "{}" if method == "ping" else self._find_list_result("legacy", method)

    def _build_modern_result(self, method: Any, params: dict[str, Any]) -> str | None:
        if self._era == "legacy" or not _is_plain_envelope(params):
            return None
        is_greeting = method == "server/discover"
        result = (
            self._render_handshake(method, MODERN_VERSION)
            if is_greeting
            else self._find_list_result("modern", method)
        )
        if result is not None:
            self._era = "modern"
        return result

    def _find_list_result(self, era: str, method: Any) -> str | None:
        return self._lists[era].get(method) if isinstance(method, str) else None

    def _render_handshake(self, method: str, version: str) -> str:
        """Put the instructions and the protocol version into their places."""
        first, second, third = self._handshake_templates[method]
        return f"{first}{self._instructions}{second}{json.dumps(version)}{third}"


def _render_list(snapshot: list[Any], method: str, enabled_tools: list[str], *, with_data: bool) -> str:
    """Return the text of a list: the tools that are on, or what needs one of them."""
    before, entries, after = snapshot
    if method == "tools/list":
        tools = [entries[name] for name in enabled_tools]
        said = [head + (output if with_data else "") + tail for head, output, tail in tools]
    else:
        said = [text for needs, text in entries if not needs or set(needs).intersection(enabled_tools)]
    return f"{before}{','.join(said)}{after}"


def _is_plain_id(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, str) or (isinstance(value, int) and abs(value) < 2**53)


def _is_plain_initialize(params: dict[str, Any], versions: list[str]) -> bool:
    return (
        params.keys() == {"protocolVersion", "capabilities", "clientInfo"}
        and params["protocolVersion"] in versions
        and _is_plain_client(params["clientInfo"])
        and _are_plain_capabilities(params["capabilities"])
    )


def _is_plain_envelope(params: dict[str, Any]) -> bool:
    meta = params["_meta"]
    if params.keys() != {"_meta"} or not isinstance(meta, dict):
        return False
    wanted = {f"{_META_PREFIX}protocolVersion", f"{_META_PREFIX}clientCapabilities"}
    return (
        wanted <= meta.keys() <= wanted | {f"{_META_PREFIX}clientInfo"}
        and meta[f"{_META_PREFIX}protocolVersion"] == MODERN_VERSION
        and _are_plain_capabilities(meta[f"{_META_PREFIX}clientCapabilities"])
        and (f"{_META_PREFIX}clientInfo" not in meta or _is_plain_client(meta[f"{_META_PREFIX}clientInfo"]))
    )


def _is_plain_client(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {"name", "version"} <= value.keys() <= {"name", "version", "title"}
        and all(isinstance(text, str) for text in value.values())
    )


def _are_plain_capabilities(value: Any) -> bool:
    """Tell whether these are capabilities in the forms that clients send; others are for the SDK to judge."""
    if not isinstance(value, dict):
        return False
    known: dict[str, Callable[[dict[str, Any]], bool]] = {
        "roots": lambda inner: (
            not inner or (inner.keys() == {"listChanged"} and _is_bool(inner["listChanged"]))
        ),
        "sampling": lambda inner: _are_empty_objects(inner, {"context", "tools"}),
        "elicitation": lambda inner: _are_empty_objects(inner, {"form", "url"}),
        "experimental": lambda inner: all(isinstance(each, dict) for each in inner.values()),
        "extensions": lambda inner: all(isinstance(each, dict) for each in inner.values()),
    }
    return all(
        name in known and isinstance(inner, dict) and known[name](inner) for name, inner in value.items()
    )


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _are_empty_objects(capability: dict[str, Any], names: set[str]) -> bool:
    return capability.keys() <= names and all(
        each == {} and isinstance(each, dict) for each in capability.values()
    )


def respond_while_loading(responses: PrebuiltResponses, load_server: Callable[[], None]) -> StartupInput:
    """Answer plain requests while the rest is loaded; return what was heard, once it is.

    The answers come from a thread: what a thread loads, the allocator keeps apart, which takes another MiB.

    Args:
        responses: What can be answered.
        load_server: Loads the rest.
    """
    heard = StartupInput()
    woken, wake = os.pipe()
    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: os._exit(0)),
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: os._exit(130)),
    }
    slice_of_time = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    thread = threading.Thread(
        target=_respond_until_loaded, args=(woken, responses, heard), name="early", daemon=True
    )
    thread.start()
    try:
        load_server()
    finally:
        os.close(wake)
        thread.join()
        os.close(woken)
        sys.setswitchinterval(slice_of_time)
        for number, handler in before.items():
            signal.signal(number, handler)
    return heard


def _respond_until_loaded(loaded_fd: int, responses: PrebuiltResponses, startup_input: StartupInput) -> None:
    """Read and answer until a descriptor shows that the rest is loaded, or what comes is not plain."""
    while True:
        ready, _, _ = select.select([0, loaded_fd], [], [])
        if loaded_fd in ready or not (chunk := os.read(0, _READ_SIZE)):
            return
        *lines, startup_input.remainder = (startup_input.remainder + chunk).split(b"\n")
        for position, line in enumerate(lines):
            found = responses.build_response(line) if line.strip() else ("", "")
            is_new = found is not None and found[0] not in startup_input.answered_ids
            if found is None or not is_new or not _write_line(found[1]):
                startup_input.remainder = b"\n".join([*lines[position:], startup_input.remainder])
                return
            startup_input.lines.append(line)
            if found[1]:
                startup_input.answered_ids.add(found[0])
        if len(startup_input.remainder) > _MAX_LINE_BYTES:
            return


def _write_line(text: str) -> bool:
    """Write a line; tell whether anybody reads it."""
    try:
        rest = f"{text}\n".encode() if text else b""
        while rest:
            rest = rest[os.write(1, rest) :]
    except (OSError, UnicodeEncodeError):  # an id may hold half a character, which the SDK refuses
        return False
    return True


def load_tool_infos() -> list[ToolInfo]:
    """Return what decides whether each tool is enabled, without loading the tools themselves."""
    return _parse_tool_infos(_read_snapshot())


def load_prebuilt_responses(settings: Settings) -> PrebuiltResponses | None:
    """Return the responses that need no SDK, for settings that are valid; None where there are none."""
    if sys.platform == "win32":
        return None
    try:
        snapshot = _read_snapshot()
    except (OSError, ValueError):
        return None
    tool_filter = ToolFilter(
        Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools
    )
    return PrebuiltResponses(
        snapshot,
        [tool.name for tool in _parse_tool_infos(snapshot) if not tool_filter.disabled_reason(tool)],
        with_data=settings.results == "both",
        instructions=build_instructions(in_sandbox=settings.sandbox),
    )


def _read_snapshot() -> dict[str, Any]:
    snapshot: dict[str, Any] = json.loads(SNAPSHOT_PATH.read_text("utf-8"))
    return snapshot


def _parse_tool_infos(snapshot: Mapping[str, Any]) -> list[ToolInfo]:
    return [
        ToolInfo(name, Access(access), area, default) for name, access, area, default in snapshot["facts"]
    ]
