"""The Docker Hub client: `Hub.send()` for one call, `Hub.paginate()` for a list over many pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from dockerhub_mcp import __version__
from dockerhub_mcp.hub.answers import check_probe_answer
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.account import Account
from dockerhub_mcp.hub.auth.authenticator import Authenticator
from dockerhub_mcp.hub.auth.credentials import CredentialSource
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.auth.secret_sources import SecretSource, StaticSecret
from dockerhub_mcp.hub.auth.sign_in_guard import SignInGuard
from dockerhub_mcp.hub.delivery import is_mutation
from dockerhub_mcp.hub.errors import (
    ConnectionFailed,
    CredentialError,
    InvalidRequest,
    SignInError,
)
from dockerhub_mcp.hub.executor import CallExecutor
from dockerhub_mcp.hub.models import HubModel, Page, SignInStatus
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.hub.transport.events import OnAttempt
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.hub.transport.retry import RetryPolicy
from dockerhub_mcp.hub.transport.transport import Transport

if TYPE_CHECKING:
    import httpx2 as httpx

    from dockerhub_mcp.hub.auth.replicas.sign_ins import SharedSignIns
    from dockerhub_mcp.hub.lists.pagination import ItemReducer, OnProgress, PageResult

R = TypeVar("R")
T = TypeVar("T", bound=HubModel)

HUB_URL = "https://hub.docker.com"
SCOUT_URL = "https://api.scout.docker.com"
_PROBE_PATH = "/v2/namespaces/library/repositories/hello-world"


class Hub:
    """A client of Docker Hub, or of a server with the same API.

    Use it as an asynchronous context manager, or call `aclose()`.

    Attributes:
        account: The account, for other services that take the same secret; copies of a client share it.

    Args:
        credentials: The credentials to sign in with; None for an anonymous client.
        scim_token: The token for the SCIM methods, which accept no other.
        base_url: The URL of the Hub: https, or http on this machine.
        scout_url: The URL of Docker Scout; by default Docker's own, or `base_url` for another Hub.
        timeout: Seconds that one call may take, including retries and delays.
        max_concurrency: Maximum number of concurrent requests; further ones wait.
        retry_policy: The number of attempts and the delays between them.
        httpx_transport: Handles requests instead of the network; ignored with `pool`.
        pool: A connection pool to share with other clients; `aclose()` leaves it open.
        fixed_identity: Whether calls cannot change the account, nor pass a secret of their own.
        sign_in_guard: The memory of failed sign-ins, to share with the other clients of the same Hub.
        shared_sign_ins: What replicas of a server know of one another's sign-ins; None for one process alone.
        user_agent: The value of the User-Agent header.
        on_attempt: Called after each HTTP attempt.
        redactor: Learns the secrets of this client, and masks them; by default a new one.
        clock: The monotonic clock, in seconds, by which tokens are renewed.

    Raises:
        InvalidRequest: The URL is not one that a token may be sent to.
    """

    def __init__(
        self,
        credentials: CredentialSource | None = None,
        *,
        scim_token: SecretSource | None = None,
        base_url: str = HUB_URL,
        scout_url: str | None = None,
        timeout: float = 30.0,
        max_concurrency: int = 16,
        retry_policy: RetryPolicy | None = None,
        httpx_transport: httpx.AsyncBaseTransport | None = None,
        pool: ConnectionPool | None = None,
        fixed_identity: bool = False,
        sign_in_guard: SignInGuard | None = None,
        shared_sign_ins: SharedSignIns | None = None,
        user_agent: str = f"dockerhub-mcp/{__version__}",
        on_attempt: OnAttempt | None = None,
        redactor: Redactor | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        redactor = redactor or Redactor()
        for source in (getattr(credentials, "secret", None), scim_token):
            if isinstance(source, StaticSecret):  # a file is read when its secret is needed
                redactor.add_secret(source.read_text())
        self._owns_pool = pool is None
        self._pool = pool or ConnectionPool(timeout=timeout, httpx_transport=httpx_transport)

        def create_transport(url: str) -> Transport:
            return Transport(
                url,
                timeout=timeout,
                max_concurrency=max_concurrency,
                retry_policy=retry_policy or RetryPolicy(),
                pool=self._pool,
                user_agent=user_agent,
                on_attempt=on_attempt,
                redactor=redactor,
            )

        self._transport = create_transport(base_url)
        scout_transport = create_transport(
            scout_url or (SCOUT_URL if base_url.rstrip("/") == HUB_URL else base_url)
        )
        guard = sign_in_guard or SignInGuard(clock=clock)
        self._authenticator = Authenticator(
            self._transport,
            credentials,
            guard=guard,
            shared_sign_ins=shared_sign_ins,
            fixed_identity=fixed_identity,
            clock=clock,
        )
        self.account = Account(self._authenticator, guard, redactor, shared_sign_ins)
        self._check_method: Callable[[Method[Any]], None] | None = None
        self._executor = CallExecutor(self._transport, scout_transport, self._authenticator, scim_token)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless the pool is shared."""
        if self._owns_pool:
            await self._pool.aclose()

    @property
    def host(self) -> str:
        """The host of the Hub, with the port if any."""
        return self._transport.host

    @property
    def rate_limit(self) -> RateLimit | None:
        """The rate limit that the last response reported."""
        return self._transport.rate_limit

    @property
    def principal(self) -> Principal:
        """The account that is signed in at the moment."""
        return self._authenticator.principal

    @property
    def has_credentials(self) -> bool:
        """Whether there is an account to sign in with."""
        return self._authenticator.has_credentials

    @property
    def credential_error(self) -> SignInError | CredentialError | None:
        """The reason why the configured credentials are not in use; None if they are."""
        return self._authenticator.credential_error

    def redact(self, text: str) -> str:
        """Return a text without secrets."""
        return self._transport.redactor(text)

    def redact_data(self, text: str) -> str:
        """Return data of the Hub without secrets, except short passwords, which may be ordinary words."""
        return self._transport.redactor(text, min_length=12)

    def warm_up(self) -> None:
        """Load the TLS certificates, so that the first request does not wait for it.

        Where they, or the proxy, cannot be used, each request says so.
        """
        with suppress(ConnectionFailed):
            self._pool.sender_for(self._transport.base_url)

    async def sign_in(self) -> SignInStatus | None:
        """Sign in with the configured credentials and return the account; None for an anonymous client.

        Raises:
            SignInError: The sign-in failed, now or before.
            CredentialError: The credentials cannot be read or used.
        """
        return await self._authenticator.ensure_signed_in()

    async def check_account(self, method: Method[Any]) -> None:
        """Check that the client has an account for a method, signing in where needed; send nothing else.

        Raises:
            SignInError: The sign-in failed, now or before, or there are no credentials.
            CredentialError: The credentials cannot be read or used.
        """
        await self._executor.check_account(method)

    async def check_connection(self, *, authenticated: bool = False) -> None:
        """Check with one small request that the Hub responds.

        Args:
            authenticated: Whether to send it with the configured credentials.

        Raises:
            HubError: The Hub cannot be reached or fails, another server answers, or the sign-in failed.
        """
        from dockerhub_mcp.hub.methods.repository_reads import CheckRepository  # noqa: PLC0415 - for this check

        bearer = await self._authenticator.get_bearer() if authenticated else None
        response = await self._transport.request(
            "HEAD",
            _PROBE_PATH,
            bearer_token=bearer.token if bearer else None,
            path_template=CheckRepository.http.path_template,
        )
        check_probe_answer(response, host=self.host, path=_PROBE_PATH, redact=self._transport.redactor)

    async def send(self, method: Method[R]) -> R:
        """Send one call and return its result.

        Raises:
            HubError: One of the errors in `dockerhub_mcp.hub.errors`.
        """
        self.check_sendable(method)
        result, _ = await self._executor.execute(method)
        return result

    def check_sendable(self, method: Method[Any]) -> None:
        """Refuse a call that `send` would refuse before anything is sent.

        Raises:
            InvalidRequest: It is a dry run that the Hub does not offer.
        """
        if is_mutation(method) and method.is_local_dry_run:
            what = f"This call of {method.tool_name} is a dry run; nothing was sent."
            raise InvalidRequest(what, remedy="Leave dry_run out to send it.")
        if self._check_method is not None:
            self._check_method(method)

    def with_method_check(self, check: Callable[[Method[Any]], None]) -> Hub:
        """Return a client that shares everything with this one, and first calls `check`, which may raise."""
        checked = copy(self)
        checked._check_method = check  # noqa: SLF001 - of the same class
        return checked

    @overload
    async def paginate(
        self,
        method: Method[Page[T]],
        *,
        max_items: int | None = ...,
        timeout: float | None = ...,  # noqa: ASYNC109
        on_progress: OnProgress | None = ...,
    ) -> PageResult[T]: ...

    @overload
    async def paginate(
        self,
        method: Method[Page[T]],
        *,
        max_items: int | None = ...,
        timeout: float | None = ...,  # noqa: ASYNC109
        on_progress: OnProgress | None = ...,
        reducer: ItemReducer[T, R],
    ) -> PageResult[R]: ...

    async def paginate(
        self,
        method: Method[Page[T]],
        *,
        max_items: int | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - returns the items read so far
        on_progress: OnProgress | None = None,
        reducer: ItemReducer[T, R] | None = None,
    ) -> PageResult[Any]:
        """Read the pages of a list, from `method.page` on.

        Args:
            method: The call of one page.
            max_items: Stop after this many items; None for all.
            timeout: Seconds after which the items read so far are returned; None for no limit.
            on_progress: Called after each page with the number of items read and the total, if known.
            reducer: Reduces the items of each page when it arrives, so that a long list takes little memory;
                the result then has what it returns instead of the items.

        Raises:
            HubError: The first page could not be read. An error on a later page is in the result instead,
                with the items read before it.
        """
        from dockerhub_mcp.hub.lists.pagination import get_page_concurrency, paginate  # noqa: PLC0415 - for lists

        return await paginate(
            self._executor.execute,
            method,
            max_items=max_items,
            timeout=timeout,
            on_progress=on_progress,
            concurrency_limit=lambda: get_page_concurrency(self._transport.rate_limit),
            reducer=reducer,
        )
