"""Where clean-up plans and their progress are kept, as plain bytes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol


class ProgressLog(Protocol):
    """The lines of the progress of a plan, open for one call of one server at a time."""

    async def read(self) -> list[bytes]:
        """Return the lines, in the order in which they were added, without their line ends.

        Raises:
            HubError: They cannot be read, or were changed.
        """

    async def append(self, line: bytes, *, may_wait: bool = False) -> None:
        """Add a line.

        Args:
            line: The line, with its end.
            may_wait: Whether the line may be kept later, together with others, or be lost with the server;
                otherwise it is kept when the call returns, and the log is still open for this call only.

        Raises:
            HubError: It could not be kept, or the log was opened by another server meanwhile.
        """


class PlanBackend(Protocol):
    """A place that keeps plans, and lines of progress for each.

    It does not look into them: identifiers, accounts and formats are checked by `CleanupPlans`.
    """

    @property
    def keys(self) -> Sequence[bytes]:
        """The keys of the identifiers of plans; the first is in use, plans of the others are accepted."""

    @property
    def place(self) -> str:
        """Where plans are kept, in words that follow "it keeps plans"."""

    async def check_available(self) -> None:
        """Check that plans can be kept, as far as that is known beforehand.

        Raises:
            HubError: They cannot.
        """

    async def write_plan(self, plan_id: str, account: str, content: bytes) -> None:
        """Keep a plan.

        Args:
            plan_id: The identifier of the plan.
            account: The account that it belongs to; each may have a limited number of plans.
            content: The plan.

        Raises:
            HubError: It could not be kept.
        """

    async def read_plan(self, plan_id: str) -> bytes | None:
        """Return a plan; None without one, and other content than was written where that was changed.

        Raises:
            HubError: It cannot be read.
        """

    def get_plan_path(self, plan_id: str) -> Path | None:
        """Return the path of the file of a plan; None where plans are not in files."""

    def open_progress(self, plan_id: str) -> AbstractAsyncContextManager[ProgressLog | None]:
        """Open the progress of a plan; None while another server has it open.

        Raises:
            HubError: It cannot be used.
        """
