"""Where the command writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """The functions that the command writes with.

    Attributes:
        write_line: Writes a message; the line end is added.
        write_text: Writes an entry or a diff.
        ask: Asks the user and returns whether they agree; None where they cannot be asked.
    """

    write_line: Callable[[str], object]
    write_text: Callable[[str], object]
    ask: Callable[[str], bool] | None = None
