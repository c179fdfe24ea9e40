from __future__ import annotations

import errno
import os
import socket
import ssl

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Hub, RetryPolicy
from dockerhub_mcp.hub.errors import ConnectionFailed
from dockerhub_mcp.hub.methods import GetTag
from dockerhub_mcp.hub.transport import network_errors
from dockerhub_mcp.hub.transport.failure_reasons import describe_failure

SECRET = "hunter2-in-a-proxy-url"
QUOTING = f"cannot connect via http://ada:{SECRET}@proxy:3128 Bearer {SECRET} b'{SECRET}'"
LIBRARY_ERRORS: tuple[type[Exception], ...] = (
    network_errors.ConnectError,
    network_errors.ConnectTimeout,
    network_errors.ReadError,
    network_errors.ReadTimeout,
    network_errors.WriteError,
    network_errors.PoolTimeout,
    network_errors.ProxyError,
    network_errors.LocalProtocolError,
    network_errors.RemoteProtocolError,
    network_errors.UnsupportedProtocol,
    network_errors.DecodingError,
    network_errors.InvalidURL,
    OSError,
    ValueError,
)


def test_no_error_of_the_library_is_quoted() -> None:
    for kind in LIBRARY_ERRORS:
        described = describe_failure(kind(QUOTING))
        assert described, kind
        assert SECRET not in described, kind
        assert "ada" not in described, kind


def raised_from(error: Exception, cause: Exception | None) -> Exception:
    """Return an error as `raise ... from` leaves it."""
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_the_reason_is_that_of_the_system() -> None:
    refused = OSError(errno.ECONNREFUSED, f"Connect call failed ({SECRET})")
    expired = ssl.SSLCertVerificationError(1, "x")
    expired.verify_message = "certificate has expired"
    tls = ssl.SSLError(1, "x")
    tls.reason = "WRONG_VERSION_NUMBER"
    cases = [
        (raised_from(network_errors.ConnectError(QUOTING), refused), os.strerror(errno.ECONNREFUSED)),
        (
            raised_from(
                network_errors.ConnectError(QUOTING), ExceptionGroup("several", [refused, OSError("x")])
            ),
            os.strerror(errno.ECONNREFUSED),
        ),
        (
            raised_from(
                network_errors.ConnectError(QUOTING), socket.gaierror(-2, "Name or service not known")
            ),
            "Name or service not known",
        ),
        (
            raised_from(network_errors.ConnectError(QUOTING), expired),
            "CERTIFICATE_VERIFY_FAILED, certificate has expired",
        ),
        (raised_from(network_errors.ConnectError(QUOTING), tls), "TLS failed (WRONG_VERSION_NUMBER)"),
        (network_errors.ProxyError(f"407 {SECRET}"), "the proxy answered 407"),
        (network_errors.ReadTimeout(QUOTING), "it took too long"),
        (network_errors.RemoteProtocolError(f"illegal status line: {QUOTING}"), "it did not answer in HTTP"),
        (
            network_errors.RemoteProtocolError(
                "peer closed connection without sending complete message body (received 3 bytes, expected 9)"
            ),
            "the answer broke off",
        ),
        (
            network_errors.RemoteProtocolError("Server disconnected without sending a response."),
            "Server disconnected without sending a response",
        ),
    ]
    for error, reason in cases:
        assert describe_failure(error) == reason


async def test_a_call_quotes_no_error_of_the_library() -> None:
    for kind in LIBRARY_ERRORS[:10]:

        def fail(_: httpx.Request, kind: type[Exception] = kind) -> httpx.Response:
            raise getattr(httpx, kind.__name__)(QUOTING)

        hub = Hub(
            base_url="http://localhost",
            httpx_transport=httpx.MockTransport(fail),
            retry_policy=RetryPolicy(attempts=1),
        )
        async with hub:
            with pytest.raises(ConnectionFailed) as caught:
                await hub.send(GetTag(namespace="library", repository="redis", tag="8"))
        assert SECRET not in str(caught.value)
