"""The protocol of state that several processes share."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """A stored value.

    Attributes:
        value: The value.
        seconds_left: Seconds until it expires.
    """

    value: bytes
    seconds_left: float


class ChannelListener(Protocol):
    """Receives the messages of a channel. Its methods are called in the event loop, and must not block."""

    def on_subscribed(self) -> None:
        """Messages arrive from now on; those that were published before may have been missed."""

    def on_message(self) -> None:
        """A message was published, by this process or by another one."""

    def on_lost(self) -> None:
        """Messages may be missed from now on, until `on_subscribed` is called again."""


class SharedState(Protocol):
    """Values, counts, lists and messages that processes share.

    Every value expires. Keys are texts of the form `kind:identifier`; a store adds a prefix of its own. Each
    method is atomic. All of them raise `StoreUnavailable` where a store cannot be reached; whether the
    command was carried out is then unknown.
    """

    @property
    def is_available(self) -> bool:
        """Whether the last command was carried out, as far as this process knows; nothing is sent."""

    async def read(self, key: str) -> Entry | None:
        """Return the value of a key; None without one."""

    async def write(self, key: str, value: bytes, *, seconds: float) -> None:
        """Set the value of a key, in place of an earlier one, for some seconds."""

    async def claim(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Set the value of a key that has none, and return whether it had none."""

    async def extend(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Let a value expire some seconds from now, and return whether the key still has this value."""

    async def delete(self, key: str, *, value: bytes | None = None) -> bool:
        """Delete a key, with `value` only if that is its value, and return whether it was deleted."""

    async def add_to_window(self, key: str, member: str, *, limit: int, seconds: float) -> float:
        """Add a member to a sliding window of time, unless the window holds `limit` members already.

        Args:
            key: The key of the window.
            member: Identifies the member within the window.
            limit: The most members.
            seconds: Seconds for which each member counts.

        Returns:
            0.0 if the member was added; otherwise the seconds until the window has room for one more.
        """

    async def remove_from_window(self, key: str, member: str) -> None:
        """Remove a member from a window."""

    async def measure_window(self, key: str, *, limit: int, seconds: float) -> float:
        """Return the seconds until a window has room for one more member; 0.0 if it has room now."""

    async def append(self, key: str, value: bytes, *, position: int, seconds: float) -> bool:
        """Add a value to the end of a list that has `position` values, and return whether it has as many.

        The whole list expires some seconds from now.
        """

    async def read_list(self, key: str) -> list[bytes]:
        """Return the values of a list, in the order in which they were added."""

    async def read_generation(self) -> str:
        """Return what identifies the content of the state: another text once content may have been lost.

        A store may lose all of it, or go back to an earlier content when it restarts.
        """

    async def publish(self, channel: str) -> None:
        """Send a message to the listeners of a channel; when it returns, it is under way to all of them."""

    async def listen(self, channel: str, listener: ChannelListener) -> None:
        """Call a listener until cancelled, and subscribe again whenever the store could not be reached.

        It never raises `StoreUnavailable`.
        """

    async def check(self) -> None:
        """Raise `StoreUnavailable` if the store accepts no changes."""

    async def aclose(self) -> None:
        """Close the connections to the store; no other method may be called afterwards."""
