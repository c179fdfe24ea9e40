"""Guessing is slow: how often an address may present credentials that are refused."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TRUSTED_FOR = 3600.0
_IPV6_HOST_BITS = 64


class Throttle:
    """Counts refused credentials for each address.

    A credential that was accepted from an address stays free there for an hour, so that one bad client behind
    a shared proxy does not lock out the good ones.

    Args:
        limit: How many may be refused within the window.
        window: Seconds after which a refusal no longer counts.
        at_once: How many that are not known yet may be tried at once.
        most: How many addresses and how many accepted credentials are kept; the least recently used go.
        now: Seconds on a clock that never goes back.
    """

    def __init__(
        self,
        limit: int = 10,
        window: float = 60.0,
        most: int = 10_000,
        at_once: int = 64,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._window = window
        self._most = most
        self._at_once = at_once
        self._now = now
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._tried: dict[str, Counter[bytes]] = {}
        self._accepted: OrderedDict[tuple[str, bytes], float] = OrderedDict()

    def retry_after(self, address: str, fingerprint: bytes) -> float | None:
        """Return the seconds that the address has to wait, or None when it may try now."""
        place = _place(address)
        moment = self._now()
        under_way = self._tried.get(place, Counter())
        if len(under_way) >= self._at_once and fingerprint not in under_way:
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
    def trying(self, address: str, fingerprint: bytes) -> Iterator[None]:
        """Note that a credential is being tried, which takes a while; until then it may be one too many."""
        place = _place(address)
        under_way = self._tried.setdefault(place, Counter())
        under_way[fingerprint] += 1
        try:
            yield
        finally:
            under_way[fingerprint] -= 1
            if not under_way[fingerprint]:
                del under_way[fingerprint]
            if not under_way:
                self._tried.pop(place, None)

    def failed(self, address: str) -> None:
        """Note that a credential from this address was refused."""
        place = _place(address)
        self._failures.setdefault(place, deque(maxlen=self._limit)).append(self._now())
        self._failures.move_to_end(place)
        if len(self._failures) > self._most:
            self._failures.popitem(last=False)

    def succeeded(self, address: str, fingerprint: bytes) -> None:
        """Note that this credential was accepted from this address."""
        known = (_place(address), fingerprint)
        self._accepted[known] = self._now()
        self._accepted.move_to_end(known)
        if len(self._accepted) > self._most:
            self._accepted.popitem(last=False)

    def _is_trusted(self, place: str, fingerprint: bytes, moment: float) -> bool:
        accepted = self._accepted.get((place, fingerprint))
        return accepted is not None and moment - accepted < _TRUSTED_FOR


def _place(address: str) -> str:
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
