"""The result of a tool call, and the options and limits that results are built with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dockerhub_mcp.tools.results.projection import SUMMARY, Projection

DEFAULT_MAX_BYTES = 32_768
"""Default limit on the text of a result, in bytes."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool call.

    Attributes:
        text: The result as the agent reads it.
        structured_content: The same as data; None if it was not requested or does not exist.
        is_error: Whether the call failed.
        secret_line: A line with a new secret that the user agreed to see; the only text that is not redacted.
        untrusted_fields: The fields that hold text written by third parties.
        is_cacheable: Whether the same call would return the same result now. False for partial results.
    """

    text: str
    structured_content: dict[str, Any] | None = None
    is_error: bool = False
    secret_line: str = ""
    untrusted_fields: tuple[str, ...] = ()
    is_cacheable: bool = True


@dataclass(frozen=True, slots=True)
class ToolFailure(ToolResult):
    """The result of a call that failed, with the exception behind the text."""

    cause: Exception | None = None


@dataclass(frozen=True, slots=True)
class ResultOptions:
    """How results are returned.

    Attributes:
        include_structured: Whether results carry data beside the text, and tools an output schema. Most hosts
            would show their model one of the two, some both.
        max_bytes: Limit on the text of a result, in bytes.
        pagination_timeout: Seconds after which reading over several pages returns what it has.
    """

    include_structured: bool = False
    max_bytes: int = DEFAULT_MAX_BYTES
    pagination_timeout: float = 120.0


@dataclass(frozen=True, slots=True)
class ResultView:
    """What one result shows.

    Attributes:
        projection: The selected fields.
        options: How results are returned.
        reserved_bytes: Bytes of the limit that are kept free for text added afterwards.
        offset_argument: The argument that skips items of a list without pages, and its value in this call.
        first_offset: The value of that argument for the first item.
    """

    projection: Projection = SUMMARY
    options: ResultOptions = field(default_factory=lambda: ResultOptions(include_structured=True))
    reserved_bytes: int = 0
    offset_argument: tuple[str, int] | None = None
    first_offset: int = 0

    @property
    def max_bytes(self) -> int:
        """The limit on the text, in bytes, everything in it counted."""
        return self.options.max_bytes

    @property
    def available_bytes(self) -> int:
        """The limit on the text without the reserved bytes."""
        return self.options.max_bytes - self.reserved_bytes


DEFAULT_VIEW = ResultView()
"""The summary fields, with data, within the default limit."""
