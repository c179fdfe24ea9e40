"""Validate the URL of a service, to which tokens are sent. Uses only the standard library."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.hub.transport.service_names import HUB_NAMES, ServiceNames


def extract_origin(url: str) -> str:
    """Return the origin of a URL: scheme, host and port, in lower case."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def validate_base_url(url: str, names: ServiceNames = HUB_NAMES) -> str:
    """Return the origin of a service, without a trailing slash.

    Args:
        url: The URL.
        names: The names of the service in messages.

    Raises:
        InvalidRequest: The URL is not https (plain http is for this machine only), or more than an origin.
    """
    # What precedes an @ may be a password, which is never quoted.
    what = f"{'The value' if '@' in url else to_single_line(url)} cannot be {names.address}."
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        raise InvalidRequest(what, remedy=f"Write it as {names.example}.") from None
    if parts.username is not None or "?" in url or "#" in url:
        what = f"{names.start_sentence()}'s address must not hold a user name, a query or a fragment."
        raise InvalidRequest(what, remedy="Give credentials as DOCKERHUB_USERNAME and DOCKERHUB_TOKEN.")
    if not host or not port_is_number or parts.scheme not in {"http", "https"} or len(url.split()) != 1:
        raise InvalidRequest(what, remedy=f"Write it as {names.example}.")
    if parts.scheme == "http" and not is_loopback(host):
        why = "Plain HTTP would expose the bearer token on the network."
        raise InvalidRequest(what, why=why, remedy="Use https; http is for this machine only.")
    if parts.path.strip("/"):
        given = "" if "@" in url else f", not {to_single_line(url.strip())}"
        what = f"{names.start_sentence()}'s address must be an origin without a path{given}."
        why = f"Every call adds its own path, such as {names.path}."
        remedy = f"Write {names.setting or 'it'} as {parts.scheme}://{parts.netloc}."
        raise InvalidRequest(what, why=why, remedy=remedy)
    return url.strip().rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether a host name or IP address, in brackets or not, is the loopback interface."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
