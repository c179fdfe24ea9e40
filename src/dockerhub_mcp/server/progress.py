"""Report the progress of a call to the client, with or without the SDK."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # reads of one object need no lists
    from dockerhub_mcp.hub.lists.pagination import OnProgress

SendProgress = Callable[[float, float | None, str], Awaitable[None]]
"""Sends a progress notification: the items read, the total if known, and the message."""


def create_progress_reporter(send_progress: SendProgress) -> OnProgress:
    """Return what reports the progress of a call; it only increases, as the protocol asks for."""
    reported = -1

    async def report_progress(done: int, total: int | None) -> None:
        nonlocal reported
        if done <= reported:
            return
        reported, total = done, None if total is not None and total < done else total
        message = f"{done} of {total} items read" if total else f"{done} items read"
        await send_progress(float(done), None if total is None else float(total), message)

    return report_progress
