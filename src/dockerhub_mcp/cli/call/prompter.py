"""The person at the terminal: asked before something is lost, and for what nobody else should see."""

from __future__ import annotations

import getpass
import signal
import sys
from collections.abc import Callable
from typing import TypeVar

from dockerhub_mcp.cli.call.output import is_terminal, write_stderr
from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Decision

T = TypeVar("T")

NO_TERMINAL_HINT = "At a terminal you are asked; --yes says yes beforehand."
"""What helps where nobody can be asked."""


class Prompter:
    """Whoever sits there.

    Args:
        assume_yes: Whether they said yes beforehand.
    """

    def __init__(self, *, assume_yes: bool = False) -> None:
        self._assume_yes = assume_yes

    @property
    def is_interactive(self) -> bool:
        """Whether somebody can be asked: questions go to standard error, answers come from standard input."""
        return is_terminal(sys.stdin) and is_terminal(sys.stderr)

    async def __call__(self, question: Confirmation) -> Decision:
        """Put a question; only a yes in so many letters is one."""
        if self._assume_yes:
            write_stderr(f"{question.text}\nAnswered with yes (--yes).")
            return Decision.ACCEPTED
        if not self.is_interactive:
            return Decision.UNSUPPORTED
        write_stderr(question.text)
        return Decision.ACCEPTED if _run_interruptible(_read_confirmation) else Decision.DECLINED

    def prompt_for_secret(self, label: str) -> str:
        """Return what the person types, which is not shown; empty where they would not say."""

        def read_hidden_line() -> str:
            try:
                return getpass.getpass(f"{label}: ", sys.stderr).strip()
            except EOFError:
                write_stderr("")
                return ""

        return _run_interruptible(read_hidden_line)


def _read_confirmation() -> bool:
    while True:
        sys.stderr.write("Do it? [y/N] ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            write_stderr("")
        said = line.strip().lower()
        if said in {"y", "yes", "n", "no", ""}:
            return said.startswith("y")


def _run_interruptible(read_input: Callable[[], T]) -> T:
    """Read while Ctrl-C interrupts at once; the event loop would only note it down."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return read_input()
    except KeyboardInterrupt:
        write_stderr("")
        raise
    finally:
        signal.signal(signal.SIGINT, before)
