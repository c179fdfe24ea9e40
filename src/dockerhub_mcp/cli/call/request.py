"""What the command line of `dockerhub-mcp call` asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class CallRequest:
    """A parsed command line: the tool, its arguments and the options of the call.

    `wide` is whether tables have whole values; None where the terminal decides. `batch` is whether calls are
    read from standard input, instead of `tool` and `arguments`. `secrets` are the arguments to prompt for,
    `settings` the server options by the name of their setting.
    """

    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    output: str = "text"
    wide: bool | None = None
    batch: bool = False
    yes: bool = False
    help: bool = False
