"""The protocol of sign-ins that the replicas of a server share; without it, each signs in by itself."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol


class SharedBearer(NamedTuple):
    """A bearer token that a replica keeps for all.

    Attributes:
        token: The encoded token.
        seconds_left: Seconds until it is due for renewal.
    """

    token: str
    seconds_left: float

    def __repr__(self) -> str:
        """Return the time left without the token."""
        return f"SharedBearer(seconds_left={self.seconds_left!r})"


class SharedRefusal(NamedTuple):
    """The record of a refusal that a replica keeps for all.

    Attributes:
        record: The record.
        seconds_left: Seconds until it expires.
    """

    record: bytes
    seconds_left: float


class SharedSignIns(Protocol):
    """What replicas know of one another's sign-ins.

    No method raises an error where the replicas cannot reach one another: there is then no bearer token and
    no refusal, a turn is granted, and a try is allowed, so that each replica goes on by itself. Names differ
    neither by case nor by surrounding space.
    """

    @property
    def is_available(self) -> bool:
        """Whether replicas can reach one another, as far as this process knows."""

    async def find_bearer(self, name: str, secret: str) -> SharedBearer | None:
        """Return the bearer token of a name and secret, unless this process discarded it."""

    async def keep_bearer(self, name: str, secret: str, token: str, *, seconds: float) -> None:
        """Keep a bearer token for some seconds, and remember the secret as the one accepted last."""

    async def discard_bearer(self, name: str, secret: str, token: str) -> None:
        """Drop a bearer token that the Hub rejected, unless another one is kept by now."""

    async def has_accepted_other(self, name: str, secret: str) -> bool:
        """Return whether the Hub accepted another secret of a name last."""

    def take_turn(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Take the turn to sign in under a name until the end of the block, and yield whether it was free."""

    async def find_refusal(self, name: str, secret: str = "") -> SharedRefusal | None:
        """Return the record of a refusal: of a name and secret, or of a whole name."""

    async def keep_refusal(self, name: str, secret: str, record: bytes, *, seconds: float) -> None:
        """Keep the record of a refusal for some seconds; with an empty secret that of a whole name."""

    async def clear_refusal(self, name: str, secret: str) -> None:
        """Drop the record of a refusal."""

    async def add_try(self, name: str, try_id: str, *, limit: int) -> float:
        """Count a sign-in under a name as one that may fail.

        Args:
            name: The user name.
            try_id: Identifies the sign-in among those of the name.
            limit: The most sign-ins to count within the window of the sign-in guard.

        Returns:
            0.0 if it was counted; otherwise the seconds until another one may be.
        """

    async def remove_try(self, name: str, try_id: str) -> None:
        """Count a sign-in no more: it did not fail."""
