"""Questions to the user at the terminal: confirmations of changes, and secrets that must not be shown."""

from __future__ import annotations

import getpass
import signal
from collections.abc import Callable
from typing import TypeVar

from dockerhub_mcp.cli.call.console import Console
from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Decision

T = TypeVar("T")

NO_TERMINAL_HINT = "At a terminal you are asked; --yes confirms in advance."


class Prompter:
    """Asks the user at the terminal, or with `assume_yes` confirms everything without asking."""

    def __init__(self, console: Console, *, assume_yes: bool = False) -> None:
        self._console, self._assume_yes = console, assume_yes

    async def __call__(self, confirmation: Confirmation) -> Decision:
        """Ask for a confirmation; only an explicit yes accepts it."""
        if self._assume_yes:
            self._console.write_message(f"{confirmation.text}\nAnswered with yes (--yes).")
            return Decision.ACCEPTED
        if not self._console.is_interactive:
            return Decision.UNSUPPORTED
        self._console.write_message(confirmation.text)
        return Decision.ACCEPTED if self._run_interruptible(self._read_yes_or_no) else Decision.DECLINED

    def prompt_for_secret(self, label: str) -> str:
        """Return what the user types, without showing it; empty if they type nothing."""
        return self._run_interruptible(lambda: self._read_hidden_line(f"{label}: "))

    def _read_hidden_line(self, prompt: str) -> str:
        try:
            return getpass.getpass(prompt, self._console.stderr).strip()
        except EOFError:
            self._console.write_message("")
            return ""

    def _read_yes_or_no(self) -> bool:
        while True:
            self._console.write_prompt("Do it? [y/N] ")
            line = self._console.stdin.readline() if self._console.stdin else ""
            if not line:
                self._console.write_message("")
            answer = line.strip().lower()
            if answer in {"y", "yes", "n", "no", ""}:
                return answer.startswith("y")

    def _run_interruptible(self, read_input: Callable[[], T]) -> T:
        """Read input while Ctrl-C interrupts at once; the event loop would only take note of it."""
        previous_handler = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return read_input()
        except KeyboardInterrupt:
            self._console.write_message("")
            raise
        finally:
            signal.signal(signal.SIGINT, previous_handler)
