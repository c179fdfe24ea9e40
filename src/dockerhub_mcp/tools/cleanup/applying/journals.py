"""The journals of the plans of a server."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.tools.cleanup.applying.journal import Journal
from dockerhub_mcp.tools.cleanup.applying.journal_file import FileJournal
from dockerhub_mcp.tools.cleanup.store import PlanStore, UnusablePlanError

_MAX_IN_MEMORY = 64


class Journals:
    """Opens the journal of each plan for one call at a time."""

    def __init__(self) -> None:
        self._in_memory: OrderedDict[str, Journal] = OrderedDict()
        self._open: set[str] = set()

    @contextmanager
    def open(self, plans: PlanStore, plan_id: str) -> Iterator[Journal]:
        """Open the journal of a plan.

        Args:
            plans: The plans; they name the file of the journal, or keep plans in memory only.
            plan_id: The identifier of the plan.

        Raises:
            UnusablePlanError: Another call or server carries the plan out.
            HubError: The file of the journal cannot be used.
        """
        if plan_id in self._open:
            what = "Another call carries out this plan at the moment; nothing was sent."
            raise UnusablePlanError(what, remedy="Wait until it has ended, then call again.")
        self._open.add(plan_id)
        try:
            path = plans.get_progress_path(plan_id)
            if path is None:
                yield self._find_in_memory(plan_id, max(_MAX_IN_MEMORY, plans.max_plans))
                return
            try:
                journal = FileJournal(plan_id, path)
            except OSError as error:
                reason = error.strerror or error
                what = f"The journal of the plan cannot be used ({reason}); nothing was sent."
                remedy = "Correct the directory that --plans-dir names, then call again."
                raise HubError(what, remedy=remedy) from None
            try:
                yield journal
            finally:
                journal.close()
        finally:
            self._open.discard(plan_id)

    def _find_in_memory(self, plan_id: str, limit: int) -> Journal:
        journal = self._in_memory.setdefault(plan_id, Journal(plan_id))
        self._in_memory.move_to_end(plan_id)
        while len(self._in_memory) > limit:
            self._in_memory.popitem(last=False)
        return journal


_JOURNALS: WeakKeyDictionary[PlanStore, Journals] = WeakKeyDictionary()


def journals_of(plans: PlanStore) -> Journals:
    """Return the journals of the plans of a server, which live as long as its plans do."""
    return _JOURNALS.setdefault(plans, Journals())
