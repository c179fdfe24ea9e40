"""Keep clean-up plans, find them again, and refuse those that were changed or belong to others."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dockerhub_mcp.hub.errors import HubError

if TYPE_CHECKING:
    from dockerhub_mcp.tools.cleanup.model import CleanupPlan
    from dockerhub_mcp.tools.cleanup.plan_backend import PlanBackend, ProgressLog

PLAN_ID = re.compile(r"cleanup-[0-9a-f]{32}")
_MAX_TAGS_INLINE = 300
"""The most tags of a plan that is encoded in the event loop, within milliseconds; others are in a thread."""
_NEW_PLAN = "Make a new plan with plan_tag_cleanup."
_LATER = "Wait until it has ended, then call again."


class UnusablePlanError(HubError):
    """A plan is unknown, was changed, belongs to another account, or is in use; nothing was sent."""


class CleanupPlans:
    """The plans of a server.

    Args:
        backend: Where plans are kept; by default in memory.
    """

    def __init__(self, backend: PlanBackend | None = None) -> None:
        self._given_backend = backend
        self._open: set[str] = set()

    @property
    def _backend(self) -> PlanBackend:
        if self._given_backend is None:
            from dockerhub_mcp.tools.cleanup.memory_plans import MemoryPlans  # noqa: PLC0415 - few servers keep plans

            self._given_backend = MemoryPlans()
        return self._given_backend

    def make_room(self, count: int) -> None:
        """Keep at least this many plans of an account, where memory would not have room for them."""
        from dockerhub_mcp.tools.cleanup.memory_plans import MemoryPlans  # noqa: PLC0415 - few servers keep plans

        if isinstance(self._backend, MemoryPlans):
            self._backend.make_room(count)

    async def check_available(self) -> None:
        """Check that plans can be kept, as far as that is known beforehand.

        Raises:
            HubError: They cannot.
        """
        await self._backend.check_available()

    async def add(self, plan: CleanupPlan) -> CleanupPlan:
        """Seal a plan, keep it, and return it with its `plan_id`.

        Raises:
            HubError: It could not be kept.
        """
        from anyio import to_thread  # noqa: PLC0415 - few servers keep plans

        from dockerhub_mcp.tools.cleanup.plan_format import encode_plan  # noqa: PLC0415 - as above

        if len(plan.tags) + len(plan.manifests) <= _MAX_TAGS_INLINE:
            content = encode_plan(plan)
        else:
            content = await to_thread.run_sync(encode_plan, plan)
        plan_id = _build_plan_id(self._backend.keys[0], content)
        await self._backend.write_plan(plan_id, plan.account, content)
        return replace(plan, plan_id=plan_id)

    async def find(self, plan_id: str, account: str) -> CleanupPlan:
        """Return a plan, without a check of its age.

        Args:
            plan_id: The identifier that `add` returned.
            account: The account that uses the plan, see `describe_account`.

        Raises:
            UnusablePlanError: It is unknown, was changed, or belongs to another account.
            HubError: It cannot be read.
        """
        from dockerhub_mcp.tools.cleanup.plan_format import decode_plan  # noqa: PLC0415 - few servers keep plans

        content = await self._read(plan_id)
        if not any(hmac.compare_digest(_build_plan_id(key, content), plan_id) for key in self._backend.keys):
            what = f"The plan {plan_id} was changed after it was made, or sealed with another key."
            raise UnusablePlanError(what, remedy=f"Nothing was sent. {_NEW_PLAN}")
        try:
            plan = decode_plan(content, plan_id)
        except ValueError as error:
            what = f"The plan {plan_id} has {error}."
            raise UnusablePlanError(what, remedy=f"Nothing was sent. {_NEW_PLAN}") from None
        if plan.account != account:
            what = f"The plan {plan_id} was made by another account or caller."
            remedy = (
                "Nothing was sent. Use the account that made it, or make a new plan with plan_tag_cleanup."
            )
            raise UnusablePlanError(what, remedy=remedy)
        return plan

    def get_plan_path(self, plan_id: str) -> Path | None:
        """Return the path of the file of a plan; None where plans are not in files."""
        return self._backend.get_plan_path(plan_id)

    @asynccontextmanager
    async def open_progress(self, plan_id: str) -> AsyncIterator[ProgressLog]:
        """Open the progress of a plan for one call.

        Raises:
            UnusablePlanError: Another call or server carries the plan out.
            HubError: The progress cannot be used.
        """
        if plan_id in self._open:
            what = "Another call carries out this plan at the moment; nothing was sent."
            raise UnusablePlanError(what, remedy=_LATER)
        self._open.add(plan_id)
        try:
            async with self._backend.open_progress(plan_id) as log:
                if log is None:
                    what = "Another server carries out this plan at the moment; nothing was sent."
                    raise UnusablePlanError(what, remedy=_LATER)
                yield log
        finally:
            self._open.discard(plan_id)

    async def _read(self, plan_id: str) -> bytes:
        if PLAN_ID.fullmatch(plan_id) is None:
            what = "This is no plan_id."
            remedy = "Copy it from the line plan_id of the plan: cleanup- and 32 hexadecimal digits."
            raise UnusablePlanError(what, remedy=remedy)
        content = await self._backend.read_plan(plan_id)
        if content is None:
            what = f"This server has no plan {plan_id}; it keeps plans {self._backend.place}."
            raise UnusablePlanError(what, remedy=f"Nothing was sent. {_NEW_PLAN}")
        return content


def _build_plan_id(key: bytes, content: bytes) -> str:
    return f"cleanup-{hmac.new(key, content, hashlib.sha256).hexdigest()[:32]}"
