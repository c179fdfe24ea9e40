"""Compare the addresses of clients."""

from __future__ import annotations

import ipaddress

_IPV6_HOST_BITS = 64


def normalize_address(address: str) -> str:
    """Return an IPv4 address as it is, and for IPv6 its /64 network, which belongs to one customer."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a Unix socket has no IP address
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    network = int(parsed) >> _IPV6_HOST_BITS << _IPV6_HOST_BITS
    return f"{ipaddress.IPv6Address(network)}/{_IPV6_HOST_BITS}"


def is_in_networks(address: str, networks: tuple[str, ...]) -> bool:
    """Return whether an address is one of these addresses, or in one of these networks."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(network) for network in networks)
