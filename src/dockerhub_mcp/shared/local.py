"""The state of a server with one process, in memory."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cachetools import TLRUCache

from dockerhub_mcp.shared.state import ChannelListener, Entry

T = TypeVar("T")

MAX_KEYS = 10_000
"""The most keys of a kind; beyond, the least recently used ones are dropped."""


@dataclass(slots=True)
class _Item(Generic[T]):
    content: T
    expires_at: float


class _Items(Generic[T]):
    """Items that expire, a limited number of each kind.

    Args:
        clock: A monotonic clock, in seconds.
        max_keys: The most keys of a kind.
    """

    def __init__(self, clock: Callable[[], float], max_keys: int) -> None:
        def create_kind() -> TLRUCache[str, _Item[T]]:
            return TLRUCache(max_keys, ttu=lambda _, item, __: item.expires_at, timer=clock)

        self._clock = clock
        self._kinds: defaultdict[str, TLRUCache[str, _Item[T]]] = defaultdict(create_kind)

    def find(self, key: str) -> _Item[T] | None:
        """Return the item of a key, unless it has expired."""
        return self._kinds[_kind_of(key)].get(key)

    def put(self, key: str, content: T, *, seconds: float) -> None:
        """Set the item of a key for some seconds."""
        self._kinds[_kind_of(key)][key] = _Item(content, self._clock() + seconds)

    def remove(self, key: str) -> None:
        """Remove the item of a key, if there is one."""
        self._kinds[_kind_of(key)].pop(key, None)


class LocalState:
    """Keeps values, counts, lists and channels in the memory of this process.

    Args:
        clock: A monotonic clock, in seconds.
        max_keys: The most keys of a kind.
    """

    is_available = True

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, max_keys: int = MAX_KEYS) -> None:
        self._clock = clock
        self._values: _Items[bytes] = _Items(clock, max_keys)
        self._lists: _Items[list[bytes]] = _Items(clock, max_keys)
        self._windows: _Items[dict[str, float]] = _Items(clock, max_keys)  # with the time of each member
        self._all_items: tuple[_Items[Any], ...] = (self._values, self._lists, self._windows)
        self._listeners: defaultdict[str, list[ChannelListener]] = defaultdict(list)
        self._generation = secrets.token_hex(16)

    async def read(self, key: str) -> Entry | None:
        """Return the value of a key; None without one."""
        item = self._values.find(key)
        return None if item is None else Entry(item.content, item.expires_at - self._clock())

    async def write(self, key: str, value: bytes, *, seconds: float) -> None:
        """Set the value of a key, in place of an earlier one, for some seconds."""
        self._values.put(key, value, seconds=seconds)

    async def claim(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Set the value of a key that has none, and return whether it had none."""
        if self._values.find(key) is not None:
            return False
        self._values.put(key, value, seconds=seconds)
        return True

    async def extend(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Let a value expire some seconds from now, and return whether the key still has this value."""
        item = self._values.find(key)
        if item is None or item.content != value:
            return False
        self._values.put(key, value, seconds=seconds)
        return True

    async def delete(self, key: str, *, value: bytes | None = None) -> bool:
        """Delete a key, with `value` only if that is its value, and return whether it was deleted."""
        if value is None:
            is_found = any(items.find(key) is not None for items in self._all_items)
        else:
            item = self._values.find(key)
            is_found = item is not None and item.content == value
        if is_found:
            for items in self._all_items:
                items.remove(key)
        return is_found

    async def add_to_window(self, key: str, member: str, *, limit: int, seconds: float) -> float:
        """Add a member to a sliding window of time, unless the window holds `limit` members already.

        Returns:
            0.0 if the member was added; otherwise the seconds until the window has room for one more.
        """
        members, wait = self._measure(key, limit, seconds)
        if wait == 0.0:
            members.pop(member, None)  # the members are in the order of their time
            members[member] = self._clock()
            self._windows.put(key, members, seconds=seconds)
        return wait

    async def remove_from_window(self, key: str, member: str) -> None:
        """Remove a member from a window."""
        window = self._windows.find(key)
        if window is not None:
            window.content.pop(member, None)

    async def measure_window(self, key: str, *, limit: int, seconds: float) -> float:
        """Return the seconds until a window has room for one more member; 0.0 if it has room now."""
        return self._measure(key, limit, seconds)[1]

    def _measure(self, key: str, limit: int, seconds: float) -> tuple[dict[str, float], float]:
        """Return the members of a window that count, and the seconds until it has room for one more."""
        window = self._windows.find(key)
        if window is None:
            return {}, 0.0
        now = self._clock()
        window.content = {member: at for member, at in window.content.items() if at + seconds > now}
        excess = len(window.content) - limit
        if excess < 0:
            return window.content, 0.0
        return window.content, list(window.content.values())[excess] + seconds - now

    async def append(self, key: str, value: bytes, *, seconds: float) -> None:
        """Add a value to the end of a list, and let the whole list expire some seconds from now."""
        item = self._lists.find(key)
        values = [] if item is None else item.content
        values.append(value)
        self._lists.put(key, values, seconds=seconds)

    async def read_list(self, key: str) -> list[bytes]:
        """Return the values of a list, in the order in which they were added."""
        item = self._lists.find(key)
        return list(item.content) if item else []

    async def read_generation(self) -> str:
        """Return what identifies the content of the state: the same text as long as the process lives."""
        return self._generation

    async def publish(self, channel: str) -> None:
        """Send a message to the listeners of a channel in this process."""
        for listener in list(self._listeners[channel]):
            listener.on_message()

    async def listen(self, channel: str, listener: ChannelListener) -> None:
        """Call a listener until cancelled."""
        self._listeners[channel].append(listener)
        try:
            listener.on_subscribed()
            await asyncio.Event().wait()
        finally:
            self._listeners[channel].remove(listener)

    async def check(self) -> None:
        """Do nothing: memory is always available."""

    async def aclose(self) -> None:
        """Do nothing: memory needs no closing."""


def _kind_of(key: str) -> str:
    return key.partition(":")[0]
