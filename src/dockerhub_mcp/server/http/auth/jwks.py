"""The keys that an OAuth issuer publishes: where they are, how long they count, which are strong enough."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anyio
import httpx2 as httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.http.auth.verifier import VerifierUnavailable

logger = logging.getLogger(__name__)

# The algorithms that a key of each type and curve may verify; there is nothing here for shared secrets.
_ALGORITHMS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("RSA", ""): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
ALLOWED = frozenset(algorithm for algorithms in _ALGORITHMS.values() for algorithm in algorithms)

_SHORTEST_RSA = 2048
_MOST_KEYS = 100

_TIMEOUT = 5.0  # for one document
_LARGEST = 1024 * 1024
_FRESH_FOR = 3600.0
_USABLE_FOR = 24 * 3600.0
_PAUSE = 30.0  # between two fetches for a key that is unknown, and after a fetch that failed
_PAUSE_WITHOUT_KEYS = 5.0


class _NotFetched(Exception):
    """A document that the issuer should have cannot be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of the issuer, and the algorithms that it may verify."""

    kid: str | None
    key: RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
    algorithms: frozenset[str]


class Keys:
    """The issuer's keys: fetched when they are needed, and kept for a while.

    Attributes:
        tries: How often they were fetched, in vain or not.
    """

    def __init__(self, issuer: str, jwks_url: str, now: Callable[[], float]) -> None:
        self.tries = 0
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._found_url = ""
        self._now = now
        self._keys: tuple[Key, ...] = ()
        self._fetched_at = self._tried_at = self._sought_at = float("-inf")
        self._one_at_a_time = anyio.Lock()
        # Plain http goes to this machine only, and no proxy leads there.
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, mounts={"http://": None})

    async def aclose(self) -> None:
        """Close the connections to the issuer."""
        await self._client.aclose()

    async def find(self, algorithm: str, kid: str | None) -> list[Key]:
        """Return the keys that may have signed a token.

        Raises:
            VerifierUnavailable: There are no keys at all.
        """
        moment = self._now()
        age = moment - self._fetched_at
        if age >= _USABLE_FOR:
            self._keys = ()
        pause = _PAUSE if self._keys else _PAUSE_WITHOUT_KEYS
        # While one caller asks for newer keys, the others go on with those that are there.
        due = not self._keys or (age >= _FRESH_FOR and not self._one_at_a_time.locked())
        if due and moment - self._tried_at >= pause:
            await self._fetch(self.tries)
        return self._matching(algorithm, kid)

    async def find_newer(self, algorithm: str, kid: str | None) -> list[Key]:
        """Fetch the keys for one that is not among them, unless that was done just now."""
        if self._now() - self._sought_at < _PAUSE:
            return []
        await self._fetch(self.tries)
        self._sought_at = self._now()  # not before: whoever comes meanwhile shall wait for this fetch
        return self._matching(algorithm, kid)

    def _matching(self, algorithm: str, kid: str | None) -> list[Key]:
        if not self._keys:
            msg = f"there are no keys of {self._issuer} to verify a token with"
            raise VerifierUnavailable(msg)
        return [key for key in self._keys if algorithm in key.algorithms and kid in {None, key.kid}]

    async def _fetch(self, tries: int) -> None:
        async with self._one_at_a_time:
            if self.tries != tries:
                return  # somebody else fetched them while this one waited
            try:
                self._keys = await self._published()
                self._fetched_at = self._now()
            except _NotFetched as error:
                rest = "those from before stay in use" if self._keys else "there are none from before"
                logger.warning("The keys of %s cannot be fetched: %s; %s", self._issuer, error, rest)
            self._tried_at = self._now()
            self.tries += 1

    async def _published(self) -> tuple[Key, ...]:
        url = self._jwks_url or self._found_url or await self._discover()
        self._found_url = ""  # until it has shown that it works
        keys = (await self._get(url)).get("keys")
        if not isinstance(keys, list):
            msg = f"{url} has no list of keys"
            raise _NotFetched(msg)
        self._found_url = url
        return tuple(key for data in keys[:_MOST_KEYS] if (key := _key(data)))

    async def _discover(self) -> str:
        """Return where the issuer's metadata says that its keys are."""
        reasons = []
        for url in _metadata_urls(self._issuer):
            try:
                metadata = await self._get(url)
                if metadata.get("issuer") != self._issuer:
                    reasons.append(f"{url} is about another issuer")
                    continue
                return checked_address(str(metadata.get("jwks_uri", "")), f"jwks_uri in {url}")
            except (_NotFetched, SettingsError) as error:
                reasons.append(str(error))
        raise _NotFetched("; ".join(reasons))

    async def _get(self, url: str) -> dict[str, Any]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        body = b""
        try:
            with anyio.fail_after(_TIMEOUT):
                async with self._client.stream("GET", url, headers=headers) as answer:
                    if answer.status_code != httpx.codes.OK:
                        msg = f"{url} answered {answer.status_code}"
                        raise _NotFetched(msg)
                    async for piece in answer.aiter_raw():  # raw, so that nothing grows while it is unpacked
                        body += piece
                        if len(body) > _LARGEST:
                            msg = f"{url} answered with more than {_LARGEST} bytes"
                            raise _NotFetched(msg)
            document = json.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            msg = f"{url} does not answer ({type(error).__name__})"
            raise _NotFetched(msg) from None
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            msg = f"{url} answered with something that is no JSON object"
            raise _NotFetched(msg)
        return document


def _key(data: Any) -> Key | None:
    """Return one key of a set, or None when it is not meant for tokens or not strong enough."""
    try:
        known = _ALGORITHMS[data["kty"], "" if data["kty"] == "RSA" else data["crv"]]
        algorithms = frozenset(known) & {data["alg"]} if "alg" in data else frozenset(known)
        if data.get("use", "sig") != "sig" or "verify" not in data.get("key_ops", ["verify"]):
            return None
        key = jwt.PyJWK(data, known[0]).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if isinstance(key, RSAPublicKey) and key.key_size < _SHORTEST_RSA:
        return None
    # A private key that was published is nobody's secret, and is none of these.
    if not algorithms or not isinstance(key, RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey):
        return None
    kid = data.get("kid")
    return Key(kid if isinstance(kid, str) else None, key, algorithms)


def _metadata_urls(issuer: str) -> list[str]:
    """Return where an issuer may describe itself: RFC 8414 first, then OpenID Connect in both its forms."""
    url = httpx.URL(issuer)
    path = url.raw_path.decode("ascii").rstrip("/")
    paths = (
        f"/.well-known/oauth-authorization-server{path}",
        f"/.well-known/openid-configuration{path}",
        f"{path}/.well-known/openid-configuration",
    )
    return [str(url.copy_with(raw_path=one.encode("ascii"))) for one in dict.fromkeys(paths)]


def checked_address(address: str, what: str) -> str:
    """Return an address that keys may come from.

    Raises:
        SettingsError: It is none; the message begins with what it is.
    """
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL()
    if not url.host or not (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))):
        problem = "must begin with https:// (http:// is for this machine only)"
    elif url.userinfo or "#" in address:
        problem = "must have no user and no fragment"
    else:
        return address
    msg = f"{what} {problem}"
    raise SettingsError(msg)
