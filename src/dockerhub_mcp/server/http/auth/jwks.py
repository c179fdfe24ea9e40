"""Fetch and cache the signing keys (JWKS) of an OAuth issuer."""

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
from dockerhub_mcp.hub.errors import ConnectionFailed
from dockerhub_mcp.hub.transport.httpx_backend import create_httpx_proxy
from dockerhub_mcp.hub.transport.pool import create_tls_context
from dockerhub_mcp.hub.transport.proxies import Proxy, find_proxy, select_proxy_variables
from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.http.auth.verifier import TokenVerifierUnavailable

logger = logging.getLogger(__name__)

# The algorithms for each key type and curve. Symmetric keys are left out on purpose.
_ALGORITHMS_BY_KEY_TYPE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("RSA", ""): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
ALLOWED_ALGORITHMS = frozenset(
    algorithm for algorithms in _ALGORITHMS_BY_KEY_TYPE.values() for algorithm in algorithms
)

_MIN_RSA_BITS = 2048
_MAX_KEYS = 100

_FETCH_TIMEOUT = 5.0  # seconds for one document
_MAX_DOCUMENT_BYTES = 1024 * 1024
_REFRESH_AFTER = 3600.0  # seconds
_MAX_KEY_AGE = 24 * 3600.0  # seconds
_RETRY_INTERVAL = 30.0  # seconds between two fetches for an unknown key, and after a failed fetch
_RETRY_INTERVAL_WITHOUT_KEYS = 5.0


class _FetchError(Exception):
    """A document of the issuer cannot be fetched; the message says why."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key of the issuer, with the algorithms allowed for it."""

    kid: str | None
    public_key: RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
    algorithms: frozenset[str]


class JWKSClient:
    """Fetches the issuer's keys when they are needed, and caches them.

    Keys are refreshed after an hour. If the issuer is unavailable, they stay in use for a day.

    Attributes:
        fetch_count: The number of fetches, including failed ones.
    """

    def __init__(self, issuer: str, jwks_url: str, clock: Callable[[], float]) -> None:
        self.fetch_count = 0
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._discovered_url = ""
        self._clock = clock
        self._keys: tuple[SigningKey, ...] = ()
        self._fetched_at = self._attempted_at = self._refreshed_at = float("-inf")
        self._fetch_lock = anyio.Lock()
        self._clients: dict[Proxy | None, httpx.AsyncClient] = {}

    async def aclose(self) -> None:
        """Close the connections to the issuer."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()

    def _client_for(self, url: str) -> httpx.AsyncClient:
        """Return the client for a URL, creating it on first use.

        Raises:
            ConnectionFailed: The proxy or the certificates cannot be used.
        """
        proxy = find_proxy(url, select_proxy_variables(None))
        if proxy not in self._clients:
            tls = create_tls_context()
            self._clients[proxy] = httpx.AsyncClient(
                timeout=_FETCH_TIMEOUT,
                follow_redirects=False,
                verify=tls,
                proxy=None if proxy is None else create_httpx_proxy(proxy, tls),
                trust_env=False,
            )
        return self._clients[proxy]

    async def get_signing_keys(self, algorithm: str, kid: str | None) -> list[SigningKey]:
        """Return the keys that may have signed a token, fetching them if they are missing or old.

        Args:
            algorithm: The algorithm that the token names.
            kid: The key id that the token names; None if it names none.

        Raises:
            TokenVerifierUnavailable: There are no keys at all.
        """
        moment = self._clock()
        age = moment - self._fetched_at
        if age >= _MAX_KEY_AGE:
            self._keys = ()
        pause = _RETRY_INTERVAL if self._keys else _RETRY_INTERVAL_WITHOUT_KEYS
        # While one request refreshes the keys, the others use the cached ones.
        due = not self._keys or (age >= _REFRESH_AFTER and not self._fetch_lock.locked())
        if due and moment - self._attempted_at >= pause:
            await self._refresh_keys(self.fetch_count)
        return self._select_keys(algorithm, kid)

    async def refresh_signing_keys(self, algorithm: str, kid: str | None) -> list[SigningKey]:
        """Fetch the keys again for an unknown key, at most every 30 seconds, and return those that match."""
        if self._clock() - self._refreshed_at < _RETRY_INTERVAL:
            return []
        await self._refresh_keys(self.fetch_count)
        self._refreshed_at = self._clock()  # set last, so that concurrent requests wait for this fetch
        return self._select_keys(algorithm, kid)

    def _select_keys(self, algorithm: str, kid: str | None) -> list[SigningKey]:
        if not self._keys:
            msg = f"no keys of {self._issuer} are available"
            raise TokenVerifierUnavailable(msg)
        return [key for key in self._keys if algorithm in key.algorithms and kid in {None, key.kid}]

    async def _refresh_keys(self, expected_fetch_count: int) -> None:
        async with self._fetch_lock:
            if self.fetch_count != expected_fetch_count:
                return  # another request fetched them in the meantime
            try:
                self._keys = await self._fetch_jwks()
                self._fetched_at = self._clock()
            except _FetchError as error:
                fallback = "the cached keys stay in use" if self._keys else "there are no cached keys"
                logger.warning("The keys of %s cannot be fetched: %s; %s", self._issuer, error, fallback)
            self._attempted_at = self._clock()
            self.fetch_count += 1

    async def _fetch_jwks(self) -> tuple[SigningKey, ...]:
        url = self._jwks_url or self._discovered_url or await self._discover_jwks_url()
        self._discovered_url = ""  # set again once the fetch has succeeded
        keys = (await self._fetch_json(url)).get("keys")
        if not isinstance(keys, list):
            msg = f"{url} contains no list of keys"
            raise _FetchError(msg)
        self._discovered_url = url
        return tuple(key for data in keys[:_MAX_KEYS] if (key := _parse_jwk(data)))

    async def _discover_jwks_url(self) -> str:
        """Return the `jwks_uri` of the issuer's metadata."""
        reasons = []
        for url in _build_metadata_urls(self._issuer):
            try:
                metadata = await self._fetch_json(url)
                if metadata.get("issuer") != self._issuer:
                    reasons.append(f"{url} describes another issuer")
                    continue
                return validate_https_url(str(metadata.get("jwks_uri", "")), f"jwks_uri in {url}")
            except (_FetchError, SettingsError) as error:
                reasons.append(str(error))
        raise _FetchError("; ".join(reasons))

    async def _fetch_json(self, url: str) -> dict[str, Any]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        body = b""
        try:
            with anyio.fail_after(_FETCH_TIMEOUT):
                async with self._client_for(url).stream("GET", url, headers=headers) as response:
                    if response.status_code != httpx.codes.OK:
                        msg = f"{url} answered {response.status_code}"
                        raise _FetchError(msg)
                    async for chunk in response.aiter_raw():  # raw: the limit precedes decompression
                        body += chunk
                        if len(body) > _MAX_DOCUMENT_BYTES:
                            msg = f"{url} answered with more than {_MAX_DOCUMENT_BYTES} bytes"
                            raise _FetchError(msg)
            document = json.loads(body)
        except ConnectionFailed as error:
            msg = f"{url} cannot be requested: {error}"
            raise _FetchError(msg) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            msg = f"{url} does not answer ({type(error).__name__})"
            raise _FetchError(msg) from None
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            msg = f"{url} did not answer with a JSON object"
            raise _FetchError(msg)
        return document


