"""Check the Host and Origin headers, to keep web pages from calling the server.

A page in a browser can reach servers on its user's machine or network under any host name (DNS rebinding). So
both the name by which a client reached the server and the page that sent the request are checked every time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.http.headers import RequestHeaders, get_headers
from dockerhub_mcp.server.http.responses import HTTPRejection

_HOST_PATTERN = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_MAX_REMEMBERED_HOSTS, _MAX_REMEMBERED_CHARS = 256, 255


def is_valid_host(text: str) -> bool:
    """Return whether the text is a host, with or without a port, as a Host header contains it."""
    return _HOST_PATTERN.fullmatch(text) is not None


def is_valid_origin(text: str) -> bool:
    """Return whether the text is a web origin: scheme and host, without a path."""
    scheme, _, host = text.lower().partition("://")
    return scheme in {"http", "https"} and is_valid_host(host)


class HostOriginPolicy:
    """Decides which Host and Origin headers are allowed.

    Args:
        allowed_hosts: Hosts allowed besides those of this machine; without a port, any port is allowed.
        allowed_origins: Origins of the web pages that may call the server.
        loopback_only: Whether the server listens on a loopback address only; pages that this machine serves
            may then call it.
    """

    def __init__(
        self, allowed_hosts: Sequence[str], allowed_origins: Sequence[str], *, loopback_only: bool
    ) -> None:
        self._allowed_hosts = {_split_host_port(host) for host in (*_LOOPBACK_HOSTS, *allowed_hosts)}
        self._allowed_origins = {origin.lower() for origin in allowed_origins}
        self._loopback_only = loopback_only
        self._accepted_hosts: set[str] = set()  # those that clients sent, as they wrote them

    def check_headers(self, headers: RequestHeaders) -> None:
        """Check one request.

        Raises:
            HTTPRejection: 421 for a Host that is not allowed, 403 for an Origin that is not.
        """
        host = headers.get("host", "")
        if host not in self._accepted_hosts and not self._accept_host(host):
            msg = "This server does not answer to the name in the Host header (--allowed-hosts adds names)."
            raise HTTPRejection(421, msg, log_fields={"host": host})
        origin = headers.get("origin")
        if origin is not None and not self._is_allowed_origin(origin.lower()):
            msg = "Web pages of this origin may not call this server (--allowed-origins adds origins)."
            raise HTTPRejection(403, msg, log_fields={"origin": origin})

    def _accept_host(self, host: str) -> bool:
        """Return whether a host is allowed; if it is, requests with it are no longer compared in full."""
        name, port = _split_host_port(host)
        if not name or not {(name, port), (name, "")} & self._allowed_hosts:
            return False
        if len(host) <= _MAX_REMEMBERED_CHARS and len(self._accepted_hosts) < _MAX_REMEMBERED_HOSTS:
            self._accepted_hosts.add(host)
        return True

    def _is_allowed_origin(self, origin: str) -> bool:
        if origin in self._allowed_origins:
            return True
        return (
            self._loopback_only
            and is_valid_origin(origin)
            and is_loopback(_split_host_port(origin.partition("://")[2])[0])
        )


class HostCheckMiddleware:
    """Applies a `HostOriginPolicy` to every request."""

    def __init__(self, app: ASGIApp, *, policy: HostOriginPolicy) -> None:
        self._app, self._policy = app, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPRejection: 421 or 403.
        """
        self._policy.check_headers(get_headers(scope))
        await self._app(scope, receive, send)


def _split_host_port(host: str) -> tuple[str, str]:
    found = _HOST_PATTERN.fullmatch(host)
    if found is None:
        return "", ""
    return found["name"].lower().rstrip("."), found["port"] or ""
