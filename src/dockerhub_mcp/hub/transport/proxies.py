"""Find the proxy of a request in the environment variables. Uses only the standard library.

Only the variable that counts for a request is looked at, because hosts pass on variables that are meant for
other programs. No message quotes the value of a variable, which may hold a password.
"""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from dockerhub_mcp.hub.errors import ConnectionFailed

_HTTP_SCHEMES, _SOCKS_SCHEMES = ("http", "https"), ("socks5", "socks5h")
_DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_NAMED_SCHEMES = frozenset({"socks", "socks4", "socks4a", "ftp", "ws", "wss", "file", "pac", "quic", "ssh"})
_HOST_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?")
_PRINTABLE = re.compile(r"[\x21-\x7e]*")
_QUOTES = "'\""
_HTTPS_PORT = 443
_NETWORK_REMEDY = (
    "Write it as http://proxy.example.com:3128, with user name and password percent-encoded, or unset it."
)


class Proxy(NamedTuple):
    """A proxy that requests go through.

    Attributes:
        url: Its URL with a scheme and a port, and the credentials if there are any.
        source: The environment variable that names it.
    """

    url: str
    source: str

    def __repr__(self) -> str:
        """Return the source without the URL, which may hold credentials."""
        return f"Proxy(source={self.source!r})"

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS, not HTTP."""
        return self.url.startswith("socks")

    @property
    def has_credentials(self) -> bool:
        """Whether the variable holds a user name or a password."""
        return "@" in self.url


def find_proxy(url: str, environment: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for requests to a URL; None where they are sent directly.

    HTTPS_PROXY counts before ALL_PROXY, a name in lower case before one in upper case, and hosts in NO_PROXY
    are reached directly. Plain HTTP, which is for this machine only, uses no proxy: it could read the token.

    Args:
        url: The URL.
        environment: The environment variables.

    Raises:
        ConnectionFailed: The variable that counts cannot be used.
    """
    parts = urlsplit(url)
    found = find_proxy_variable(environment)
    if parts.scheme != "https" or found is None or is_exempt(parts, environment):
        return None
    variable, value = found
    return Proxy(_parse_proxy_url(variable, value), variable)


def find_proxy_variable(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the name and the value of the variable that names the proxy for https, if any is set."""
    return _find_variable(environment, "https_proxy") or _find_variable(environment, "all_proxy")


def _find_variable(environment: Mapping[str, str], name: str) -> tuple[str, str] | None:
    """Return a variable in lower or upper case with its value, without blanks and quotes around it."""
    for variable in (name, name.upper()):
        if variable in environment:
            value = _strip(environment[variable])
            return (variable, value) if value else None
    return None


def _strip(value: str) -> str:
    value = value.strip()
    while len(value) > 1 and value[0] == value[-1] and value[0] in _QUOTES:
        value = value[1:-1].strip()
    return value.strip(f"{_QUOTES} \t\r\n")


def is_exempt(parts: SplitResult, environment: Mapping[str, str]) -> bool:
    """Return whether NO_PROXY lists the host of a URL, by itself or with the port of the URL.

    An entry is a host, which includes its subdomains, an IP address or a network. `*` exempts every host.

    Args:
        parts: The URL.
        environment: The environment variables.
    """
    host = (parts.hostname or "").lower().rstrip(".")
    port = parts.port or _HTTPS_PORT
    return any(_matches(entry, host, port) for entry in _iterate_exemptions(environment))


def _iterate_exemptions(environment: Mapping[str, str]) -> Iterator[str]:
    found = _find_variable(environment, "no_proxy")
    for entry in re.split(r"[,;\s]+", found[1] if found else ""):
        if entry := _strip(entry).lower():
            yield entry


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if "://" in entry:
        scheme, _, entry = entry.partition("://")
        if scheme not in {"https", "all"}:
            return False
    entry = entry.rstrip("/")
    if address := _parse_network(entry):
        return _is_in_network(host, address)
    name, colon, number = entry.rpartition(":")
    if colon and number.isdecimal():
        if int(number) != port:
            return False
        entry = name
    if address := _parse_network(entry.strip("[]")):
        return _is_in_network(host, address)
    name = entry.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _parse_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _is_in_network(host: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")) in network
    except ValueError:
        return False


def _parse_proxy_url(variable: str, value: str) -> str:
    """Return the URL of a proxy with its scheme and port.

    Raises:
        ConnectionFailed: It is not the URL of a proxy that can be used.
    """
    text = value if "://" in value else f"http://{value}"
    scheme = text.partition("://")[0].lower()
    if scheme not in _DEFAULT_PORTS:
        named = f" ({scheme})" if scheme in _NAMED_SCHEMES else ""
        remedy = (
            "Write socks5h:// for a SOCKS proxy, or http:// for an HTTP proxy."
            if scheme.startswith("socks")
            else _NETWORK_REMEDY
        )
        flaw = f"its scheme{named} is none of http, https, socks5 and socks5h"
        raise unusable_error(variable, flaw, remedy)
    if flaw := _find_flaw(text):
        raise unusable_error(variable, flaw)
    if scheme in _SOCKS_SCHEMES and find_spec("socksio") is None:
        remedy = "Install it with: pip install 'dockerhub-mcp[socks]'. Or name an HTTP proxy, or unset it."
        raise unusable_error(variable, "it names a SOCKS proxy, which needs an extra", remedy)
    parts = urlsplit(text)
    credentials, at_sign, _ = parts.netloc.rpartition("@")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{scheme}://{credentials}{at_sign}{host}:{parts.port or _DEFAULT_PORTS[scheme]}"


def _find_flaw(url: str) -> str:
    """Return what is wrong with the URL of a proxy, without quoting it; empty for nothing."""
    if not _PRINTABLE.fullmatch(url):
        return "it holds blanks, control or non-ASCII characters"
    authority, *rest = re.split(r"[/?#]", url.partition("://")[2])
    if authority.count("@") > 1 or any("@" in part for part in rest):
        return "its user name or password holds a character that must be percent-encoded"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "its host or port is not one"
    if not host:
        return "it names no host"
    if port == 0 or not (_HOST_NAME.fullmatch(host) or _parse_network(host)):
        return "its host or port is not one"
    return "" if parts.path in {"", "/"} and not parts.query else "it has a path, which no proxy has"


def unusable_error(variable: str, flaw: str, remedy: str = _NETWORK_REMEDY) -> ConnectionFailed:
    """Return the error of a variable that names no usable proxy.

    Args:
        variable: The variable.
        flaw: What is wrong with its value, without quoting it.
        remedy: What to do.
    """
    return ConnectionFailed.before_sending(f"{variable} cannot be used: {flaw}.", remedy=remedy)


def select_proxy_variables(environment: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return the variables to find a proxy in.

    Args:
        environment: The environment variables; None for those of this process. On macOS and Windows, the
            system's settings count where no variable is set.
    """
    has_system_settings = sys.platform in {"darwin", "win32"}
    if environment is not None and (not has_system_settings or find_proxy_variable(environment)):
        return environment
    import urllib.request  # noqa: PLC0415 - takes as long to load as the rest of the start-up

    return {f"{name.upper()}_PROXY": value for name, value in urllib.request.getproxies().items()}
