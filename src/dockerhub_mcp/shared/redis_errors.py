"""Describe errors of the Redis client by short reasons, without the addresses that their texts contain."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

from redis import exceptions

_REASONS_BY_TYPE: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.AuthenticationError, "wrong or missing password"),
    (exceptions.NoPermissionError, "its account lacks a permission"),
    (exceptions.ReadOnlyError, "it is a read-only replica"),
    (exceptions.OutOfMemoryError, "out of memory"),
    (exceptions.BusyLoadingError, "it is loading its data"),
    (exceptions.MovedError, "it is a cluster; one primary server is needed"),
    (exceptions.MasterDownError, "it is a replica without its primary server"),
    (exceptions.ClusterDownError, "it is a cluster; one primary server is needed"),
    (exceptions.InvalidResponse, "its reply was not that of a Valkey or Redis server"),
    (exceptions.TimeoutError, "timed out"),
    (TimeoutError, "timed out"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionResetError, "connection closed"),
    (BrokenPipeError, "connection closed"),
    (FileNotFoundError, "its socket or the file of its certificates does not exist"),
    (PermissionError, "its socket or the file of its certificates may not be opened"),
    (socket.gaierror, "its host name cannot be resolved"),
)
_REASONS_BY_TEXT = (
    # Codes within an error of a script, as servers before Redis 7 report them.
    ("READONLY", "it is a read-only replica"),
    ("OOM", "out of memory"),
    ("MISCONF", "it cannot save its data, and accepts no changes"),
    ("NOREPLICAS", "it has too few replicas, and accepts no changes"),
    ("ACL failure", "its account lacks a permission"),
    ("executing the script can't run", "its account lacks a permission"),
    ("BUSY ", "a script keeps it busy"),
    ("DENIED", "it accepts clients of its own machine only (protected mode)"),
    ("max number of clients", "it has too many clients"),
    ("DB index is out of range", "it has no database of this number"),
    ("nknown command", "it lacks a command that is needed"),
    # The event loop merges the errors of several addresses into one text, and the client may drop the cause.
    (f"[Errno {errno.ECONNREFUSED}]", "connection refused"),
    (f"Error {errno.ECONNREFUSED} connecting", "connection refused"),
    ("Connection closed by server", "connection closed"),
)
_REASONS_BY_VERIFY_CODE = {  # X509_V_ERR_... of OpenSSL
    10: "its certificate has expired",
    62: "its certificate is for another host name",
    64: "its certificate is for another IP address",
}


def describe_redis_error(error: BaseException) -> str:
    """Return why a command failed, as a clause: no address, no password, no text of the server."""
    errors = list(_iterate_chain(error))
    for each in errors:
        if isinstance(each, ssl.SSLCertVerificationError):
            reason = _REASONS_BY_VERIFY_CODE.get(each.verify_code, "its certificate is not trusted")
            return f"TLS failure: {reason}"
        if isinstance(each, ssl.SSLError):
            return "TLS failure: is it a port with TLS?"
    for each in errors:
        for error_type, reason in _REASONS_BY_TYPE:
            if isinstance(each, error_type):
                return reason
        for text, reason in _REASONS_BY_TEXT:
            if text in str(each):
                return reason
    if isinstance(error, exceptions.ResponseError):
        return "it answered with an error"
    is_expected = isinstance(error, exceptions.RedisError | OSError)
    return "connection failed" if is_expected else f"unexpected {type(error).__name__} of the client"


def _iterate_chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that caused it; the client raises its own in their place."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
