"""Build the responses that the HTTP layer sends itself: rejections and small JSON documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.types import Scope, Send

from dockerhub_mcp.server.protocol import INTERNAL_ERROR, INVALID_REQUEST


class HTTPRejection(Exception):
    """A request that is rejected before it reaches the MCP server.

    Attributes:
        status: The HTTP status.
        message: The explanation for the client: the cause and the remedy, never a secret.
        headers: Additional response headers.
        code: The JSON-RPC error code; by default the one that fits the status.
        data: Details for programs, if any.
        request_id: The id of the JSON-RPC request, where it is known.
        log_fields: Fields of the log line besides status, method, path, address and reason.
    """

    def __init__(
        self,
        status: int,
        message: str,
        headers: Mapping[str, str] | None = None,
        *,
        code: int = 0,
        data: Any = None,
        request_id: str | int | None = None,
        log_fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        self.data, self.request_id = data, request_id
        self.log_fields = log_fields or {}
        is_server_error = status >= 500  # noqa: PLR2004
        self.code = code or (INTERNAL_ERROR if is_server_error else INVALID_REQUEST)

    async def send_response(self, send: Send) -> None:
        """Send the rejection as a JSON-RPC error, which MCP clients can read."""
        error = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        body = {"jsonrpc": "2.0", "id": self.request_id, "error": error}
        await send_json(send, self.status, body, self.headers)


def require_get(scope: Scope) -> None:
    """Accept GET and HEAD only.

    Raises:
        HTTPRejection: 405 for another method.
    """
    if scope["method"] not in {"GET", "HEAD"}:
        raise HTTPRejection(405, "Only GET.", {"allow": "GET, HEAD"})


async def send_json(send: Send, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
    """Send a JSON document that must not be cached."""
    content = json.dumps(body).encode()
    response_headers = {
        "content-type": "application/json",
        "content-length": str(len(content)),
        "cache-control": "no-store",
        **(headers or {}),
    }
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (name.encode(), value.encode("latin-1", "replace"))
                for name, value in response_headers.items()
            ],
        }
    )
    await send({"type": "http.response.body", "body": content})
