"""The fast start over stdio: prebuilt responses to the first requests, while the server is still loading.

A host starts its servers with every conversation and waits for their tools. Loading the SDK takes ten times
as long as everything else, but the first requests of a host have responses that never change.
`fast_start.json` contains them exactly as the SDK writes them, and answering them needs the standard library
only.

Any other request ends the fast start: it and all that follow wait for the SDK. The SDK then receives all
messages from the beginning, to know the state of the session, but its responses to requests that were
already answered are dropped.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import Settings
from dockerhub_mcp.server.instructions import build_instructions
from dockerhub_mcp.server.json_rpc import is_request_id, parse_shallow_json
from dockerhub_mcp.server.stop_signals import exit_at_once, list_stop_signals
from dockerhub_mcp.skills import declares_skills
from dockerhub_mcp.tools.access import Access, ToolFilter
from dockerhub_mcp.tools.catalog.index import load_tool_infos

SNAPSHOT_PATH = Path(__file__).with_name("fast_start.json")
MODERN_VERSION = "2026-07-28"
THREAD_NAME = "fast-start"
"""The name of the thread that responds while the server is loading."""

_META_PREFIX = "io.modelcontextprotocol/"
_READ_SIZE = 65_536
_SWITCH_INTERVAL = 0.0005  # seconds after which the loading thread yields to the responding thread
_MAX_LINE_BYTES = 65_536  # no request with a prebuilt response is longer


@dataclass(slots=True)
class StartupInput:
    """The input that was read before the server was loaded.

    Attributes:
        lines: The lines that were handled; the SDK must still receive them.
        answered_ids: The ids of the requests among them that were answered.
        remainder: Input behind these lines.
    """

    lines: list[bytes] = field(default_factory=list)
    answered_ids: set[str | int] = field(default_factory=set)
    remainder: bytes = b""


class PrebuiltResponses:
    """The prebuilt responses to plain requests, as text.

    Args:
        snapshot: The content of `fast_start.json`.
        tools: The names of the enabled tools, in order.
        with_data: Whether tools have output schemas.
        instructions: The server's instructions for the model.
    """

    def __init__(
        self, snapshot: dict[str, Any], tools: list[str], *, with_data: bool, instructions: str
    ) -> None:
        # Keep only what these settings need; the memory of the rest is reused for loading.
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
        self._era = ""  # the protocol generation of the client, decided by its first request

    def build_response(self, line: bytes) -> tuple[str | int, str] | None:
        """Return the id and the response of a plain request, both empty for a notification.

        Returns None for messages without a prebuilt response.
        """
        try:
            message = parse_shallow_json(line)
        except ValueError:
            return None
        if not isinstance(message, dict) or message.pop("jsonrpc", None) != "2.0":
            return None
        method, params = message.pop("method", None), message.pop("params", {})
        if message == {}:
            is_expected = method == "notifications/initialized" and params == {} and self._era == "legacy"
            return ("", "") if is_expected else None
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
        id_text = json.dumps(request_id, ensure_ascii=False)
        return request_id, f'{{"jsonrpc":"2.0","id":{id_text},"result":{result}}}'

    def _build_legacy_result(self, method: Any, params: dict[str, Any]) -> str | None:
        if method == "initialize":
            if self._era or not _is_plain_initialize(params, self._versions):
                return None
            self._era = "legacy"
            return self._render_handshake(method, params["protocolVersion"], params["capabilities"])
        if self._era != "legacy" or params:
            return None
        return "{}" if method == "ping" else self._find_list_result("legacy", method)

    def _build_modern_result(self, method: Any, params: dict[str, Any]) -> str | None:
        if self._era == "legacy" or not _is_plain_envelope(params):
            return None
        if method == "server/discover":
            capabilities = params["_meta"][f"{_META_PREFIX}clientCapabilities"]
            result: str | None = self._render_handshake(method, MODERN_VERSION, capabilities)
        else:
            result = self._find_list_result("modern", method)
        if result is not None:
            self._era = "modern"
        return result

    def _find_list_result(self, era: str, method: Any) -> str | None:
        return self._lists[era].get(method) if isinstance(method, str) else None

    def _render_handshake(self, method: str, version: str, capabilities: dict[str, Any]) -> str:
        """Insert the instructions, the protocol version, and the skills for clients that declare them."""
        capability, skills, rest, between, end = self._handshake_templates[method]
        begin = f"{capability}{skills if declares_skills(capabilities) else ''}{rest}"
        return f"{begin}{self._instructions}{between}{json.dumps(version)}{end}"


def _render_list(snapshot: list[Any], method: str, enabled_tools: list[str], *, with_data: bool) -> str:
    """Return the result of a list request: the enabled tools, or the entries that need one of them."""
    before, entries, after = snapshot
    if method == "tools/list":
        tools = [entries[name] for name in enabled_tools]
        items = [head + (output if with_data else "") + tail for head, output, tail in tools]
    else:
        items = [text for needs, text in entries if not needs or set(needs).intersection(enabled_tools)]
    return f"{before}{','.join(items)}{after}"


def _is_plain_id(value: Any) -> bool:
    return is_request_id(value) and (isinstance(value, str) or abs(value) < 2**53)


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
    """Return whether the capabilities have the usual forms; the SDK validates all others."""
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
    """Answer plain requests while the server is loading, and return the input once it is loaded.

    Another thread responds, and this one loads: memory allocated in another thread would come from an arena
    of its own, which takes another MiB.

    Args:
        responses: The prebuilt responses.
        load_server: Loads the server.
    """
    startup_input = StartupInput()
    loaded_reader, loaded_writer = os.pipe()
    previous_handlers = {number: signal.signal(number, exit_at_once) for number in list_stop_signals()}
    previous_interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    thread = threading.Thread(
        target=_respond_until_loaded,
        args=(loaded_reader, responses, startup_input),
        name=THREAD_NAME,
        daemon=True,
    )
    thread.start()
    try:
        load_server()
    finally:
        os.close(loaded_writer)
        thread.join()
        os.close(loaded_reader)
        sys.setswitchinterval(previous_interval)
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)
    return startup_input


def _respond_until_loaded(loaded_fd: int, responses: PrebuiltResponses, startup_input: StartupInput) -> None:
    """Read and answer until the server is loaded, or a message without a prebuilt response arrives."""
    while True:
        ready, _, _ = select.select([0, loaded_fd], [], [])
        if loaded_fd in ready or not (chunk := os.read(0, _READ_SIZE)):
            return
        *lines, startup_input.remainder = (startup_input.remainder + chunk).split(b"\n")
        for position, line in enumerate(lines):
            response = responses.build_response(line) if line.strip() else ("", "")
            is_new = response is not None and response[0] not in startup_input.answered_ids
            if response is None or not is_new or not _write_line(response[1]):
                startup_input.remainder = b"\n".join([*lines[position:], startup_input.remainder])
                return
            startup_input.lines.append(line)
            if response[1]:
                startup_input.answered_ids.add(response[0])
        if len(startup_input.remainder) > _MAX_LINE_BYTES:
            return


def _write_line(text: str) -> bool:
    """Write a line to standard output, and return whether that was possible."""
    try:
        rest = f"{text}\n".encode() if text else b""
        while rest:
            rest = rest[os.write(1, rest) :]
    except OSError:
        return False
    return True


def load_prebuilt_responses(settings: Settings) -> PrebuiltResponses | None:
    """Return the prebuilt responses for valid settings; None without them, as for `--names`."""
    if sys.platform == "win32" or settings.names:
        return None
    try:
        snapshot = _read_snapshot()
    except (OSError, ValueError):
        return None
    tool_filter = ToolFilter(
        Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools
    )
    names = [tool.name for tool in load_tool_infos() if not tool_filter.disabled_reason(tool)]
    return PrebuiltResponses(
        snapshot,
        names,
        with_data=settings.results == "both",
        instructions=build_instructions(in_sandbox=settings.sandbox, tools=names),
    )


def _read_snapshot() -> dict[str, Any]:
    snapshot: dict[str, Any] = json.loads(SNAPSHOT_PATH.read_text("utf-8"))
    return snapshot
