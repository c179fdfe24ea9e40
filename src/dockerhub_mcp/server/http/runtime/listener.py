"""Open the server's listening sockets."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import SettingsError

BACKLOG = 2048  # connections that wait in the kernel's queue; the kernel may cap it lower


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenConfig:
    """Address, TLS files, timeouts and limits of the HTTP listener.

    Attributes:
        host: Address or host name to listen on.
        port: Port; 0 for a free one.
        drain_delay: Seconds for which new requests are still served after the first stop signal.
        grace_period: Seconds for which calls under way may continue once the listener is closed.
        tls_cert: Certificate chain, PEM; None for plain HTTP.
        tls_key: Private key, PEM; None if `tls_cert` contains it.
        forwarded_allow_ips: Addresses and networks of proxies with trusted `X-Forwarded-*` headers.
        max_connections: Open connections; further ones are answered with 503.
        max_unauthenticated: Open connections of one address over which no accepted request came yet; further
            ones are answered with 429.
        keep_alive: Seconds for which an idle connection is kept; longer than the usual 60 s of proxies.
        header_timeout: Seconds for a client to send a request's headers, or to complete a TLS handshake.
        write_timeout: Seconds in which a client must read at least part of its response.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    drain_delay: float = 0.0
    grace_period: float = 30.0
    tls_cert: Path | None = None
    tls_key: Path | None = None
    forwarded_allow_ips: tuple[str, ...] = ()
    max_connections: int = 1024
    max_unauthenticated: int = 128
    keep_alive: float = 75.0
    header_timeout: float = 15.0
    write_timeout: float = 60.0


@contextmanager
def open_listeners(listen_config: ListenConfig) -> Iterator[tuple[list[socket.socket], str]]:
    """Listen on every address of the host, and close the sockets afterwards.

    Yields:
        One socket per address, all on the same port, and the server's base URL.

    Raises:
        SettingsError: The address cannot be listened on; the message names the option.
    """
    listeners: list[socket.socket] = []
    port, unavailable = listen_config.port, None
    try:
        for family, address in _resolve_addresses(listen_config):
            try:
                listeners.append(_open_listener(family, (address[0], port, *address[2:])))
            except OSError as error:
                # A name such as localhost may resolve to an IPv6 address on a machine without IPv6.
                if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                    raise _bind_error(error, listen_config) from None
                unavailable = _bind_error(error, listen_config)
            else:
                port = listeners[-1].getsockname()[1]
        if not listeners and unavailable is not None:
            raise unavailable
        host = f"[{listen_config.host}]" if ":" in listen_config.host else listen_config.host
        yield listeners, f"{'https' if listen_config.tls_cert else 'http'}://{host}:{port}"
    finally:
        for listener in listeners:
            listener.close()


def _resolve_addresses(listen_config: ListenConfig) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    try:
        found = socket.getaddrinfo(listen_config.host or None, listen_config.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError):
        found = []
    if not found or not listen_config.host:
        msg = f"--host {listen_config.host!r} is not an address or a known name; use 127.0.0.1, 0.0.0.0 or ::"
        raise SettingsError(msg)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _open_listener(family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket:
    # asyncio sets TCP_NODELAY only if the protocol is given. Without it, a response's body would wait about
    # 40 ms for the client to acknowledge the headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # on Windows, SO_REUSEADDR would let another program take over the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


def _bind_error(error: OSError, listen_config: ListenConfig) -> SettingsError:
    reasons = {
        errno.EADDRINUSE: f"--port {listen_config.port} is in use on {listen_config.host}; "
        "stop the program that listens there, or choose another port, or 0 for a free one",
        errno.EACCES: f"--port {listen_config.port} needs extra privileges; choose one above 1023",
        errno.EADDRNOTAVAIL: f"--host {listen_config.host} is not an address of this machine; "
        "use 127.0.0.1, or 0.0.0.0 for all interfaces",
    }
    reason = reasons.get(error.errno or 0)
    return SettingsError(
        reason or f"--host {listen_config.host} cannot be listened on: {error.strerror or error}"
    )


def validate_trusted_proxies(listen_config: ListenConfig) -> None:
    """Reject proxies given by name: uvicorn would silently trust none of them.

    Raises:
        SettingsError: An entry is neither an address nor a network.
    """
    for entry in listen_config.forwarded_allow_ips:
        try:
            ipaddress.ip_network(entry)
        except ValueError as error:
            msg = f"--forwarded-allow-ips {entry}: {error}; give addresses, or networks such as 10.0.0.0/8"
            raise SettingsError(msg) from None
