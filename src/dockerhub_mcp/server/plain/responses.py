"""The JSON texts of responses to plain requests, equal to those of the SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from dockerhub_mcp.server.plain.requests import MODERN, PlainRequest
from dockerhub_mcp.server.protocol import INTERNAL_ERROR
from dockerhub_mcp.tools.meta_keys import UNTRUSTED_META_KEY

if TYPE_CHECKING:  # loads pydantic, and the first responses must not wait for it
    from dockerhub_mcp.tools.results.tool_result import ToolResult

SERVER_INFO_KEY = "io.modelcontextprotocol/serverInfo"

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class PlainResponse(NamedTuple):
    """The response to a plain request.

    Attributes:
        text: The member `result` or `error` of the response, with its name, as JSON text.
        outcome: What observers record, one of `OUTCOMES` of the observers.
        error_code: The JSON-RPC error code; 0 without an error.
    """

    text: str
    outcome: str = "ok"
    error_code: int = 0

    def to_json(self, request_id: str | int) -> str:
        """Return the JSON text of the response to the request with an id."""
        return f'{{"jsonrpc":"2.0","id":{_encode(request_id)},{self.text}}}'


def build_result_response(result: str) -> PlainResponse:
    """Return the response with a prebuilt result."""
    return PlainResponse(f'"result":{result}')


def build_call_response(request: PlainRequest, result: ToolResult, server_info: str) -> PlainResponse:
    """Return the response to a call of a tool.

    Args:
        request: The request.
        result: What the tool returned.
        server_info: The information on this server for modern results, as JSON text.
    """
    meta = [f'"{UNTRUSTED_META_KEY}":{_encode(result.untrusted_fields)}'] if result.untrusted_fields else []
    members = [
        f'"content":[{{"type":"text","text":{_encode(result.text)}}}]',
        f'"isError":{"true" if result.is_error else "false"}',
    ]
    if result.structured_content is not None:
        members.append(f'"structuredContent":{_encode(result.structured_content)}')
    if request.generation == MODERN:
        members.append('"resultType":"complete"')
        meta.append(f'"{SERVER_INFO_KEY}":{server_info}')
    if meta:
        members.append(f'"_meta":{{{",".join(meta)}}}')
    return PlainResponse(f'"result":{{{",".join(members)}}}', "error" if result.is_error else "ok")


def build_error_response(code: int, message: str) -> PlainResponse:
    """Return the response with a JSON-RPC error."""
    outcome = "fault" if code == INTERNAL_ERROR else "refused"
    return PlainResponse(f'"error":{{"code":{code},"message":{_encode(message)}}}', outcome, code)


def build_internal_error(request_id: str) -> PlainResponse:
    """Return the response after an unexpected exception; its text stays in the log.

    Args:
        request_id: The id of the request in the log of this server.
    """
    message = f"Internal error; the server's log has details under {request_id}."
    return build_error_response(INTERNAL_ERROR, message)


def build_progress_notification(token: str | int, done: float, total: float | None, message: str) -> str:
    """Return the JSON text of a progress notification."""
    params: dict[str, Any] = {"progressToken": token, "progress": done}
    if total is not None:
        params["total"] = total
    params["message"] = message
    return _encode({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
