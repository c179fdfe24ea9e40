"""Decode large JSON in small steps, so that other threads run meanwhile.

The decoders of the libraries hold the interpreter until they have read everything, which takes a second or
two for an SBOM of 30 MB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from anyio import to_thread

T = TypeVar("T")

ItemReducer = Callable[[Any], Any]
"""Returns what to keep of an item of a list; None for nothing."""

LARGE_BYTES = 64 * 1024
"""The length from which decoding takes more than a millisecond or two."""

_STEPS = (2048, 16 * 1024)  # characters that are decoded at once
_MAX_DEPTH = 32  # of values that are longer than a step
_MAX_ITEMS = 500_000  # of one list or object
_BLANK = re.compile(r"[ \t\n\r]*")


def decode_in_steps(content: bytes, reducers: Mapping[str, ItemReducer] | None = None) -> Any:
    """Decode JSON in small steps; to be called in a thread.

    Args:
        content: The JSON text in UTF-8.
        reducers: By the name of a list, what is kept of each of its items.

    Raises:
        ValueError: The content is not JSON, is nested too deeply or has too many items.
    """
    try:
        return _Reader(content.decode(), reducers or {}).read_text()
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError, IndexError):
        msg = "the answer is not JSON that can be read"
        raise ValueError(msg) from None


async def run_by_size(size: int, function: Callable[..., T], *arguments: Any) -> T:
    """Call a function that reads a content of a number of bytes, in a thread if these are many."""
    if size <= LARGE_BYTES:
        return function(*arguments)
    return await to_thread.run_sync(function, *arguments, abandon_on_cancel=True)


def _refuse_constant(name: str) -> None:
    msg = f"{name} is no JSON"
    raise ValueError(msg)


class _Reader:
    """Reads a text from left to right.

    An `IndexError` means that it ends too early.
    """

    def __init__(self, text: str, reducers: Mapping[str, ItemReducer]) -> None:
        self._text = text
        self._reducers = reducers
        self._decode = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode
        self._position = 0

    def read_text(self) -> Any:
        """Return the only value of the text."""
        self._skip_blank()
        value = self._read_value(0)
        self._skip_blank()
        if self._position != len(self._text):
            self._fail()
        return value

    def _read_value(self, depth: int, name: str = "") -> Any:
        is_container = self._text[self._position] in "{["
        if not is_container:
            value, self._position = self._decode(self._text, self._position)
            return value
        if name not in self._reducers:
            for step in _STEPS:
                piece = self._text[self._position : self._position + step]
                try:
                    value, length = self._decode(piece)
                except json.JSONDecodeError:
                    if len(piece) < step:
                        raise
                else:
                    self._position += length
                    return value
        if depth >= _MAX_DEPTH:
            msg = f"the answer is nested more than {_MAX_DEPTH} levels deep"
            raise ValueError(msg)
        is_object = self._text[self._position] == "{"
        return self._read_object(depth) if is_object else self._read_list(depth, self._reducers.get(name))

    def _read_object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._has_next("}", is_first=not found):
            if self._text[self._position] != '"':
                self._fail()
            name, self._position = self._decode(self._text, self._position)
            self._skip_blank()
            if self._text[self._position] != ":":
                self._fail()
            self._position += 1
            self._skip_blank()
            found[name] = self._read_value(depth + 1, name)
            _check_length(len(found))
        return found

    def _read_list(self, depth: int, reduce_item: ItemReducer | None) -> list[Any]:
        found: list[Any] = []
        count = 0
        while self._has_next("]", is_first=count == 0):
            item = self._read_value(depth + 1)
            count += 1
            _check_length(count)
            kept = item if reduce_item is None else reduce_item(item)
            if reduce_item is None or kept is not None:
                found.append(kept)
        return found

    def _has_next(self, end: str, *, is_first: bool) -> bool:
        """Move to the next item of a list or object, or behind its end; return whether there is one."""
        if is_first:
            self._position += 1  # the opening bracket
        self._skip_blank()
        if self._text[self._position] == end:
            self._position += 1
            return False
        if not is_first:
            if self._text[self._position] != ",":
                self._fail()
            self._position += 1
            self._skip_blank()
        return True

    def _skip_blank(self) -> None:
        found = _BLANK.match(self._text, self._position)
        self._position = found.end() if found else self._position

    def _fail(self) -> None:
        msg = "unexpected character"
        raise json.JSONDecodeError(msg, "", 0)


def _check_length(count: int) -> None:
    if count > _MAX_ITEMS:
        msg = f"the answer has a list of more than {_MAX_ITEMS:,} items"
        raise ValueError(msg)
