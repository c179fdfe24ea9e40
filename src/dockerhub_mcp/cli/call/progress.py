"""How far a walk over pages is, on standard error while somebody watches it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from dockerhub_mcp.cli.call.output import is_terminal

if TYPE_CHECKING:
    from rich.progress import TaskID

ShowProgress = Callable[[int, int | None], None]
HideProgress = Callable[[], None]


class ProgressReporter:
    """A bar with rich where it is installed, else a line; nothing where standard error is no terminal."""

    def __init__(self) -> None:
        self._show: ShowProgress | None = None
        self._hide: HideProgress | None = None

    async def __call__(self, done: int, total: int | None) -> None:
        """Show how many items were read, of how many where that is known."""
        if not is_terminal(sys.stderr):
            return
        if self._show is None:
            self._show, self._hide = _create_rich_bar() or _create_text_line()
        self._show(done, total)

    def close(self) -> None:
        """Take it off the screen."""
        if self._hide is not None:
            self._hide()
        self._show = self._hide = None


def _create_text_line() -> tuple[ShowProgress, HideProgress]:
    """Write one line over and over, which every terminal can."""
    width = 0

    def show_progress(done: int, total: int | None) -> None:
        nonlocal width
        text = f"{done} of {total} items read" if total else f"{done} items read"
        width = max(width, len(text))
        _overwrite_line(text.ljust(width))

    def hide_progress() -> None:
        _overwrite_line(" " * width)
        _overwrite_line("")

    return show_progress, hide_progress


def _overwrite_line(text: str) -> None:
    sys.stderr.write(f"\r{text}")
    sys.stderr.flush()


def _create_rich_bar() -> tuple[ShowProgress, HideProgress] | None:
    try:
        from rich import progress  # noqa: PLC0415 - an extra, and only for walks
        from rich.console import Console  # noqa: PLC0415
    except ImportError:
        return None
    bar = progress.Progress(
        progress.SpinnerColumn(),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("items read"),
        progress.TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    task: list[TaskID] = []

    def show_progress(done: int, total: int | None) -> None:
        if not task:
            bar.start()
            task.append(bar.add_task("", total=total))
        bar.update(task[0], completed=done, total=total)

    return show_progress, bar.stop
