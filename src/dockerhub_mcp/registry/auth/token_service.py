"""Get tokens from the token service of a registry, and cache each until shortly before it expires."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import anyio
from cachetools import LRUCache

from dockerhub_mcp.hub.auth.account import Account, Login
from dockerhub_mcp.hub.auth.sign_in_errors import unavailable_error
from dockerhub_mcp.hub.errors import ConnectionFailed, HubError, SignInError, SignInUnavailable
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.retry import RetryMode
from dockerhub_mcp.hub.transport.transport import Transport
from dockerhub_mcp.registry.auth.challenge import Challenge
from dockerhub_mcp.registry.auth.token_answers import RegistryToken, read_token, token_error
from dockerhub_mcp.registry.request import PULL

if TYPE_CHECKING:  # few servers have replicas
    from dockerhub_mcp.hub.auth.replicas.attempts import SharedAttempts

_MAX_TOKENS = 256
_MAX_ANSWER_BYTES = 256 * 1024
_ACCEPTED_SECONDS = 60.0  # in which a secret that was accepted is sent for several repositories at once
_MAX_EXCHANGES = 4  # at once: each may fail, and Docker locks a name after a few failures
_CONNECT_ATTEMPTS = 3
_CONNECT_DELAY = 0.2  # seconds

_Key = tuple[bytes, str, str]
"""The account, the repository and the actions of a token."""


class TokenService:
    """Gets tokens for one account, each for actions in one repository.

    Args:
        transport: Sends requests to the origin of the token service.
        account: The account; its guard keeps refused secrets from being sent again. Replicas that share
            sign-ins send a secret one at a time.
        registry_host: The host of the registry, for messages.
        clock: The monotonic clock, in seconds, by which tokens are renewed.
    """

    def __init__(
        self,
        transport: Transport,
        account: Account,
        registry_host: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._account = account
        self._registry_host = registry_host
        self._clock = clock
        self._tokens: LRUCache[_Key, RegistryToken] = LRUCache(_MAX_TOKENS)
        self._locks: WeakValueDictionary[_Key, anyio.Lock] = WeakValueDictionary()
        self._accepted: tuple[bytes, float] = b"", 0.0
        self._exchanges = anyio.Semaphore(_MAX_EXCHANGES)
        self._attempts: SharedAttempts | None = None
        if account.shared_sign_ins is not None:
            from dockerhub_mcp.hub.auth.replicas.attempts import SharedAttempts  # noqa: PLC0415 - see above

            self._attempts = SharedAttempts(account.guard, account.shared_sign_ins)

    def get_account_key(self, login: Login) -> bytes:
        """Return a keyed digest of the name and secret of a login; empty for an anonymous one."""
        if login.is_anonymous:
            return b""
        return self._account.guard.fingerprint(login.username, self._qualify_secret(login))

    def _qualify_secret(self, login: Login) -> str:
        """Return a secret together with the registry: a refusal there says nothing about it at the Hub."""
        return f"{self._registry_host}\n{login.secret}"

    async def fetch_token(
        self, challenge: Challenge, repository: str, login: Login, actions: str = PULL
    ) -> RegistryToken:
        """Return a token for a repository, from the cache while it is fresh.

        Args:
            challenge: The challenge of the registry, which was checked.
            repository: The repository.
            login: The account.
            actions: The actions, separated by commas; the service may grant fewer of them.

        Raises:
            SignInError: The account was refused, now or before, or could not be checked.
            HubError: An anonymous caller got no token.
        """
        key = self.get_account_key(login), repository, actions
        if (token := self._find_fresh(key)) is not None:
            return token
        async with self._locks.setdefault(key, anyio.Lock()):
            if (token := self._find_fresh(key)) is not None:
                return token
            query = {"scope": f"repository:{repository}:{actions}"}
            if challenge.service:
                query["service"] = challenge.service
            token = await self._request_token(challenge.path, query, login, key[0])
            self._tokens[key] = token
            return token

    def discard(self, token: RegistryToken, repository: str, login: Login, actions: str = PULL) -> None:
        """Drop a token that the registry rejected, unless it was replaced."""
        key = self.get_account_key(login), repository, actions
        if self._tokens.get(key) is token:
            del self._tokens[key]

    def _find_fresh(self, key: _Key) -> RegistryToken | None:
        token = self._tokens.get(key)
        return token if token is not None and self._clock() < token.renew_at else None

    async def _request_token(
        self, path: str, query: dict[str, str], login: Login, account_key: bytes
    ) -> RegistryToken:
        if login.is_anonymous:
            response = await self._send(path, query, {}, RetryMode.ALWAYS)
            return self._read(response, query, login)
        guard = self._account.guard
        self._check_guard(login, account_key)
        if self._attempts is None and self._is_accepted(account_key):
            async with self._exchanges:
                self._check_guard(login, account_key)
                return await self._exchange(path, query, login, account_key)
        async with guard.lock_for(login.username):
            self._check_guard(login, account_key)
            if self._attempts is None:
                return await self._exchange(path, query, login, account_key)
            return await self._attempts.send_in_turn(
                login.username,
                self._qualify_secret(login),
                partial(self._check_refusals, self._attempts, login, account_key),
                partial(self._exchange, path, query, login, account_key),
            )

    async def _check_refusals(self, attempts: SharedAttempts, login: Login, account_key: bytes) -> None:
        """Check that the secret may be sent, as far as any replica knows.

        Raises:
            SignInError: As `_check_guard` does.
        """
        await attempts.import_refusals(login.username, login.secret, self._qualify_secret(login))
        self._check_guard(login, account_key)

    def _is_accepted(self, account_key: bytes) -> bool:
        accepted, accepted_at = self._accepted
        return accepted == account_key and self._clock() - accepted_at < _ACCEPTED_SECONDS

    def _check_guard(self, login: Login, account_key: bytes) -> None:
        """Check that the secret may be sent; a failure of the Hub's own sign-in says nothing about it.

        Raises:
            SignInError: It was refused, here or at the Hub, or too many sign-ins have failed.
        """
        guard = self._account.guard
        with suppress(SignInUnavailable):
            guard.check(login.username, guard.fingerprint(login.username, login.secret))
        guard.check(login.username, account_key)

    async def _exchange(
        self, path: str, query: dict[str, str], login: Login, account_key: bytes
    ) -> RegistryToken:
        guard, name = self._account.guard, login.username
        try:
            response = await self._send_secret(path, query, login, account_key)
            token = self._read(response, query, login)
        except SignInError as error:
            self._accepted = b"", 0.0
            raise guard.record_failure(name, account_key, error) from None
        except BaseException:  # cancelled: the token service may count the attempt
            guard.count_failure(name)
            raise
        guard.forget_failure(account_key)
        self._accepted = account_key, self._clock()
        return token

    async def _send_secret(
        self, path: str, query: dict[str, str], login: Login, account_key: bytes
    ) -> Response:
        pair = base64.b64encode(f"{login.username}:{login.secret}".encode()).decode()
        self._account.redactor.add_secret(pair)
        headers = {"authorization": f"Basic {pair}"}
        attempt = 1
        while True:
            try:
                return await self._send(path, query, headers, RetryMode.NEVER)
            except ConnectionFailed as error:
                may_repeat = attempt < _CONNECT_ATTEMPTS and not error.is_permanent
                if not may_repeat or (
                    error.is_sent and not await self._count_before_repeat(login, account_key)
                ):
                    raise self._unavailable(login, error, is_sent=error.is_sent) from None
            except HubError as error:
                raise self._unavailable(login, error, is_sent=True) from None
            await anyio.sleep(_CONNECT_DELAY * attempt)
            attempt += 1

    async def _count_before_repeat(self, login: Login, account_key: bytes) -> bool:
        if self._attempts is not None:
            return await self._attempts.count_before_repeat(login.username, self._qualify_secret(login))
        return self._account.guard.count_before_repeat(login.username, account_key)

    def _unavailable(self, login: Login, error: HubError, *, is_sent: bool) -> SignInUnavailable:
        return unavailable_error(
            login.username,
            error.what.rstrip("."),
            why=error.why,
            remedy=error.remedy,
            is_outage=isinstance(error, ConnectionFailed),
            is_sent=is_sent,
        )

    async def _send(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str], retry_mode: RetryMode
    ) -> Response:
        return await self._transport.request(
            "GET",
            path,
            query=query,
            headers=headers,
            retry_mode=retry_mode,
            path_template="/token",
            max_bytes=_MAX_ANSWER_BYTES,
            follow_redirects=False,  # a redirect could take the secret elsewhere
        )

    def _read(self, response: Response, query: Mapping[str, str], login: Login) -> RegistryToken:
        _, repository, actions = query["scope"].split(":")
        if response.status == 200:  # noqa: PLR2004
            action = actions.rpartition(",")[2]
            token = read_token(response, repository, now=self._clock(), action=action)
            if token is not None:
                self._account.redactor.add_secret(token.text)
                return token
        raise token_error(response, self._transport, login, registry_host=self._registry_host)
