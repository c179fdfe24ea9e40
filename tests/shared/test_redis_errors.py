"""Reasons contain nothing of the client's texts, which hold addresses and parts of answers."""

from __future__ import annotations

import socket

import pytest
from redis import exceptions

from dockerhub_mcp.shared.redis_errors import describe_redis_error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (exceptions.TimeoutError("Timeout reading from store.host:6379"), "timed out"),
        (TimeoutError(), "timed out"),
        (exceptions.ConnectionError("Error 111 connecting to store.host:6379."), "connection refused"),
        (exceptions.ConnectionError("Error 113 connecting to store.host:6379."), "connection failed"),
        (
            OSError("Multiple exceptions: [Errno 111] ('::1'), [Errno 111] ('127.0.0.1')"),
            "connection refused",
        ),
        (socket.gaierror(-2, "store.host"), "its host name cannot be resolved"),
        (exceptions.BusyLoadingError("loading"), "it is loading its data"),
        (exceptions.MovedError("3999 store.host:6381"), "it is a cluster; one primary server is needed"),
        (
            exceptions.ResponseError(
                "Error running script (call to f_0): @user_script:3: @user_script: 3: -READONLY You can't write"
            ),
            "it is a read-only replica",
        ),
        (
            exceptions.ResponseError("MISCONF Redis is configured to save RDB snapshots"),
            "it cannot save its data, and accepts no changes",
        ),
        (exceptions.ResponseError("WRONGTYPE store.host"), "it answered with an error"),
        (AttributeError("store.host"), "unexpected AttributeError of the client"),
    ],
)
def test_reasons(error: Exception, reason: str) -> None:
    """Each kind of failure has a short reason."""
    assert describe_redis_error(error) == reason


def test_the_cause_counts() -> None:
    """The client raises its own error in place of the system's."""
    error = exceptions.ConnectionError("Error connecting to store.host")
    error.__context__ = ConnectionRefusedError(111, "store.host")
    assert describe_redis_error(error) == "connection refused"
