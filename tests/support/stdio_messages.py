"""JSON-RPC messages of a host over stdio."""

from __future__ import annotations

from typing import Any

INFO = {"name": "tester", "version": "1.0"}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def build_request(request_id: Any, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method} | ({"params": params} if params else {})


def build_initialize(version: str = "2025-11-25", **more: Any) -> dict[str, Any]:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": INFO} | more
    return build_request(0, "initialize", **params)


def build_modern_request(
    request_id: Any, method: str, meta: dict[str, Any] | None = None, **params: Any
) -> dict[str, Any]:
    return build_request(request_id, method, **params, _meta=META | (meta or {}))
