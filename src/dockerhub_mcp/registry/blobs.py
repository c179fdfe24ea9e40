"""Download blobs: one redirect is followed, without credentials, and the content is verified."""

from __future__ import annotations

import ipaddress
import logging
import re
from urllib.parse import urljoin, urlsplit

from dockerhub_mcp.hub.errors import HubError, UnexpectedAnswer
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.hub.transport.backends import Response, format_size
from dockerhub_mcp.hub.transport.retry import RetryMode
from dockerhub_mcp.hub.transport.transport import REDIRECT_STATUSES
from dockerhub_mcp.hub.transport.urls import extract_origin
from dockerhub_mcp.registry.error_mapping import mismatch_error, unfit_error
from dockerhub_mcp.registry.models import Descriptor
from dockerhub_mcp.registry.parsing.large_json import run_by_size
from dockerhub_mcp.registry.references import check_digest, has_digest
from dockerhub_mcp.registry.request import RegistryRequest
from dockerhub_mcp.registry.requester import Requester

logger = logging.getLogger(__name__)

_MAX_LOCATION_LENGTH = 8192
_PRIVATE_SUFFIXES = (
    ".consul", ".corp", ".home", ".home.arpa", ".internal", ".intranet", ".invalid", ".lan", ".local",
    ".localdomain", ".localhost", ".private", ".svc", ".test",
)  # fmt: skip
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# A last label that begins with a digit makes it an IPv4 address, such as 127.0x0.1.
_HOST_NAME = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]", re.ASCII)
_UNICAST_IPV6 = ipaddress.IPv6Network("2000::/3")
_IPV4_IN_IPV6 = (ipaddress.IPv6Network("2001::/32"), ipaddress.IPv6Network("2002::/16"))


async def fetch_blob(
    requester: Requester, repository: str, descriptor: Descriptor, *, subject: str, max_bytes: int
) -> bytes:
    """Return the content of a blob, verified by its digest.

    Args:
        requester: Sends the requests.
        repository: The repository.
        descriptor: The digest and the size that the manifest states.
        subject: What it is, for messages, such as `the configuration`.
        max_bytes: The most bytes to download.

    Raises:
        DigestMismatch: The content is not what its digest says.
        UnexpectedAnswer: It is too large, or the redirect leads where no request is sent.
        HubError: It could not be downloaded.
    """
    check_digest(descriptor.digest)
    request = RegistryRequest(
        "GET",
        repository,
        f"blobs/{descriptor.digest}",
        "blobs/{digest}",
        subject,
        max_bytes=max_bytes,
        accept="*/*",
        follow_redirects=False,
    )
    host = requester.transport.host
    if descriptor.size > max_bytes:
        defect = f"{subject} has {descriptor.size:,} bytes, and at most {format_size(max_bytes)} are read"
        raise unfit_error(request, host, defect)
    answer = await requester.send(request)
    content = answer.response.content
    if answer.response.status in REDIRECT_STATUSES:
        url = find_redirect_target(answer.response, requester.transport.base_url + request.full_path)
        if url is None:
            raise _redirect_error(request, host)
        content = await _fetch_from_storage(requester, url, request, max_bytes)
    if not await run_by_size(len(content), has_digest, content, descriptor.digest):
        raise mismatch_error(request, host, descriptor.digest)
    return content


def find_redirect_target(response: Response, url: str) -> str | None:
    """Return the URL that a redirect leads to; None where no request may be sent there.

    It must be https with a public host, or the origin that was asked: a registry must not be able to make
    this program send requests into a private network.

    Args:
        response: The redirect.
        url: The URL that was asked for.
    """
    location = response.headers.get("location", "")
    if not location or len(location) > _MAX_LOCATION_LENGTH or not location.isascii():
        return None
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        is_same_origin = extract_origin(target) == extract_origin(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if port == 0 or parts.username is not None or "#" in target or any(char.isspace() for char in target):
        return None
    if is_same_origin or (parts.scheme == "https" and is_public_host(host)):
        return target
    return None


def is_public_host(host: str) -> bool:
    """Return whether a host may be one of the internet, by its name or literal address alone."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        name = host.lower().removesuffix(".")
        return _HOST_NAME.fullmatch(name) is not None and not name.endswith(_PRIVATE_SUFFIXES)
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    # Others reach an IPv4 address, which may be a private one, through a gateway.
    return address in _UNICAST_IPV6 and not any(address in network for network in _IPV4_IN_IPV6)


async def _fetch_from_storage(
    requester: Requester, url: str, request: RegistryRequest, max_bytes: int
) -> bytes:
    transport = requester.create_storage_transport(extract_origin(url))
    path = url[len(extract_origin(url)) :] or "/"
    response = await transport.request(
        "GET",
        path,
        headers={"accept": "*/*"},
        retry_mode=RetryMode.ALWAYS,
        path_template="/{blob}",
        max_bytes=max_bytes,
        follow_redirects=False,
    )
    if response.status != 200:  # noqa: PLR2004
        where = to_single_line(transport.host, 80)
        what = f"{requester.transport.host} redirected {request.line} to {where}, which answered "
        what += f"{response.status}."
        raise UnexpectedAnswer(what, remedy="Try again later.")
    return response.content


def _redirect_error(request: RegistryRequest, host: str) -> HubError:
    what = f"{host} redirected {request.line} to an address that no request is sent to."
    why = "Only https URLs of public hosts are followed, so that no request reaches a private network."
    return UnexpectedAnswer(what, why=why, remedy="Check DOCKERHUB_REGISTRY_URL and the proxy.")
