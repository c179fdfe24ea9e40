"""Describe why a request failed, without quoting the HTTP library.

Its messages may quote URLs with credentials, headers and bytes of the response.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.hub.transport import network_errors

_FIXED_MESSAGES = frozenset({"Server disconnected without sending a response.", "Server disconnected"})
"""Messages of the library that hold no data."""
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (network_errors.PoolTimeout, "no connection became free in time"),
    (network_errors.TimeoutException, "it took too long"),
    (network_errors.ProxyError, "the proxy opened no connection to it"),
    (network_errors.UnsupportedProtocol, "the protocol of the URL is not supported"),
    (network_errors.LocalProtocolError, "the request is not valid HTTP"),
    (network_errors.RemoteProtocolError, "it did not answer in HTTP"),
    (network_errors.ConnectError, "no connection could be opened"),
    (network_errors.NetworkError, "the connection broke"),
    (network_errors.DecodingError, "the body cannot be decompressed"),
    (network_errors.InvalidURL, "the URL is malformed"),
)
_MAX_CHAIN_LENGTH = 20


def describe_failure(error: BaseException | None) -> str:
    """Return why a request failed: the system's or OpenSSL's reason, or the kind of the error."""
    for each in iter_causes(error):
        # aiohttp's errors derive from these, without their attributes; the cause has them.
        if message := getattr(each, "verify_message", None):
            return f"CERTIFICATE_VERIFY_FAILED, {to_single_line(str(message), 80)}"
        if isinstance(each, ssl.SSLError) and getattr(each, "reason", None):
            return f"TLS failed ({each.reason})"
        if isinstance(each, socket.gaierror):
            return each.strerror or "its name cannot be resolved"
        if isinstance(each, OSError) and not isinstance(each, ssl.SSLError) and (each.errno or 0) > 0:
            return os.strerror(each.errno or 0)
    if isinstance(error, network_errors.ProxyError) and (status := re.match(r"[1-5]\d\d\b", str(error))):
        return f"the proxy answered {status[0]}"
    if str(error) in _FIXED_MESSAGES:
        return str(error).rstrip(".")
    if isinstance(error, network_errors.RemoteProtocolError) and "complete" in str(error):
        return "the answer broke off"
    known = next((reason for kind, reason in _REASONS if isinstance(error, kind)), "")
    return known or type(error).__name__


def iter_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that caused it, into the first of each group."""
    for _ in range(_MAX_CHAIN_LENGTH):
        if error is None:
            return
        yield error
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        else:
            error = error.__cause__ or error.__context__
