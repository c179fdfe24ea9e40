"""A registry, as the clients of all accounts share it: addresses, connections, challenge and caches."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
from cachetools import LRUCache, TTLCache

from dockerhub_mcp.hub.answers import foreign_answer_error, is_html
from dockerhub_mcp.hub.errors import HubUnavailable, UnexpectedAnswer
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.events import OnAttempt
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.hub.transport.retry import RetryMode, RetryPolicy
from dockerhub_mcp.hub.transport.transport import Transport
from dockerhub_mcp.hub.transport.urls import extract_origin, validate_base_url
from dockerhub_mcp.registry.addresses import (
    DOCKER_REALM,
    DOCKER_REGISTRY_URL,
    REGISTRY_NAMES,
    STORAGE_NAMES,
    TOKEN_SERVICE_NAMES,
)
from dockerhub_mcp.registry.auth.challenge import Challenge, check_realm, parse_challenge
from dockerhub_mcp.registry.models import Manifest

_MAX_CACHED_BYTES = 16 * 1024**2
_MAX_REPOSITORIES = 1024
_REFERRERS_TTL = 3600.0  # seconds until the referrers API of a repository is tried again


@dataclass(frozen=True, slots=True)
class CachedManifest:
    """A manifest, with its size in bytes."""

    manifest: Manifest
    size: int


class RegistryServer:
    """A registry, shared by the clients of all accounts. It holds no credentials.

    Attributes:
        url: The origin of the registry.
        is_docker: Whether it is Docker's own.
        clock: The monotonic clock, in seconds.
        manifests: The manifests that were read, by digest, bounded by their bytes. A client returns one only
            after its account could read it.
        without_referrers: The repositories of which the registry offers no list of referrers.
        has_limit_preview: Whether the registry has Docker's repository for reading the pull limit.

    Args:
        pool: The connections, which the creator of the pool closes.
        url: The URL of the registry: https, or http on this machine.
        auth_url: The origin of the token service; by default the registry's own. Docker's registry has a
            fixed one.
        timeout: Seconds that one request may take, including retries and delays.
        max_concurrency: Maximum number of concurrent requests of one account; further ones wait.
        retry_policy: The number of attempts and the delays between them.
        user_agent: The value of the User-Agent header.
        on_attempt: Called after each HTTP attempt.
        has_limit_preview: By default, whether it is Docker's own registry.
        clock: The monotonic clock, in seconds.

    Raises:
        InvalidRequest: A URL is not one that a token may be sent to.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        *,
        url: str = DOCKER_REGISTRY_URL,
        auth_url: str = "",
        timeout: float = 30.0,
        max_concurrency: int = 16,
        retry_policy: RetryPolicy | None = None,
        user_agent: str = "dockerhub-mcp",
        on_attempt: OnAttempt | None = None,
        has_limit_preview: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = validate_base_url(url, REGISTRY_NAMES)
        self.is_docker = extract_origin(self.url) == DOCKER_REGISTRY_URL
        self._expected_realm = DOCKER_REALM
        if not self.is_docker:
            self._expected_realm = extract_origin(validate_base_url(auth_url or url, TOKEN_SERVICE_NAMES))
        self._transport_options: dict[str, Any] = {
            "timeout": timeout,
            "max_concurrency": max_concurrency,
            "retry_policy": retry_policy or RetryPolicy(),
            "pool": pool,
            "user_agent": user_agent,
            "on_attempt": on_attempt,
        }
        self.clock = clock
        self.has_limit_preview = self.is_docker if has_limit_preview is None else has_limit_preview
        self.manifests: LRUCache[str, CachedManifest] = LRUCache(_MAX_CACHED_BYTES, lambda each: each.size)
        self.without_referrers: TTLCache[str, bool] = TTLCache(_MAX_REPOSITORIES, _REFERRERS_TTL, clock)
        self._challenge: Challenge | None = None
        self._is_known = False
        self._lock = anyio.Lock()

    def create_transport(self, redactor: Redactor) -> Transport:
        """Return a transport to the registry."""
        return Transport(self.url, redactor=redactor, names=REGISTRY_NAMES, **self._transport_options)

    def create_token_transport(self, redactor: Redactor) -> Transport:
        """Return a transport to the token service."""
        origin = extract_origin(self._expected_realm)
        return Transport(origin, redactor=redactor, names=TOKEN_SERVICE_NAMES, **self._transport_options)

    def create_storage_transport(self, origin: str, redactor: Redactor) -> Transport:
        """Return a transport to the storage that the registry redirects requests for blobs to.

        Raises:
            InvalidRequest: The origin is neither https nor on this machine.
        """
        return Transport(origin, redactor=redactor, names=STORAGE_NAMES, **self._transport_options)

    async def fetch_challenge(self, transport: Transport) -> Challenge | None:
        """Return the challenge of the registry, asked for once; None where it needs no token.

        Args:
            transport: The transport to the registry.

        Raises:
            HubError: The registry cannot be reached, or names another token service than the expected one.
        """
        async with self._lock:
            if not self._is_known:
                response = await transport.request(
                    "GET", "/v2/", retry_mode=RetryMode.ALWAYS, path_template="/v2/", max_bytes=64 * 1024
                )
                if is_html(response) or response.status not in {200, 401}:
                    raise _no_registry_error(response, transport)
                if response.status == 401:  # noqa: PLR2004
                    self.learn_challenge(response, transport)
                self._is_known = True
            return self._challenge

    def learn_challenge(self, response: Response, transport: Transport) -> Challenge:
        """Check and remember the challenge of a response.

        Raises:
            UnexpectedAnswer: It has none, or names another token service than the expected one.
        """
        challenge = parse_challenge(response.headers.get("www-authenticate", ""))
        if challenge is None:
            what = f"{transport.host} asks for credentials without naming a token service."
            why = "Only registries with Bearer tokens are supported; a proxy may have answered."
            raise UnexpectedAnswer(what, why=why, remedy=f"Check {REGISTRY_NAMES.address_with_setting}.")
        check_realm(challenge, self._expected_realm, host=transport.host)
        self._challenge = challenge
        return challenge


def _no_registry_error(response: Response, transport: Transport) -> HubUnavailable | UnexpectedAnswer:
    """Return the error of an answer to `GET /v2/` that a registry in order does not give."""
    host, status = transport.host, response.status
    if status >= 500 and not is_html(response):  # noqa: PLR2004
        return HubUnavailable(f"{host} answers {status}.", status=status, remedy="Try again later.")
    if is_html(response) or status in {407, 511}:
        return foreign_answer_error(
            response, "GET /v2/", host, expected="answer", redact=transport.redactor, names=transport.names
        )
    what = f"{host} answers GET /v2/ with {status}, as no registry does."
    return UnexpectedAnswer(what, remedy=f"Check {REGISTRY_NAMES.address_with_setting}.")
