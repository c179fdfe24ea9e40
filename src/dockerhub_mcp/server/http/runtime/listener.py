"""Where the server listens: its sockets, its certificate, and how it stops without losing anybody."""

from __future__ import annotations

import array
import errno
import ipaddress
import os
import socket
import ssl
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import SettingsError

_BACKLOG = 2048  # connections that wait at the kernel; it may allow fewer

# A filter for a listening socket, in the kernel's own small language: drop a packet with SYN, take any other.
_LOAD_BYTE, _JUMP_IF_BITS, _RETURN = 0x30, 0x45, 0x06
_FLAGS_OF_TCP, _SYN, _WHOLE = 13, 0x02, 0xFFFF_FFFF
_FILTER = (
    (_LOAD_BYTE, 0, 0, _FLAGS_OF_TCP),
    (_JUMP_IF_BITS, 0, 1, _SYN),
    (_RETURN, 0, 0, 0),
    (_RETURN, 0, 0, _WHOLE),
)
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27  # Linux; Python has no names for them


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenConfig:
    """Where and how to listen."""

    host: str = "127.0.0.1"
    port: int = 8000  # 0 for a free one
    workers: int = 1
    grace_period: float = 30.0  # seconds that calls under way may take once the server was told to stop
    tls_cert: Path | None = None
    tls_key: Path | None = None  # None: it is in the file of the certificate
    forwarded_allow_ips: tuple[str, ...] = ()  # proxies whose X-Forwarded-For and -Proto count
    max_connections: int = 1024  # of one worker; further ones get 503
    keep_alive: float = 75.0  # seconds an idle connection is kept; above the usual 60 s of proxies
    header_timeout: float = 15.0  # seconds for a client to send the head of a request
    write_timeout: float = 60.0  # seconds in which a client must take something of its answer


class Listener(socket.socket):
    """A listening socket whose queue stays long, though asyncio is told to take only a few at once."""

    def listen(self, backlog: int = _BACKLOG, /) -> None:  # noqa: ARG002 - asyncio's number is not for this
        """Listen, with a long queue."""
        super().listen(_BACKLOG)


Listeners = list[list[Listener]]
"""For each worker its sockets, one for each address of the host."""


@contextmanager
def open_listeners(listen_config: ListenConfig) -> Iterator[tuple[Listeners, str]]:
    """Listen for every worker; returns the sockets and the URL, and closes what is left open.

    On Linux, workers have sockets of their own on one port (SO_REUSEPORT), which spreads connections that are
    opened at once much more evenly than workers that take from one queue. The parent keeps all of them open:
    connections that wait for a worker that died wait for the one that takes its place.

    Raises:
        SettingsError: The address cannot be listened on; the message names the option.
    """
    opened: list[Listener] = []
    shared = (
        listen_config.workers == 1 or sys.platform != "linux"
    )  # elsewhere the option does not share evenly
    workers: Listeners = [[] for _ in range(listen_config.workers)]
    port, trouble = listen_config.port, None
    try:
        for family, address in _resolve_addresses(listen_config):
            try:
                for worker in workers:
                    if shared and worker is not workers[0]:
                        worker.append(opened[-1])
                        continue
                    listener = _open_listener(
                        family, (address[0], port, *address[2:]), first=worker is workers[0]
                    )
                    opened.append(listener)
                    worker.append(listener)
                    port = listener.getsockname()[1]
            except OSError as error:
                # A name such as localhost may have an IPv6 address where the machine has no IPv6.
                if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                    raise _bind_error(error, listen_config) from None
                trouble = _bind_error(error, listen_config)
        if not opened and trouble is not None:
            raise trouble
        host = f"[{listen_config.host}]" if ":" in listen_config.host else listen_config.host
        yield workers, f"{'https' if listen_config.tls_cert else 'http'}://{host}:{port}"
    finally:
        for listener in opened:
            listener.close()


