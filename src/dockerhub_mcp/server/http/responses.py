"""Answers that the HTTP side gives by itself: refusals, and the state of health."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from starlette.types import Send


class HTTPRejection(Exception):
    """A request that is not let through.

    Attributes:
        status: The HTTP status.
        message: What the client is told; it names what is wrong and what would help, and no secret.
        headers: Further headers.
        code: The JSON-RPC error code.
    """

    def __init__(
        self, status: int, message: str, headers: Mapping[str, str] | None = None, *, code: int = 0
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        own_fault = status >= 500  # noqa: PLR2004
        self.code = code or (types.INTERNAL_ERROR if own_fault else types.INVALID_REQUEST)

    async def send_response(self, send: Send) -> None:
        """Send it, as a JSON-RPC error without an id, which is what MCP clients read."""
        body = {"jsonrpc": "2.0", "id": None, "error": {"code": self.code, "message": self.message}}
        await send_json(send, self.status, body, self.headers)


async def send_json(send: Send, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
    """Send a small JSON document."""
    content = json.dumps(body).encode()
    sent = {
        "content-type": "application/json",
        "content-length": str(len(content)),
        "cache-control": "no-store",
        **(headers or {}),
    }
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in sent.items()],
        }
    )
    await send({"type": "http.response.body", "body": content})
