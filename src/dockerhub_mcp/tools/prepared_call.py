"""A call with a tool that exists and with valid arguments, before anything is sent.

Agents repeat calls, and the arguments of one that was valid before are validated again only where its result
is no longer cached.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from dockerhub_mcp.hub.api.enums import Effect
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.tool import Tool, ToolCall

_MAX_VALID_CALLS = 256
_MAX_TEXT_CHARS = 500
_MAX_NUMBER = 2**63
_PLAIN_TYPES = frozenset({str, bool, type(None)})


class _ValidCall(NamedTuple):
    """What is kept of a valid call.

    Attributes:
        runner: The tool that carries out the call.
        cache_key: The key of its arguments.
    """

    runner: Tool
    cache_key: str


_valid_calls: OrderedDict[tuple[Tool, str], _ValidCall] = OrderedDict()
"""The last valid calls of tools with cached results, by the arguments as the client sent them."""


class PreparedCall:
    """A call with valid arguments.

    Args:
        registry: The tools of the request.
        tool: The tool that was called; another may carry out the call.
        arguments: The arguments as the client sent them.

    Attributes:
        runner: The tool that carries out the call.
        is_cached_read: Whether the result may come from the cache.

    Raises:
        ArgumentsError: An argument is unknown, missing or invalid.
    """

    __slots__ = ("_arguments", "_cache_key", "_call", "is_cached_read", "registry", "runner", "tool")

    def __init__(self, registry: Registry, tool: Tool, arguments: Mapping[str, Any]) -> None:
        self.registry, self.tool, self._arguments = registry, tool, arguments
        key = tool, _write_arguments(arguments)
        self._call: ToolCall | None = None
        if key[1] and (known := _valid_calls.get(key)):
            self.runner, self._cache_key = known
            self.is_cached_read = True
            return
        self._call = call = tool.parse(arguments)
        self.runner, self._cache_key = call.tool or tool, ""
        self.is_cached_read = self.runner.effect is Effect.READ and self.runner.is_cached
        if key[1] and self.is_cached_read and not tool.secret_arguments:
            self._cache_key = call.cache_key
            _valid_calls[key] = _ValidCall(self.runner, self._cache_key)
            if len(_valid_calls) > _MAX_VALID_CALLS:
                _valid_calls.popitem(last=False)

    @property
    def call(self) -> ToolCall:
        """The validated arguments."""
        if self._call is None:
            self._call = self.tool.parse(self._arguments)
        return self._call

    @property
    def cache_key(self) -> str:
        """A text that is equal for equal calls of `runner`."""
        return self._cache_key or self.call.cache_key


def _write_arguments(arguments: Mapping[str, Any]) -> str:
    """Return arguments as a text that differs for different ones; empty where they are long or nested."""
    for value in arguments.values():
        parts = value if type(value) is list else (value,)
        if not all(type(part) in _PLAIN_TYPES or _is_short_number(part) for part in parts):
            return ""
    text = repr(arguments)
    return text if len(text) <= _MAX_TEXT_CHARS else ""


def _is_short_number(value: object) -> bool:
    return type(value) is int and abs(value) < _MAX_NUMBER
