"""The challenge of a registry, and the check that its token service is the expected one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from dockerhub_mcp.hub.errors import UnexpectedAnswer
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.hub.transport.urls import extract_origin

_SCHEME = re.compile(r"(?:^|[\s,])bearer\s+", re.IGNORECASE)
_PARAMETER = re.compile(r"\s*([A-Za-z_-]{1,40})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]+))\s*(?:,|$)")
_REALM_PATH = re.compile(r"/[\w./~:@!$&'()*+;=%-]*", re.ASCII)
_MAX_HEADER_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a registry says about the tokens that it takes.

    Attributes:
        realm: The URL of the token service.
        service: The name of the registry at the token service.
        error: Why a token was not accepted, such as `invalid_token`; empty without one.
    """

    realm: str
    service: str = ""
    error: str = ""

    @property
    def path(self) -> str:
        """The path of the token service."""
        return urlsplit(self.realm).path or "/"


def parse_challenge(header: str) -> Challenge | None:
    """Parse a `WWW-Authenticate` header; None where it has no Bearer challenge with a realm."""
    header = header[:_MAX_HEADER_LENGTH]
    scheme = _SCHEME.search(header)
    if scheme is None:
        return None
    values: dict[str, str] = {}
    position = scheme.end()
    while found := _PARAMETER.match(header, position):
        value = found[3] if found[2] is None else re.sub(r"\\(.)", r"\1", found[2])
        values.setdefault(found[1].lower(), value)
        position = found.end()
    realm = values.get("realm", "")
    return Challenge(realm, values.get("service", ""), values.get("error", "")) if realm else None


def check_realm(challenge: Challenge, expected: str, *, host: str) -> None:
    """Check that the token service of a challenge is the expected one, before anything is sent there.

    Args:
        challenge: The challenge.
        expected: The URL of the token service, or its origin where any path is good.
        host: The host of the registry, for the message.

    Raises:
        UnexpectedAnswer: It is another one.
    """
    if challenge.realm == expected:
        return
    try:
        parts = urlsplit(challenge.realm)
        is_expected = (
            not urlsplit(expected).path
            and extract_origin(challenge.realm) == expected
            and not (parts.query or parts.fragment)
            and _REALM_PATH.fullmatch(parts.path) is not None
        )
        named = (
            f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.hostname else "no host"
        )
    except ValueError:
        is_expected, named = False, "no valid URL"
    if is_expected:
        return
    what = f"{host} names {to_single_line(named, 120)} as its token service, and {expected} is expected."
    why = "Nothing was sent there: a false token service would receive the secret of the account."
    remedy = "Check DOCKERHUB_REGISTRY_URL and the network; for another registry, set "
    raise UnexpectedAnswer(
        what, why=why, remedy=f"{remedy}DOCKERHUB_REGISTRY_AUTH_URL to the origin of its token service."
    )
