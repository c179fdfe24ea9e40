"""Recognize plain requests. Needs the standard library only.

A request is plain if it has the form that the specification describes, with nothing unusual in it. Anything
else is left to the SDK, which knows what to refuse and how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dockerhub_mcp.server.json_rpc import is_request_id
from dockerhub_mcp.server.protocol import MODERN_VERSION, VERSION_KEY

LEGACY, MODERN = "legacy", "modern"
"""The protocol generations: with a handshake, up to 2025-11-25; and with an envelope in each request."""
INITIALIZE, DISCOVER, PING, CALL_TOOL = "initialize", "server/discover", "ping", "tools/call"
LIST_METHODS = frozenset({"tools/list", "prompts/list", "resources/list", "resources/templates/list"})

_PREFIX = "io.modelcontextprotocol/"
_CAPABILITIES_KEY = f"{_PREFIX}clientCapabilities"
_CLIENT_INFO_KEY = f"{_PREFIX}clientInfo"
_ENVELOPE_KEYS = {VERSION_KEY, _CAPABILITIES_KEY, _CLIENT_INFO_KEY}
_CLIENT_TEXTS = {"name", "version", "title", "description", "websiteUrl"}
_CALL_KEYS = {"name", "arguments", "_meta"}
_MAX_ID = 2**53


class PlainRequest(NamedTuple):
    """A plain request.

    Attributes:
        id: The JSON-RPC id.
        method: The MCP method.
        params: The parameters.
        generation: `LEGACY` or `MODERN`.
        version: The protocol version; the one that is requested where the method is `initialize`.
        progress_token: The token for progress notifications; None if the client wants none.
    """

    id: str | int
    method: str
    params: dict[str, Any]
    generation: str
    version: str
    progress_token: str | int | None = None


def parse_request(message: Any, *, legacy_version: str, known_versions: list[str]) -> PlainRequest | None:
    """Return a message as a plain request; None for other messages.

    Args:
        message: The message, as JSON data.
        legacy_version: The version of requests without an envelope; empty where the handshake is missing.
        known_versions: The versions that `initialize` may request.
    """
    if not isinstance(message, dict) or not {"jsonrpc", "id", "method"} <= message.keys():
        return None
    request_id, method, params = message["id"], message["method"], message.get("params", {})
    if len(message) != 3 + ("params" in message) or message["jsonrpc"] != "2.0":
        return None
    if not is_plain_id(request_id) or not isinstance(method, str) or not isinstance(params, dict):
        return None
    if method == INITIALIZE:
        if not _is_plain_initialize(params, known_versions):
            return None
        return PlainRequest(request_id, method, params, LEGACY, params["protocolVersion"])
    meta = params.get("_meta", {})
    if not isinstance(meta, dict):
        return None
    token = meta.get("progressToken")
    if "progressToken" in meta and not is_plain_id(token):
        return None
    if has_envelope(params):
        generation, version = MODERN, MODERN_VERSION
        is_plain = _is_plain_envelope(meta) and method != PING
    else:
        generation, version = LEGACY, legacy_version
        is_plain = bool(version) and method != DISCOVER and not any(key.startswith(_PREFIX) for key in meta)
    if not is_plain or not _are_plain_params(method, params):
        return None
    return PlainRequest(request_id, method, params, generation, version, token)


def has_envelope(params: Any) -> bool:
    """Return whether parameters have the envelope that decides for the modern generation, as the SDK does."""
    meta = params.get("_meta") if isinstance(params, dict) else None
    return isinstance(meta, dict) and VERSION_KEY in meta


def is_plain_notification(message: dict[str, Any]) -> bool:
    """Return whether a message is a notification in the usual form."""
    return (
        "id" not in message
        and message.keys() <= {"jsonrpc", "method", "params"}
        and message.get("jsonrpc") == "2.0"
        and isinstance(message.get("method"), str)
        and isinstance(message.get("params", {}), dict)
    )


def get_client_capabilities(request: PlainRequest) -> dict[str, Any]:
    """Return the capabilities that a client declares in its first request."""
    if request.generation == LEGACY:
        return dict(request.params["capabilities"])
    return dict(request.params["_meta"][_CAPABILITIES_KEY])


def is_plain_id(value: Any) -> bool:
    """Return whether a value is an id or a progress token that every JSON parser reads alike."""
    return is_request_id(value) and (isinstance(value, str) or abs(value) < _MAX_ID)


def _are_plain_params(method: str, params: Mapping[str, Any]) -> bool:
    if method == CALL_TOOL:
        return (
            params.keys() <= _CALL_KEYS
            and isinstance(params.get("name"), str)
            and isinstance(params.get("arguments", {}), dict)
        )
    return (method in LIST_METHODS or method in {PING, DISCOVER}) and params.keys() <= {"_meta"}


def _is_plain_initialize(params: Mapping[str, Any], known_versions: list[str]) -> bool:
    return (
        params.keys() == {"protocolVersion", "capabilities", "clientInfo"}
        and params["protocolVersion"] in known_versions
        and _is_plain_client(params["clientInfo"])
        and _are_plain_capabilities(params["capabilities"])
    )


def _is_plain_envelope(meta: Mapping[str, Any]) -> bool:
    return (
        meta.get(VERSION_KEY) == MODERN_VERSION
        and _CAPABILITIES_KEY in meta
        and _are_plain_capabilities(meta[_CAPABILITIES_KEY])
        and (_CLIENT_INFO_KEY not in meta or _is_plain_client(meta[_CLIENT_INFO_KEY]))
        and all(key in _ENVELOPE_KEYS or not key.startswith(_PREFIX) for key in meta)
    )


def _is_plain_client(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {"name", "version"} <= value.keys() <= {"icons", *_CLIENT_TEXTS}
        and all(isinstance(value[name], str) for name in _CLIENT_TEXTS & value.keys())
        and _is_list_of(value.get("icons", []), _is_plain_icon)
    )


def _is_plain_icon(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {"src"} <= value.keys() <= {"src", "mimeType", "sizes", "theme"}
        and all(isinstance(value.get(name, ""), str) for name in ("src", "mimeType"))
        and value.get("theme", "light") in ("light", "dark")
        and _is_list_of(value.get("sizes", []), lambda size: isinstance(size, str))
    )


def _is_list_of(value: Any, is_item: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(is_item, value))


def _are_plain_capabilities(value: Any) -> bool:
    """Return whether the capabilities have the usual forms; the SDK validates all others."""
    return isinstance(value, dict) and all(
        isinstance(inner, dict) and name in _CAPABILITY_CHECKS and _CAPABILITY_CHECKS[name](inner)
        for name, inner in value.items()
    )


def _are_plain_roots(capability: dict[str, Any]) -> bool:
    return not capability or (
        capability.keys() == {"listChanged"} and isinstance(capability["listChanged"], bool)
    )


def _has_form(value: Any, form: Mapping[str, Any]) -> bool:
    """Return whether a value is an object of objects, of which `form` has all names; empty, it allows any."""
    return isinstance(value, dict) and (
        not form
        or (value.keys() <= form.keys() and all(_has_form(each, form[name]) for name, each in value.items()))
    )


def _are_objects(capability: dict[str, Any]) -> bool:
    return all(isinstance(each, dict) for each in capability.values())


_TASKS_FORM: Mapping[str, Any] = {
    "list": {},
    "cancel": {},
    "requests": {"sampling": {"createMessage": {}}, "elicitation": {"create": {}}},
}
_CAPABILITY_CHECKS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "roots": _are_plain_roots,
    "sampling": lambda capability: _has_form(capability, {"context": {}, "tools": {}}),
    "elicitation": lambda capability: _has_form(capability, {"form": {}, "url": {}}),
    "tasks": lambda capability: _has_form(capability, _TASKS_FORM),
    "experimental": _are_objects,
    "extensions": _are_objects,
}
