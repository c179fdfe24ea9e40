"""The state of the connection over stdio. Needs the standard library only.

It is known from the plain requests alone. An SDK session that starts later is brought to the same state.
"""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.server.json_rpc import parse_shallow_json
from dockerhub_mcp.server.plain.requests import (
    DISCOVER,
    INITIALIZE,
    LEGACY,
    MODERN,
    PlainRequest,
    has_envelope,
    parse_request,
)
from dockerhub_mcp.server.protocol import INITIALIZED, LATEST_LEGACY_VERSION, MODERN_VERSION

REPLAY_ID = "dockerhub-mcp/replay"
"""The id of a request that is sent to the SDK to bring its session to the state of the connection."""


class StdioSession:
    """The protocol generation and version of a connection, which its first request decides.

    Args:
        versions: The protocol versions that `initialize` may request.

    Attributes:
        generation: `LEGACY` or `MODERN`; empty before the first request.
        version: The protocol version of legacy requests; empty before the handshake.
    """

    def __init__(self, versions: list[str]) -> None:
        self.generation = self.version = ""
        self._versions = versions
        self._opening_params: dict[str, Any] = {}
        self._is_initialized = False

    @property
    def spoken_version(self) -> str:
        """The protocol version of the next message, as observers know it."""
        return MODERN_VERSION if self.generation == MODERN else self.version or LATEST_LEGACY_VERSION

    def parse_message(self, line: bytes) -> dict[str, Any] | None:
        """Return the message in a line; None for other texts, and for those that parsers read differently."""
        try:
            message = parse_shallow_json(line)
        except ValueError:
            return None
        return message if isinstance(message, dict) else None

    def parse_request(self, message: dict[str, Any]) -> PlainRequest | None:
        """Return a message as a plain request that fits the state of the connection; None for others."""
        request = parse_request(message, legacy_version=self.version, known_versions=self._versions)
        if request is None or (self.generation and request.generation != self.generation):
            return None
        return None if request.method == INITIALIZE and self.generation else request

    def record_request(self, request: PlainRequest) -> None:
        """Record a plain request that is answered; the first one decides the generation."""
        if self.generation:
            return
        self.generation = request.generation
        if request.generation == LEGACY:
            self.version, self._opening_params = request.version, request.params
        else:
            self._opening_params = {"_meta": request.params["_meta"]}

    def record_passed_message(self, message: dict[str, Any]) -> None:
        """Record a message that is passed to the SDK: the first request decides the generation there too."""
        if not self.generation and "id" in message and isinstance(message.get("method"), str):
            is_modern = message["method"] != INITIALIZE and has_envelope(message.get("params"))
            self.generation = MODERN if is_modern else LEGACY

    def record_initialized(self) -> None:
        """Record that the client has confirmed the handshake."""
        self._is_initialized = True

    def list_replayed_messages(self) -> list[dict[str, Any]]:
        """Return the messages that bring an SDK session to the state of the connection."""
        if not self._opening_params:
            return []
        method = INITIALIZE if self.generation == LEGACY else DISCOVER
        opening = {"jsonrpc": "2.0", "id": REPLAY_ID, "method": method, "params": self._opening_params}
        initialized = {"jsonrpc": "2.0", "method": INITIALIZED}
        return [opening, initialized] if self._is_initialized else [opening]
