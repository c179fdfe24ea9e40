"""Explain why no response was received: certificates, proxies, the network.

A failure that the next attempt would meet again is not repeated. What a proxy writes is never quoted.
"""

from __future__ import annotations

import re
import ssl
from typing import NamedTuple, TypeVar

from dockerhub_mcp.hub.transport.failure_reasons import describe_failure, iter_causes
from dockerhub_mcp.hub.transport.network_errors import ConnectError, ProxyError
from dockerhub_mcp.hub.transport.proxies import Proxy
from dockerhub_mcp.hub.transport.service_names import HUB_NAMES, ServiceNames

E = TypeVar("E", bound=BaseException)

_EXPIRED_CODES, _HOST_CODES = frozenset({9, 10}), frozenset({62, 63, 64})
"""OpenSSL's verify codes of certificates outside their period, and of those for another host or address."""

_STATUS = re.compile(r"(\d{3})\b")
_CREDENTIALS_REQUIRED = 407
_SOCKS_CREDENTIALS_CUES = ("username/password", "Requested ")  # of the SOCKS client
_CA_REMEDY = (
    "Add the company's CA to the system's certificates, or set SSL_CERT_FILE, which replaces them, to a PEM "
    "file with it, and restart this server."
)


class Failure(NamedTuple):
    """Why a host could not be reached.

    Attributes:
        reason: What happened, continuing "HOST could not be reached: ".
        why: The likely reason; empty where it is unknown.
        remedy: What to do.
        is_permanent: Whether the next attempt would fail in the same way.
    """

    reason: str
    why: str
    remedy: str
    is_permanent: bool = False


def explain_failure(error: Exception, proxy: Proxy | None, names: ServiceNames = HUB_NAMES) -> Failure:
    """Return why a request got no response.

    Args:
        error: The error of the HTTP client.
        proxy: The proxy that the request went through.
        names: The names of the service in messages.
    """
    network_remedy = f"Check the network, the proxy (HTTPS_PROXY) and {names.address_with_setting}."
    if certificate_error := find_certificate_error(error):
        return _explain_certificate(certificate_error, network_remedy)
    if isinstance(error, ProxyError):
        return _explain_proxy(str(error), proxy, names)
    reason = describe_failure(error)
    if proxy is not None and isinstance(error, ConnectError) and not _find_cause(error, ssl.SSLError):
        remedy = (
            f"Check {proxy.source}, list the host in NO_PROXY to reach it directly, or check the network."
        )
        return Failure(f"the proxy in {proxy.source} does not accept connections ({reason})", "", remedy)
    return Failure(reason, "", network_remedy)


def find_certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return the error of a certificate that caused another error, if any."""
    return _find_cause(error, ssl.SSLCertVerificationError)


def _find_cause(error: BaseException, kind: type[E]) -> E | None:
    return next((each for each in iter_causes(error) if isinstance(each, kind)), None)


def _explain_certificate(error: ssl.SSLCertVerificationError, network_remedy: str) -> Failure:
    if error.verify_code in _EXPIRED_CODES:
        why = "The certificate has expired or is not valid yet, or this machine's clock is wrong."
        remedy = "Check the clock, then the certificate of the proxy or server."
    elif error.verify_code in _HOST_CODES:
        why = "The certificate belongs to another host: a proxy, a sign-in page or another server answered."
        remedy = network_remedy
    else:
        why = "The certificate's issuer is unknown: a company proxy or firewall probably intercepts TLS."
        remedy = _CA_REMEDY
    return Failure("CERTIFICATE_VERIFY_FAILED", why, remedy, is_permanent=True)


def _explain_proxy(text: str, proxy: Proxy | None, names: ServiceNames) -> Failure:
    source = proxy.source if proxy else "HTTPS_PROXY"
    found = _STATUS.match(text)
    status = int(found[1]) if found else 0
    if status == _CREDENTIALS_REQUIRED or any(cue in text for cue in _SOCKS_CREDENTIALS_CUES):
        code = f" ({status})" if status else ""
        refused = proxy is not None and proxy.has_credentials
        what = "did not accept the user name and password in it" if refused else "asks for credentials"
        remedy = (
            f"Write name and password percent-encoded into {source}, as in http://NAME:PASSWORD@proxy:3128, "
            "where this server is configured."
        )
        return Failure(f"the proxy in {source} {what}{code}", "", remedy, is_permanent=True)
    if status:
        is_permanent = status < 500 and status not in {408, 425, 429}  # noqa: PLR2004
        what = f"the proxy in {source} refused the connection ({status})"
        remedy = "Ask the network's operator to allow the host, or list it in NO_PROXY to reach it directly."
        return Failure(what, "", remedy, is_permanent=is_permanent)
    remedy = f"Check {source}, the network and {names.address}."
    return Failure(f"the proxy in {source} could not connect", "", remedy)
