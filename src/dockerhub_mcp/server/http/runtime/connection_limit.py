"""Limit the connections that an address, or a caller, keeps from others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import Enum, auto

from dockerhub_mcp.server.http.addresses import is_in_networks, normalize_address


class Admission(Enum):
    """What becomes of a new connection."""

    ACCEPT = auto()
    REJECT_ADDRESS = auto()
    """Its request is answered with 429: its address has too many connections."""
    REJECT_TOTAL = auto()
    """Its request is answered with 503: the server has too many connections."""
    ABORT = auto()
    """It is closed at once: even those that are rejected are too many."""


class ConnectionLimiter:
    """Counts connections in total, those without an accepted request by address, and the others by caller.

    Args:
        max_connections: Connections in total.
        max_unauthenticated: Connections of one address over which no request of a known caller came yet. As
            many again are rejected with an explanation.
        max_per_caller: Connections of one caller that are kept open between two requests.
        proxies: Addresses and networks of proxies: their connections are those of many clients.
    """

    def __init__(
        self,
        *,
        max_connections: int,
        max_unauthenticated: int,
        max_per_caller: int,
        proxies: tuple[str, ...] = (),
    ) -> None:
        self._max_connections, self._max_unauthenticated = max_connections, max_unauthenticated
        self._max_per_caller, self._proxies = max_per_caller, proxies
        self._accepted = 0
        self._counts: Counter[str] = Counter()

    def open(self, address: str) -> ConnectionState:
        """Count a new connection and decide whether it is accepted."""
        is_proxy = is_in_networks(address, self._proxies)
        key = f"unauthenticated {normalize_address(address)}"
        if not is_proxy and self._counts[key] >= self._max_unauthenticated:
            rejected_key = f"rejected {key}"
            if self._counts[rejected_key] >= self._max_unauthenticated:
                return ConnectionState(Admission.ABORT, self)
            return ConnectionState(Admission.REJECT_ADDRESS, self, rejected_key)
        if self._accepted >= self._max_connections:
            return ConnectionState(Admission.REJECT_TOTAL, self)
        self._accepted += 1
        return ConnectionState(Admission.ACCEPT, self, "" if is_proxy else key, is_proxy=is_proxy)

    def count(self, key: str) -> int:
        """Count a connection under a key, and return how many there are now."""
        self._counts[key] += 1
        return self._counts[key]

    def discount(self, key: str) -> None:
        """Stop counting a connection under a key."""
        self._counts[key] -= 1
        if not self._counts[key]:
            del self._counts[key]

    def release(self) -> None:
        """Stop counting an accepted connection."""
        self._accepted -= 1

    @property
    def max_per_caller(self) -> int:
        """The number of connections of one caller that are kept open between two requests."""
        return self._max_per_caller


class ConnectionState:
    """One connection, and what it is counted under.

    Args:
        admission: What becomes of it.
        limiter: Counts it.
        key: What it is counted under; empty for nothing.
        is_proxy: Whether it is a trusted proxy's, which belongs to no caller.

    Attributes:
        on_surplus: Called when its caller has so many connections that this one should not be kept open.
        on_disconnect: Called when the connection is lost; set while a request needs to know.
        has_whole_body: Returns whether the body of the current request has arrived, so that receiving it does
            not wait.
        coalesces_response: Set by the application before it sends all parts of a response in one go.
    """

    def __init__(
        self, admission: Admission, limiter: ConnectionLimiter, key: str = "", *, is_proxy: bool = False
    ) -> None:
        self.admission = admission
        self.on_surplus: Callable[[], None] | None = None
        self.on_disconnect: Callable[[], None] | None = None
        self.has_whole_body: Callable[[], bool] | None = None
        self.coalesces_response = False
        self._limiter, self._key, self._is_proxy = limiter, "", is_proxy
        self._count_under(key)

    def mark_authenticated(self, caller: str) -> None:
        """Count the connection for the caller of an accepted request, and no longer for its address."""
        key = f"caller {caller}"
        if self._is_proxy or key == self._key:
            return
        if self._count_under(key) > self._limiter.max_per_caller and self.on_surplus is not None:
            self.on_surplus()

    def close(self) -> None:
        """Stop counting the connection, which is lost."""
        if self.on_disconnect is not None:
            self.on_disconnect()
        self._count_under("")
        if self.admission is Admission.ACCEPT:
            self._limiter.release()

    def _count_under(self, key: str) -> int:
        if self._key:
            self._limiter.discount(self._key)
        self._key = key
        return self._limiter.count(key) if key else 0