def _resolve_addresses(listen_config: ListenConfig) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    try:
        found = socket.getaddrinfo(listen_config.host or None, listen_config.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError):
        found = []
    if not found or not listen_config.host:
        msg = f"--host {listen_config.host!r} is no address and no known name; use 127.0.0.1, 0.0.0.0 or ::"
        raise SettingsError(msg)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _open_listener(family: socket.AddressFamily, address: tuple[Any, ...], *, first: bool) -> Listener:
    # With the protocol told, asyncio switches off the delay of small packets; without, an answer's body would
    # wait for the client to acknowledge its head, some 40 ms.
    listener = Listener(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it means that anybody may take the port away
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if not first:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        if first and sys.platform == "linux":
            # Shared only once it is ours: otherwise a second server would get half of this one's connections.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.listen()
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


def _bind_error(error: OSError, listen_config: ListenConfig) -> SettingsError:
    reasons = {
        errno.EADDRINUSE: f"--port {listen_config.port} is in use on {listen_config.host}; stop what listens there, "
        "or choose another, or 0 for a free one",
        errno.EACCES: f"--port {listen_config.port} is not for everybody; choose one above 1023",
        errno.EADDRNOTAVAIL: f"--host {listen_config.host} is no address of this machine; "
        "use 127.0.0.1, or 0.0.0.0 for all",
    }
    reason = reasons.get(error.errno or 0)
    return SettingsError(
        reason or f"--host {listen_config.host} cannot be listened on: {error.strerror or error}"
    )


def hold_back(listener: Listener) -> None:
    """Let no further connection be opened, while those that are half open are completed.

    Whoever waits in the queue of a listener that is closed is lost, and between the last look at an empty
    queue and the closing somebody can come. So the door is shut first, where the kernel can (Linux).
    """
    if sys.platform == "linux":
        program = array.array("B", b"".join(struct.pack("HBBI", *step) for step in _FILTER))
        with suppress(OSError):
            option = struct.pack("HP", len(_FILTER), program.buffer_info()[0])
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, option)


def let_in(listener: Listener) -> None:
    """Undo `hold_back`, which a worker may have done that was stopped alone."""
    if sys.platform == "linux":
        with suppress(OSError):  # there was nothing to undo
            listener.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)


def create_ssl_context(listen_config: ListenConfig) -> ssl.SSLContext | None:
    """Read the certificate, for TLS 1.2 and above.

    Raises:
        SettingsError: A file cannot be used; the message names the option.
    """
    if listen_config.tls_cert is None:
        if listen_config.tls_key is None:
            return None
        msg = "--tls-key needs --tls-cert, the certificate that it belongs to"
        raise SettingsError(msg)
    cert, key = listen_config.tls_cert, listen_config.tls_key
    key_option = f"--tls-key {key}" if key else f"--tls-cert {cert}"
    _check_readable("--tls-cert", cert)
    if key:
        _check_readable("--tls-key", key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        # A throwaway context tells a bad certificate from a bad key, which the error does not.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cert)
    except (ssl.SSLError, OSError):
        msg = f"--tls-cert {cert} holds no certificate in PEM"
        raise SettingsError(msg) from None
    try:
        # Without a password OpenSSL would ask for one on the terminal.
        context.load_cert_chain(cert, key, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError) as error:
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            msg = f"{key_option} is not the key of the first certificate in --tls-cert {cert}"
        else:
            msg = f"{key_option} holds no key in PEM that can be read without a password"
            msg += "" if key else "; name its file with --tls-key"
        raise SettingsError(msg) from None
    return context


def _check_readable(option: str, path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        msg = f"{option} {path} cannot be read: {error.strerror}"
        raise SettingsError(msg) from None


def validate_trusted_proxies(listen_config: ListenConfig) -> None:
    """Stop at a name: it would be trusted by nobody, and nobody would know.

    Raises:
        SettingsError: An entry is no address and no network.
    """
    for entry in listen_config.forwarded_allow_ips:
        try:
            ipaddress.ip_network(entry)
        except ValueError as error:
            msg = f"--forwarded-allow-ips {entry}: {error}; give addresses, or networks such as 10.0.0.0/8"
            raise SettingsError(msg) from None
