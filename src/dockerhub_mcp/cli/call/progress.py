"""Progress of a call, on standard error if that is a terminal."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.cli.call.console import Console, is_terminal

_CLEAR_LINE = "\r\x1b[2K"


class ProgressReporter:
    """Shows a progress bar if rich is installed, otherwise a line of text.

    Args:
        console: Where it is shown, if that is a terminal.
        label: What is counted, and what has happened to it.
    """

    def __init__(self, console: Console, label: str = "items read") -> None:
        self._console, self._label, self._has_started = console, label, False
        self._bar: Any = None

    async def __call__(self, done: int, total: int | None) -> None:
        """Show the number of items, and the total if it is known."""
        if not is_terminal(self._console.stderr):
            return
        if not self._has_started:
            self._has_started, self._bar = True, self._start_bar(total)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, total=total)
        else:
            amount = f"{done} of {total}" if total else str(done)
            self._console.write_prompt(f"{_CLEAR_LINE}{amount} {self._label}")

    def close(self) -> None:
        """Remove the progress from the terminal."""
        if self._bar is not None:
            self._bar.stop()
        elif self._has_started:
            self._console.write_prompt(_CLEAR_LINE)

    def _start_bar(self, total: int | None) -> Any:
        try:
            from rich import progress  # noqa: PLC0415 - an optional extra
            from rich.console import Console as RichConsole  # noqa: PLC0415
        except ImportError:
            return None
        bar = progress.Progress(
            progress.SpinnerColumn(),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn(self._label),
            progress.TimeRemainingColumn(),
            console=RichConsole(file=self._console.stderr, _environ=self._console.environment),
            transient=True,
        )
        bar.add_task("", total=total)
        bar.start()
        return bar
