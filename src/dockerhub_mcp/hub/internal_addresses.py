"""Removal of internal addresses and stack traces, which some messages of the Hub contain."""

from __future__ import annotations

import ipaddress
import re

_URL = re.compile(r"\b\w{2,9}://[^\s\"'<>\\]+")
_PUBLIC_URL = re.compile(
    r"https://(?:(?:www|hub|docs|app|login|status)\.docker\.com|www\.dockerstatus\.com)(?:[/?#]|$)"
)
_PATH = r"(?::\d{1,5})?(?:/[^\s\"'<>,;)\]]*)?"
_INTERNAL_HOST = re.compile(
    # Names of a private network, with or without a port: accounts.default.svc.cluster.local:8080.
    r"(?<![\w./@-])(?:[a-z0-9_-]{1,63}\.){1,9}"
    r"(?:svc(?:\.cluster\.local)?|cluster\.local|internal|local|localdomain|lan|corp|intranet|consul"
    rf"|[a-z0-9-]+\.amazonaws\.com)\b(?!\.?[\w-]){_PATH}"
    # Names of services, told by their port or by the dots after them: accounts-api:8080.
    r"|(?<![\w./@-])[a-z0-9]+(?:-[a-z0-9]+)*-(?:api|svc|service|server|backend|grpc|gateway|proxy|db)"
    rf"(?:(?:\.[a-z0-9-]+){{2,9}}(?::\d{{2,5}})?|:\d{{3,5}})(?!\.?[\w-])(?:/[^\s\"'<>,;)\]]*)?"
    rf"|(?<![\w./@-])localhost:\d{{2,5}}\b",
    re.IGNORECASE,
)
_DIALED_HOST = re.compile(
    r"(\b(?:dial|read|write|lookup|connect(?:ed|ing)? to|upstream|resolve host):? (?:(?:tcp|udp)[46]? )?)"
    r"(?![\"'(])([a-z0-9_.:\[\]-]*[a-z0-9_-]\.[a-z0-9_.:\[\]-]*\w|[a-z0-9_-]+:\d{2,5})",
    re.IGNORECASE,
)
_IPV4 = re.compile(
    r"(?<![\w.'\"`/-])(?P<address>(?:\d{1,3}\.){3}\d{1,3})(?::\d{1,5})?(?![\w'\"`-]|\.\d)(?:/[^\s\"'<>,;)]*)?"
)
_NAMED_BEFORE = re.compile(r"\b(?:tag|tags|version|release|image|label|name)s?[: ]{1,2}\Z", re.IGNORECASE)
_PRIVATE_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
    )
]
_IPV6_WITH_PORT = re.compile(r"\[[0-9a-f:]{2,45}(?:%\w+)?\]:\d{1,5}", re.IGNORECASE)
_STACK_TRACE = re.compile(
    r"(?:Traceback \(most recent call last\)|goroutine \d+ \[\w|File \"[^\"\n]{1,200}\", line \d+"
    r"|\bat [\w$<>]{1,100}(?:\.[\w$<>]{1,100}){1,20}\("
    r"|\bat (?:[\w.$<>]{1,100} \()?/[^\s:()]{1,200}:\d+:\d+"
    r"|(?<!\S)/[\w./-]{1,200}\.(?:go|py|js|java|rb):\d+\b).*",
    re.DOTALL,
)
_MAX_LENGTH = 4 * 1024  # characters; longer texts are cut anyway


def redact_internal_addresses(text: str) -> str:
    """Replace internal hosts, private addresses and all URLs but Docker's public ones, and cut stack traces.

    A name in quotes may be one that the caller chose, such as a tag `10.0.0.1`, and stays.
    """
    text = _STACK_TRACE.sub("", text[:_MAX_LENGTH])
    text = _URL.sub(_mask_url, text)
    text = _INTERNAL_HOST.sub("(a host)", text)
    text = _DIALED_HOST.sub(r"\1(a host)", text)
    text = _IPV6_WITH_PORT.sub("(a host)", text)
    return _IPV4.sub(_mask_ip_address, text)


def _mask_url(match: re.Match[str]) -> str:
    return match[0] if _PUBLIC_URL.match(match[0]) else "(a URL)"


def _mask_ip_address(match: re.Match[str]) -> str:
    """Return `(a host)` for a private address; the caller's own public address stays, as does a name."""
    try:
        address = ipaddress.ip_address(match["address"])
    except ValueError:
        return match[0]
    if _NAMED_BEFORE.search(match.string, max(0, match.start() - 12), match.start()):
        return match[0]
    return "(a host)" if any(address in network for network in _PRIVATE_NETWORKS) else match[0]
