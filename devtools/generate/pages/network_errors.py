"""Error messages of calls that do not reach the Hub because of a certificate or a proxy."""

from __future__ import annotations

import ssl

import httpx2 as httpx

from devtools.generate.pages.provoke import Provoke
from devtools.generate.pages.session import open_session


class _FailingTransport(httpx.AsyncBaseTransport):
    """Fails each request as httpx does."""

    def __init__(self, error: httpx.TransportError) -> None:
        self._error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002
        raise self._error


def _call_failing_network(error: httpx.TransportError) -> Provoke:
    """Return a function that calls a tool while requests fail, and returns what the agent sees."""

    async def provoke() -> str:
        async with open_session(None, httpx_transport=_FailingTransport(error)) as session:
            return (await session.call_tool("get_tag", {"repository": "redis:8.2"})).text

    return provoke


_UNTRUSTED = httpx.ConnectError("certificate verify failed")
_UNTRUSTED.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
_UNTRUSTED.__cause__.verify_code = 20  # unable to get local issuer certificate

NETWORK_ERRORS: dict[str, Provoke] = {
    "CERTIFICATE_VERIFY_FAILED": _call_failing_network(_UNTRUSTED),
    "asks for credentials (407)": _call_failing_network(
        httpx.ProxyError("407 Proxy Authentication Required")
    ),
}
