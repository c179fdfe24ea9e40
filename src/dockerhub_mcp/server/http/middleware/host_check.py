"""Which names the server answers to, and which web pages may call it.

A page in a browser can be made to reach servers on its user's machine or network, under any name (DNS
rebinding). So the name that a client used is checked on every request, and so is the page that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.datastructures import Headers

from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.http.responses import HTTPRejection

_HOST_PATTERN = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def is_valid_host(text: str) -> bool:
    """Tell whether a text is a name, with a port or without, as a Host header may hold it."""
    return _HOST_PATTERN.fullmatch(text) is not None


def is_valid_origin(text: str) -> bool:
    """Tell whether a text is the origin of a web page: scheme and host, nothing behind them."""
    scheme, _, host = text.lower().partition("://")
    return scheme in {"http", "https"} and is_valid_host(host)


class HostOriginPolicy:
    """Checks the Host and the Origin of requests.

    Args:
        allowed_hosts: Names beside those of this machine, with a port or without; without, any port will do.
        allowed_origins: Origins of web pages that may call.
        loopback_only: Whether the server listens on this machine only; pages that it serves itself may call then.
    """

    def __init__(
        self, allowed_hosts: Sequence[str], allowed_origins: Sequence[str], *, loopback_only: bool
    ) -> None:
        self._allowed_hosts = {_split_host_port(host) for host in (*_LOOPBACK_HOSTS, *allowed_hosts)}
        self._allowed_origins = {origin.lower() for origin in allowed_origins}
        self._loopback_only = loopback_only

    def check_headers(self, headers: Headers) -> None:
        """Let a request through.

        Raises:
            Refusal: 421 for a name that is not ours, 403 for a page that may not call.
        """
        name, port = _split_host_port(headers.get("host", ""))
        if not name or not {(name, port), (name, "")} & self._allowed_hosts:
            msg = "This server does not answer to the name in the Host header (--allowed-hosts names more)."
            raise HTTPRejection(421, msg)
        origin = headers.get("origin")
        if origin is not None and not self._is_allowed_origin(origin.lower()):
            msg = (
                "Web pages of this origin may not call this server (--allowed-origins names those that may)."
            )
            raise HTTPRejection(403, msg)

    def _is_allowed_origin(self, origin: str) -> bool:
        if origin in self._allowed_origins:
            return True
        return (
            self._loopback_only
            and is_valid_origin(origin)
            and is_loopback(_split_host_port(origin.partition("://")[2])[0])
        )


def _split_host_port(host: str) -> tuple[str, str]:
    found = _HOST_PATTERN.fullmatch(host)
    if found is None:
        return "", ""
    return found["name"].lower().rstrip("."), found["port"] or ""