def _parse_jwk(data: Any) -> SigningKey | None:
    """Return a key of a set, or None if it is not a signing key or not strong enough."""
    try:
        known = _ALGORITHMS_BY_KEY_TYPE[data["kty"], "" if data["kty"] == "RSA" else data["crv"]]
        algorithms = frozenset(known) & {data["alg"]} if "alg" in data else frozenset(known)
        if data.get("use", "sig") != "sig" or "verify" not in data.get("key_ops", ["verify"]):
            return None
        key = jwt.PyJWK(data, known[0]).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if isinstance(key, RSAPublicKey) and key.key_size < _MIN_RSA_BITS:
        return None
    # Excludes private keys, which are no longer secret once they are published.
    if not algorithms or not isinstance(key, RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey):
        return None
    kid = data.get("kid")
    return SigningKey(kid if isinstance(kid, str) else None, key, algorithms)


def _build_metadata_urls(issuer: str) -> list[str]:
    """Return the URLs of an issuer's metadata: that of RFC 8414, then both forms of OpenID Connect."""
    url = httpx.URL(issuer)
    path = url.raw_path.decode("ascii").rstrip("/")
    paths = (
        f"/.well-known/oauth-authorization-server{path}",
        f"/.well-known/openid-configuration{path}",
        f"{path}/.well-known/openid-configuration",
    )
    return [str(url.copy_with(raw_path=one.encode("ascii"))) for one in dict.fromkeys(paths)]


def validate_https_url(address: str, label: str) -> str:
    """Return the address if keys may be fetched from it.

    Args:
        address: A URL.
        label: What the URL is, for the error message.

    Raises:
        SettingsError: It is neither https nor http on this machine, or has a user or a fragment.
    """
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL()
    if not url.host or not (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))):
        problem = "must begin with https:// (http:// is allowed for this machine only)"
    elif url.userinfo or "#" in address:
        problem = "must have no user and no fragment"
    else:
        return address
    msg = f"{label} {problem}"
    raise SettingsError(msg)
