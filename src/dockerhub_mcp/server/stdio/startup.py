"""Respond to the first requests over stdio while the server is loading. Needs the standard library only."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable, Sequence

from dockerhub_mcp.server.plain.prebuilt import PrebuiltResults
from dockerhub_mcp.server.plain.requests import PlainRequest, is_plain_notification
from dockerhub_mcp.server.plain.responses import build_result_response
from dockerhub_mcp.server.protocol import INITIALIZED
from dockerhub_mcp.server.stdio.session import StdioSession

THREAD_NAME = "startup"
"""The name of the thread that responds while the server is loading."""

_READ_SIZE = 65_536
_SWITCH_INTERVAL = 0.0005  # seconds after which the loading thread yields to the responding thread
_MAX_LINE_BYTES = 65_536  # no request with a prebuilt result is longer


class Startup:
    """What was read and answered while the server was loading.

    Attributes:
        session: The state of the connection.
        answered: The requests that were answered; observers do not know them yet.
        has_notification: Whether the client has confirmed the handshake, which observers do not know yet.
        remainder: The input behind these requests.
    """

    __slots__ = ("answered", "has_notification", "remainder", "session")

    def __init__(self, session: StdioSession) -> None:
        self.session = session
        self.answered: list[PlainRequest] = []
        self.has_notification = False
        self.remainder = b""


def respond_while_loading(
    prebuilt: PrebuiltResults, tools: Sequence[str], load_server: Callable[[], None]
) -> Startup:
    """Answer requests that have prebuilt results while the server is loading.

    Another thread responds, and this one loads: memory allocated in another thread would come from an arena
    of its own, which takes another MiB.

    Args:
        prebuilt: The prebuilt results.
        tools: The names of the enabled tools.
        load_server: Loads the server.
    """
    startup = Startup(StdioSession(prebuilt.versions))
    loaded_reader, loaded_writer = os.pipe()
    previous_interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    thread = threading.Thread(
        target=_respond_until_loaded,
        args=(loaded_reader, prebuilt, tools, startup),
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
    return startup


def _respond_until_loaded(
    loaded_fd: int, prebuilt: PrebuiltResults, tools: Sequence[str], startup: Startup
) -> None:
    """Read and answer until the server is loaded, or a message arrives that needs it."""
    while len(startup.remainder) <= _MAX_LINE_BYTES:
        ready, _, _ = select.select([0, loaded_fd], [], [])
        if loaded_fd in ready or not (chunk := os.read(0, _READ_SIZE)):
            return
        *lines, startup.remainder = (startup.remainder + chunk).split(b"\n")
        for position, line in enumerate(lines):
            if line.strip() and not _answer_line(line, prebuilt, tools, startup):
                startup.remainder = b"\n".join([*lines[position:], startup.remainder])
                return


def _answer_line(line: bytes, prebuilt: PrebuiltResults, tools: Sequence[str], startup: Startup) -> bool:
    """Answer the request in a line, and return whether that was possible."""
    session = startup.session
    message = session.parse_message(line)
    if message is None:
        return False
    if is_plain_notification(message) and message["method"] == INITIALIZED and session.version:
        session.record_initialized()
        startup.has_notification = True
        return True
    request = session.parse_request(message)
    result = None if request is None else prebuilt.build_result(request, tools)
    if request is None or result is None:
        return False
    session.record_request(request)
    startup.answered.append(request)
    return _write_line(build_result_response(result).to_json(request.id))


def _write_line(text: str) -> bool:
    """Write a line to standard output, and return whether that was possible."""
    try:
        rest = f"{text}\n".encode()
        while rest:
            rest = rest[os.write(1, rest) :]
    except OSError:
        return False
    return True
