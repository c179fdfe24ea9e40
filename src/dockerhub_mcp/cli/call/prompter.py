"""The person at the terminal: asked before something is lost, and for what nobody else should see."""

from __future__ import annotations

import getpass
import signal
import sys
from collections.abc import Callable
from typing import TypeVar

from dockerhub_mcp.cli.call.output import is_terminal, say
from dockerhub_mcp.tools.mutations.confirmation import Answer, Question

T = TypeVar("T")

TO_BE_ASKED = "At a terminal you are asked; --yes says yes beforehand."
"""What helps where nobody can be asked."""


class Person:
    """Whoever sits there.

    Args:
        yes: Whether they said yes beforehand.
    """

    def __init__(self, *, yes: bool = False) -> None:
        self._yes = yes

    @property
    def is_there(self) -> bool:
        """Whether somebody can be asked: questions go to standard error, answers come from standard input."""
        return is_terminal(sys.stdin) and is_terminal(sys.stderr)

    async def __call__(self, question: Question) -> Answer:
        """Put a question; only a yes in so many letters is one."""
        if self._yes:
            say(f"{question.text}\nAnswered with yes (--yes).")
            return Answer.YES
        if not self.is_there:
            return Answer.CANNOT_ASK
        say(question.text)
        return Answer.YES if _interruptibly(_is_yes) else Answer.NO

    def tell_unseen(self, what: str) -> str:
        """Return what the person types, which is not shown; empty where they would not say."""

        def read() -> str:
            try:
                return getpass.getpass(f"{what}: ", sys.stderr).strip()
            except EOFError:
                say("")
                return ""

        return _interruptibly(read)


def _is_yes() -> bool:
    while True:
        sys.stderr.write("Do it? [y/N] ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            say("")
        said = line.strip().lower()
        if said in {"y", "yes", "n", "no", ""}:
            return said.startswith("y")


def _interruptibly(read: Callable[[], T]) -> T:
    """Read while Ctrl-C interrupts at once; the event loop would only note it down."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return read()
    except KeyboardInterrupt:
        say("")
        raise
    finally:
        signal.signal(signal.SIGINT, before)
