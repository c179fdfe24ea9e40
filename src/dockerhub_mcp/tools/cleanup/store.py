"""Keep clean-up plans: in memory, and in a directory so that a restarted server can resume them."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import secrets
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dockerhub_mcp.hub.errors import HubError

if TYPE_CHECKING:
    from dockerhub_mcp.tools.cleanup.model import CleanupPlan
    from dockerhub_mcp.tools.cleanup.plan_files import PlanDirectory

PLAN_ID = re.compile(r"cleanup-[0-9a-f]{32}")
MAX_PLANS_PER_ACCOUNT = 10
MAX_BYTES_IN_MEMORY = 16 * 1024**2
"""The most plans in memory, unless `make_room` is called; older ones are found in the directory only."""
_NEW_PLAN = "Make a new plan with plan_tag_cleanup."


class UnusablePlanError(HubError):
    """A plan is unknown, was changed, or belongs to another account; nothing was sent."""


class _KeptPlan(NamedTuple):
    account: str
    content: bytes


class PlanStore:
    """The plans of a server.

    Attributes:
        max_plans: The most plans of an account in memory.

    Args:
        directory: The directory that keeps the plans; None for memory only.
        key: Seals plans that are in memory only; by default a key that exists in this process only.

    Raises:
        OSError: The directory cannot be used.
    """

    def __init__(self, directory: Path | None = None, *, key: bytes | None = None) -> None:
        self._files = None if directory is None else _open_directory(directory)
        self._key = (key or secrets.token_bytes(32)) if self._files is None else self._files.key
        self._kept: OrderedDict[str, _KeptPlan] = OrderedDict()
        self.max_plans = MAX_PLANS_PER_ACCOUNT
        self._max_bytes: float = MAX_BYTES_IN_MEMORY

    def make_room(self, count: int) -> None:
        """Keep at least this many plans of an account in memory regardless of their size."""
        self.max_plans = max(self.max_plans, count)
        self._max_bytes = math.inf

    def add(self, plan: CleanupPlan) -> CleanupPlan:
        """Seal a plan, keep it, and return it with its `plan_id`.

        Raises:
            HubError: It could not be written.
        """
        from dockerhub_mcp.tools.cleanup.plan_format import encode_plan  # noqa: PLC0415 - few servers keep plans

        content = encode_plan(plan)
        plan_id = self._seal(content)
        if self._files is not None:
            try:
                self._files.write_plan(plan_id, content)
            except OSError as error:
                what = f"The plan could not be written to the directory of --plans-dir: {error.strerror}."
                raise HubError(
                    what, remedy="Free the disk, or correct the directory; then call again."
                ) from None
            self._files.delete_old_plans()
        self._kept[plan_id] = _KeptPlan(plan.account, content)
        self._kept.move_to_end(plan_id)
        self._drop_oldest(plan.account)
        return replace(plan, plan_id=plan_id)

    def find(self, plan_id: str, account: str) -> CleanupPlan:
        """Return a plan, without a check of its age.

        Args:
            plan_id: The identifier that `add` returned.
            account: The account that uses the plan, see `describe_account`.

        Raises:
            UnusablePlanError: It is unknown, was changed, or belongs to another account.
        """
        from dockerhub_mcp.tools.cleanup.plan_format import decode_plan  # noqa: PLC0415 - few servers keep plans

        content = self._read(plan_id)
        if not hmac.compare_digest(self._seal(content), plan_id):
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
        """Return the path of the file of a plan; None where plans are in memory only."""
        return None if self._files is None else self._files.get_plan_path(plan_id)

    def get_progress_path(self, plan_id: str) -> Path | None:
        """Return the path of the file with the progress of a plan; None where plans are in memory only."""
        return None if self._files is None else self._files.get_progress_path(plan_id)

    def _seal(self, content: bytes) -> str:
        return f"cleanup-{hmac.new(self._key, content, hashlib.sha256).hexdigest()[:32]}"

    def _read(self, plan_id: str) -> bytes:
        if PLAN_ID.fullmatch(plan_id) is None:
            what = "This is no plan_id."
            remedy = "Copy it from the line plan_id of the plan: cleanup- and 32 hexadecimal digits."
            raise UnusablePlanError(what, remedy=remedy)
        kept = self._kept.get(plan_id)
        if kept is not None:
            self._kept.move_to_end(plan_id)
            return kept.content
        try:
            content = None if self._files is None else self._files.read_plan(plan_id)
        except OSError as error:
            what = f"The plan {plan_id} cannot be read: {error.strerror}."
            raise UnusablePlanError(what, remedy="Correct the directory that --plans-dir names.") from None
        if content is None:
            raise self._build_unknown_error(plan_id)
        return content

    def _build_unknown_error(self, plan_id: str) -> UnusablePlanError:
        where = "in memory until it ends" if self._files is None else "in the directory of --plans-dir"
        what = f"This server has no plan {plan_id}; it keeps plans {where}."
        return UnusablePlanError(what, remedy=f"Nothing was sent. {_NEW_PLAN}")

    def _drop_oldest(self, account: str) -> None:
        own = [plan_id for plan_id, kept in self._kept.items() if kept.account == account]
        for plan_id in own[: -self.max_plans]:
            del self._kept[plan_id]
        size = sum(len(kept.content) for kept in self._kept.values())
        while len(self._kept) > 1 and size > self._max_bytes:
            _, dropped = self._kept.popitem(last=False)
            size -= len(dropped.content)


def _open_directory(path: Path) -> PlanDirectory:
    from dockerhub_mcp.tools.cleanup.plan_files import PlanDirectory  # noqa: PLC0415 - few servers keep plans

    return PlanDirectory(path)
