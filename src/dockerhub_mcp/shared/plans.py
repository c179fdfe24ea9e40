"""Clean-up plans and their progress in the store: a plan of one replica is carried out or resumed by any.

The progress of a plan is one list of sealed entries, each with the lines that were added together, or several
lists where it is long: a command must not take longer than the store is given for it. A lock with
a lifetime keeps the other replicas away while a plan is carried out. It is extended after each entry, so that
a request to delete is sent only while this replica has the lock, and after its intent was recorded: a replica
that gets the lock later reads the intent.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import anyio
from anyio import to_thread

from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.lock import StoredLock
from dockerhub_mcp.shared.sealing import Sealer
from dockerhub_mcp.shared.state import SharedState

MAX_PLANS_PER_ACCOUNT = 10
KEEP_SECONDS = 25 * 3600.0  # a plan can be started for 15 minutes, and resumed until a day after its start
LOCK_SECONDS = 30.0
EXTENSION_INTERVAL = 10.0  # seconds
MAX_ENTRIES = 2000
"""The most entries of a list; reading one takes some 20 ms."""
_CAUSE = "the shared store of this server is unavailable"
_LOST_LOCK = "The clean-up was stopped: another replica may carry out the plan by now."
_COMPRESSION_LEVEL = 1  # names and digests do not get smaller with more


class StoredPlans:
    """Plans in the store that replicas share.

    Attributes:
        keys: The keys of the identifiers of plans; the first is in use.

    Args:
        state: The state that replicas share.
        keys: The keys that replicas share.
    """

    place = "in the store that its replicas share"

    def __init__(self, state: SharedState, keys: KeyRing) -> None:
        self._state = state
        self._key_ring = keys
        self._sealer = Sealer(keys)
        self.keys = keys.derive("plan ids")

    async def check_available(self) -> None:
        """Check that the store accepts plans.

        Raises:
            HubError: It does not.
        """
        with _explain_failure("No plan can be kept", "Nothing was read."):
            await self._state.check()

    async def write_plan(self, plan_id: str, account: str, content: bytes) -> None:
        """Seal and keep a plan, and drop older ones of its account beyond the limit.

        Raises:
            HubError: The store is unavailable.
        """
        key = _build_plan_key(plan_id)
        sealed = await to_thread.run_sync(self._seal, key, content)
        with _explain_failure("The plan could not be kept", "Nothing was deleted."):
            await self._state.write(key, sealed, seconds=KEEP_SECONDS)
            await self._drop_oldest(plan_id, account)

    async def read_plan(self, plan_id: str) -> bytes | None:
        """Return a plan; None without one, and no content where it was changed.

        Raises:
            HubError: The store is unavailable.
        """
        key = _build_plan_key(plan_id)
        with _explain_failure("The plan cannot be read", "Nothing was sent."):
            entry = await self._state.read(key)
        if entry is None:
            return None
        content = self._sealer.unseal(key, entry.value)
        return b"" if content is None else zlib.decompress(content)

    def get_plan_path(self, plan_id: str) -> None:
        """Return None: there are no files."""

    @asynccontextmanager
    async def open_progress(self, plan_id: str) -> AsyncIterator[StoredProgress | None]:
        """Open the progress of a plan; None while another replica has it open.

        Raises:
            HubError: The store is unavailable.
        """
        lock = StoredLock(self._state, [f"plan-lock:{plan_id}"], seconds=LOCK_SECONDS)
        with _explain_failure("The plan cannot be carried out", "Nothing was sent."):
            is_claimed = await lock.claim()
        if not is_claimed:
            yield None
            return
        progress = StoredProgress(self._state, self._sealer, lock, plan_id)
        extending = asyncio.create_task(_extend_regularly(lock, progress))
        try:
            yield progress
        finally:
            extending.cancel()
            with anyio.CancelScope(shield=True):
                await progress.flush()
                await lock.release()

    def _seal(self, key: str, content: bytes) -> bytes:
        return self._sealer.seal(key, zlib.compress(content, _COMPRESSION_LEVEL))

    async def _drop_oldest(self, plan_id: str, account: str) -> None:
        """Add a plan to those of its account, and delete the oldest ones that were never started.

        Replicas that do this at once may forget a plan, which then expires by itself.
        """
        key = f"plans:{self._key_ring.digest('plans', account)}"
        entry = await self._state.read(key)
        plan_ids = [] if entry is None else entry.value.decode("ascii", "replace").split()
        plan_ids = [*(each for each in plan_ids if each != plan_id), plan_id]
        for each in plan_ids[:-MAX_PLANS_PER_ACCOUNT]:
            if not await self._state.read_list(_build_progress_key(each, 0)):
                await self._state.delete(_build_plan_key(each))
        kept = " ".join(plan_ids[-MAX_PLANS_PER_ACCOUNT:])
        await self._state.write(key, kept.encode("ascii", "replace"), seconds=KEEP_SECONDS)


class StoredProgress:
    """The lines of the progress of a plan in the store, open for one replica at a time.

    Args:
        state: The state that replicas share.
        sealer: Seals the lines.
        lock: The lock of the plan, claimed.
        plan_id: The identifier of the plan.
    """

    def __init__(self, state: SharedState, sealer: Sealer, lock: StoredLock, plan_id: str) -> None:
        self._state = state
        self._sealer = sealer
        self._lock = lock
        self._plan_id = plan_id
        self._list_number = self._entry_count = 0  # of the last list, and of the entries in it
        self._writing = anyio.Lock()
        self._waiting: list[bytes] = []
        self._failure = ""

    async def read(self) -> list[bytes]:
        """Return the lines, in the order in which they were added; called once, before any is added.

        Raises:
            HubError: The store is unavailable, or an entry was changed.
        """
        lines: list[bytes] = []
        while True:
            key = _build_progress_key(self._plan_id, self._list_number)
            with _explain_failure("The progress of the plan cannot be read", "Nothing was sent."):
                entries = await self._state.read_list(key)
            for entry in entries:
                content = self._sealer.unseal(key, entry)
                if content is None:
                    what = "The progress of the plan was changed in the store, or sealed with another key."
                    raise HubError(what, remedy="Nothing was sent. Make a new plan with plan_tag_cleanup.")
                lines += content.splitlines()
            self._entry_count = len(entries)
            if self._entry_count < MAX_ENTRIES:
                return lines
            self._list_number += 1

    async def append(self, line: bytes, *, may_wait: bool = False) -> None:
        """Add a line, together with those of other requests that wait, and extend the lock.

        Args:
            line: The line, with its end.
            may_wait: Whether it may be kept with a later line, or after `EXTENSION_INTERVAL` seconds.

        Raises:
            HubError: The store is unavailable, or another replica may have the lock; nothing may be sent.
        """
        self._waiting.append(line)
        if may_wait:
            return
        with anyio.CancelScope(shield=True):
            async with self._writing:
                await self._write()
                if self._failure:
                    raise HubError(self._failure, remedy="Nothing more was sent. Call again in a moment.")

    async def flush(self) -> None:
        """Write the lines that wait, as far as that is possible: they may be lost."""
        async with self._writing:
            await self._write()

    async def _write(self) -> None:
        """Write the lines that wait in one entry, and extend the lock; after a failure nothing is written."""
        lines, self._waiting = self._waiting, []
        if self._failure or not lines:  # without lines, they were written together with an earlier one
            return
        self._failure = "The clean-up was stopped while its progress was recorded."  # unless it succeeds
        if self._entry_count == MAX_ENTRIES:
            self._list_number, self._entry_count = self._list_number + 1, 0
        key = _build_progress_key(self._plan_id, self._list_number)
        try:
            await self._state.append(key, self._sealer.seal(key, b"".join(lines)), seconds=KEEP_SECONDS)
            self._entry_count += 1
            has_lock = await self._lock.extend()
        except StoreUnavailable as error:
            what = "The clean-up was stopped: its progress could not be recorded, because"
            self._failure = f"{what} {_CAUSE} ({error.reason})."
        else:
            self._failure = "" if has_lock else _LOST_LOCK


async def _extend_regularly(lock: StoredLock, progress: StoredProgress) -> None:
    """Extend the lock while no line is added, such as under a question, and write lines that wait."""
    while True:
        await asyncio.sleep(EXTENSION_INTERVAL)
        with suppress(StoreUnavailable):  # tried again, until the lock expires
            await lock.extend()
            await progress.flush()


@contextmanager
def _explain_failure(what: str, consequence: str) -> Iterator[None]:
    """Explain to the user that the store is unavailable.

    Args:
        what: What is not possible, as a clause.
        consequence: What has not happened, as a sentence.

    Raises:
        HubError: It is unavailable.
    """
    try:
        yield
    except StoreUnavailable as error:
        what = f"{what}, because {_CAUSE} ({error.reason})."
        raise HubError(what, remedy=f"{consequence} Call again in a moment.") from None


def _build_plan_key(plan_id: str) -> str:
    return f"plan:{plan_id}"


def _build_progress_key(plan_id: str, number: int) -> str:
    return f"plan-progress:{plan_id}:{number}"
