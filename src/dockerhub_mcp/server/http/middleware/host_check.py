"""Which names the server answers to, and which web pages may call it.

A page in a browser can be made to reach servers on its user's machine or network, under any name (DNS
rebinding). So the name that a client used is checked on every request, and so is the page that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.datastructures import Headers

from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.http.responses import Refusal

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


def is_host(text: str) -> bool:
    """Tell whether a text is a name, with a port or without, as a Host header may hold it."""
    return _HOST.fullmatch(text) is not None


def is_origin(text: str) -> bool:
    """Tell whether a text is the origin of a web page: scheme and host, nothing behind them."""
    scheme, _, host = text.lower().partition("://")
    return scheme in {"http", "https"} and is_host(host)


class Front:
    """Checks the Host and the Origin of requests.

    Args:
        hosts: Names beside those of this machine, with a port or without; without, any port will do.
        origins: Origins of web pages that may call.
        local: Whether the server listens on this machine only; pages that it serves itself may call then.
    """

    def __init__(self, hosts: Sequence[str], origins: Sequence[str], *, local: bool) -> None:
        self._hosts = {_split(host) for host in (*_LOCAL, *hosts)}
        self._origins = {origin.lower() for origin in origins}
        self._local = local

    def check(self, headers: Headers) -> None:
        """Let a request through.

        Raises:
            Refusal: 421 for a name that is not ours, 403 for a page that may not call.
        """
        name, port = _split(headers.get("host", ""))
        if not name or not {(name, port), (name, "")} & self._hosts:
            msg = "This server does not answer to the name in the Host header (--allowed-hosts names more)."
            raise Refusal(421, msg)
        origin = headers.get("origin")
        if origin is not None and not self._may_call(origin.lower()):
            msg = (
                "Web pages of this origin may not call this server (--allowed-origins names those that may)."
            )
            raise Refusal(403, msg)

    def _may_call(self, origin: str) -> bool:
        if origin in self._origins:
            return True
        return self._local and is_origin(origin) and is_loopback(_split(origin.partition("://")[2])[0])


def _split(host: str) -> tuple[str, str]:
    found = _HOST.fullmatch(host)
    if found is None:
        return "", ""
    return found["name"].lower().rstrip("."), found["port"] or ""
