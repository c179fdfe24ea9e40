"""Guessing is slow: how often an address may present credentials that are refused."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TRUST_TTL = 3600.0
_IPV6_HOST_BITS = 64


class Throttle:
    """Counts refused credentials for each address.

    A credential that was accepted from an address stays free there for an hour, so that one bad client behind
    a shared proxy does not lock out the good ones.

    Args:
        limit: How many may be refused within the window.
        window: Seconds after which a refusal no longer counts.
        max_concurrent: How many that are not known yet may be tried at once.
        max_entries: How many addresses and how many accepted credentials are kept; the least recently used go.
        clock: Seconds on a clock that never goes back.
    """

    def __init__(
        self,
        limit: int = 10,
        window: float = 60.0,
        max_entries: int = 10_000,
        max_concurrent: int = 64,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._window = window
        self._max_entries = max_entries
        self._max_concurrent = max_concurrent
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._attempts: dict[str, Counter[bytes]] = {}
        self._accepted_at: OrderedDict[tuple[str, bytes], float] = OrderedDict()

    def retry_after(self, address: str, fingerprint: bytes) -> float | None:
        """Return the seconds that the address has to wait, or None when it may try now."""
        place = _normalize_address(address)
        moment = self._clock()
        under_way = self._attempts.get(place, Counter())
        if len(under_way) >= self._max_concurrent and fingerprint not in under_way:
            return None if self._is_trusted(place, fingerprint, moment) else 1.0
        failures = self._failures.get(place)
        if failures is None:
            return None
        self._failures.move_to_end(place)
        # Only the last `limit` moments are kept, so the first of them is the one that has to grow old.
        wait = failures[0] + self._window - moment if len(failures) == self._limit else 0.0
        if wait <= 0 or self._is_trusted(place, fingerprint, moment):
            return None
        return wait

    @contextmanager
    def track_attempt(self, address: str, fingerprint: bytes) -> Iterator[None]:
        """Note that a credential is being tried, which takes a while; until then it may be one too many."""
        place = _normalize_address(address)
        under_way = self._attempts.setdefault(place, Counter())
        under_way[fingerprint] += 1
        try:
            yield
        finally:
            under_way[fingerprint] -= 1
            if not under_way[fingerprint]:
                del under_way[fingerprint]
            if not under_way:
                self._attempts.pop(place, None)

    def record_failure(self, address: str) -> None:
        """Note that a credential from this address was refused."""
        place = _normalize_address(address)
        self._failures.setdefault(place, deque(maxlen=self._limit)).append(self._clock())
        self._failures.move_to_end(place)
        if len(self._failures) > self._max_entries:
            self._failures.popitem(last=False)

    def record_success(self, address: str, fingerprint: bytes) -> None:
        """Note that this credential was accepted from this address."""
        known = (_normalize_address(address), fingerprint)
        self._accepted_at[known] = self._clock()
        self._accepted_at.move_to_end(known)
        if len(self._accepted_at) > self._max_entries:
            self._accepted_at.popitem(last=False)

    def _is_trusted(self, address: str, fingerprint: bytes, now: float) -> bool:
        accepted = self._accepted_at.get((address, fingerprint))
        return accepted is not None and now - accepted < _TRUST_TTL


def _normalize_address(address: str) -> str:
    """Return what counts as one address: one for IPv4, the network of one customer for IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a socket in the file system has no address of this kind
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    network = int(parsed) >> _IPV6_HOST_BITS << _IPV6_HOST_BITS
    return f"{ipaddress.IPv6Address(network)}/{_IPV6_HOST_BITS}"
