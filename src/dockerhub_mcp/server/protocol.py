"""Versions, notifications and error codes of MCP, for what is served before the SDK is loaded.

A test compares them with the SDK's.
"""

from __future__ import annotations

HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
"""The protocol versions of clients that begin with `initialize`, and may keep a session."""
MODERN_VERSION, LATEST_LEGACY_VERSION = "2026-07-28", HANDSHAKE_VERSIONS[-1]
"""The version of clients that describe themselves in each request, and the last of those with a handshake."""
KNOWN_VERSIONS = (*HANDSHAKE_VERSIONS, MODERN_VERSION)
DEFAULT_VERSION = "2025-03-26"
"""The version of requests that name none."""

INITIALIZED, CANCELLED = "notifications/initialized", "notifications/cancelled"

PARSE_ERROR, INVALID_REQUEST = -32700, -32600
METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32601, -32602, -32603
HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION = -32020, -32021, -32022

STATUS_BY_ERROR_CODE = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    METHOD_NOT_FOUND: 404,
    HEADER_MISMATCH: 400,
    MISSING_CAPABILITY: 400,
    UNSUPPORTED_VERSION: 400,
}
"""The HTTP status of a JSON response with an error, for protocol 2026-07-28; 200 for all other codes."""

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
"""The key in `_meta` under which a request names its protocol version."""
