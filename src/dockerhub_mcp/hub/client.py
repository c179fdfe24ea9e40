"""The Docker Hub client: `Hub.send()` for one call, `Hub.walk()` for a list over many pages."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self, TypeVar, cast

import anyio
import httpx2 as httpx

from dockerhub_mcp import __version__
from dockerhub_mcp.hub.api.enums import CredentialKind, Effect, Service
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.authenticator import Authenticator
from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.credentials import CredentialSource, SecretSource
from dockerhub_mcp.hub.error_mapping import Principal, error_for, required_credentials, retry_advice
from dockerhub_mcp.hub.errors import (
    ConnectionFailed,
    CredentialError,
    InvalidRequest,
    SignInError,
    SignInRequired,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.methods.repositories import CheckRepository
from dockerhub_mcp.hub.models import HubModel, Page, SignInStatus
from dockerhub_mcp.hub.pagination import MAX_CONCURRENT_PAGES, OnProgress, PageResult, paginate
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.events import OnAttempt
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.hub.transport.retry import RetryMode, RetryPolicy
from dockerhub_mcp.hub.transport.transport import Transport

R = TypeVar("R")
T = TypeVar("T", bound=HubModel)

RequestParts = tuple[str, dict[str, str], dict[str, Any] | None]
"""The path, the query and the body of a call."""

HUB_URL = "https://hub.docker.com"
SCOUT_URL = "https://api.scout.docker.com"
_PROBE_PATH = "/v2/namespaces/library/repositories/hello-world"


class Hub:
    """A client of Docker Hub, or of something that answers like it.

    Use it as an asynchronous context manager, or call `aclose()`.

    Args:
        credentials: Who to be; anonymous without.
        scim_token: The token of the SCIM methods, which take no other.
        base_url: The Hub's address; https, or http on this machine.
        scout_url: The address of Docker Scout; beside another Hub than Docker's, that Hub's own.
        timeout: Seconds that one call may take, its repeats and waits included.
        max_concurrency: Requests under way at once; further ones wait.
        retry_policy: How often and how patiently to repeat what may be repeated.
        httpx_transport: Where requests go instead of the network.
        pool: What requests travel on, where several clients share it; they stay open when this one
            closes. `transport` does not count then.
        fixed_identity: Whether it stays who it is: calls may ask who is signed in, and bring no secret of their own.
        user_agent: How the client names itself.
        on_attempt: Told of each request that was sent, and of what came of it.

    Raises:
        InvalidRequest: The address is not one that a token may be sent to.
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
        user_agent: str = f"dockerhub-mcp/{__version__}",
        on_attempt: OnAttempt | None = None,
    ) -> None:
        travelling_on = pool or ConnectionPool(timeout=timeout, httpx_transport=httpx_transport)
        self._owned_pool = travelling_on if pool is None else None
        self._pool = travelling_on

        def create_transport(url: str) -> Transport:
            return Transport(
                url,
                timeout=timeout,
                max_concurrency=max_concurrency,
                retry_policy=retry_policy or RetryPolicy(),
                pool=travelling_on,
                user_agent=user_agent,
                on_attempt=on_attempt,
            )

        self._transport = create_transport(base_url)
        self._scout_transport = create_transport(
            scout_url or (SCOUT_URL if base_url.rstrip("/") == HUB_URL else base_url)
        )
        self._scout_transport.redactor = self._transport.redactor
        self._authenticator = Authenticator(self._transport, credentials, fixed_identity=fixed_identity)
        self._scim_token = scim_token

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless they are shared."""
        if self._owned_pool is not None:
            await self._owned_pool.aclose()

    @property
    def host(self) -> str:
        """The host, and port if any, that requests go to."""
        return self._transport.host

    @property
    def rate_limit(self) -> RateLimit | None:
        """The rate limit as the last answer stated it."""
        return self._transport.rate_limit

    @property
    def principal(self) -> Principal:
        """Who the client is at the moment."""
        return self._authenticator.principal

    @property
    def credential_error(self) -> SignInError | CredentialError | None:
        """Why the configured credentials are not in use: refused by the Hub, or not to be read."""
        return self._authenticator.credential_error

    def redact(self, text: str) -> str:
        """Return the text without the secrets that this client knows."""
        return self._transport.redactor(text)

    def redact_data(self, text: str) -> str:
        """Do the same to data: a short password may be a word that the data is about, and stays."""
        return self._transport.redactor(text, min_length=12)

    def warm_up(self) -> None:
        """Make now what the first request would wait for: certificates are loaded, which takes a while."""
        self._pool.sender_for(self._transport.base_url)

    async def sign_in(self) -> SignInStatus | None:
        """Sign in with the configured credentials, unless that is done, and say as whom; None for nobody.

        Raises:
            SignInRefused: The Hub did not accept them, now or before.
            SecondFactorRequired: The account wants a one-time code.
            HubError: The Hub could not be asked.
        """
        return await self._authenticator.ensure_signed_in()

    async def check_connection(self, *, authenticated: bool = False) -> None:
        """Send one small request, without an account or with the configured one.

        Raises:
            HubError: The Hub cannot be reached, or is in trouble of its own; or signing in failed.
        """
        bearer = await self._authenticator.get_bearer() if authenticated else None
        token, route = bearer.token if bearer else None, CheckRepository.http.path_template
        answer = await self._transport.request("HEAD", _PROBE_PATH, bearer_token=token, path_template=route)
        if answer.status >= 500:  # noqa: PLR2004
            what = f"{self.host} answers {answer.status}."
            raise UnexpectedAnswer(what, remedy="Try again later.")

    async def send(self, method: Method[R]) -> R:
        """Send one call and return its result.

        Raises:
            HubError: One of the tree in `dockerhub_mcp.hub.errors`.
        """
        if isinstance(method, Mutation) and method.is_local_dry_run:
            what = f"This call of {method.tool_name} is a dry run; nothing was sent."
            raise InvalidRequest(what, remedy="Leave dry_run out to send it.")
        result, _ = await self._execute_call(method)
        return result

    async def paginate(
        self,
        method: Method[Page[T]],
        *,
        max_items: int | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - a walk returns what it has by then
        on_progress: OnProgress | None = None,
    ) -> PageResult[T]:
        """Read a list over its pages, from `method.page` on.

        Args:
            method: A method that lists.
            max_items: Stop after this many.
            timeout: Seconds after which what was read so far is returned.
            on_progress: Called after each page with the items read and the total where it is known.

        Raises:
            HubError: The first page could not be read. Trouble on a later page ends the walk, which
                keeps what it has and says so.
        """
        return await paginate(
            self._execute_call,
            method,
            max_items=max_items,
            timeout=timeout,
            on_progress=on_progress,
            concurrency_limit=self._max_concurrent_pages,
        )

    def _max_concurrent_pages(self) -> int:
        """Return how many pages of a walk may be asked for at once; a tenth of the rate limit stays free."""
        limit = self._transport.rate_limit
        return MAX_CONCURRENT_PAGES if limit is None else min(MAX_CONCURRENT_PAGES, limit.headroom)

    async def _execute_call(self, method: Method[R], allow_correction: bool = True) -> tuple[R, Method[R]]:
        """Send a call, and another in its place if the answer shows that it was misunderstood."""
        try:
            with anyio.fail_after(self._transport.timeout):  # signing in and waiting for it included
                if method.effect is Effect.SIGN_IN:
                    return cast(
                        "R", await self._authenticator.sign_in(cast("Method[SignInStatus]", method))
                    ), method
                result = await self._send_authenticated(method)
                if allow_correction and (other := method.corrected_call(result)):
                    return await self._send_authenticated(other), other
                return result, method
        except TimeoutError:
            overdue = self._transport_for(method).timeout_error(method.http.verb, method.build_path())
            overdue.remedy = retry_advice(method, overdue.remedy)
            raise overdue from None

    async def _send_authenticated(self, method: Method[R]) -> R:
        asked = (
            method.build_path(),
            method.build_query(),
            method.build_body(),
        )  # refused, if need be, before anybody signs in
        bearer = await self._bearer_for(method)
        answer = await self._send_request(method, asked, bearer)
        if answer.status == 401 and bearer is not None:  # noqa: PLR2004
            self._authenticator.discard_bearer(bearer)
            refused, bearer = bearer, await self._bearer_for(method)
            if bearer != refused:
                answer = await self._send_request(method, asked, bearer)
        if answer.status >= 300 and answer.status not in method.accepted_statuses:  # noqa: PLR2004
            fixed = self.principal.fixed_identity
            name, kind = (bearer.username, bearer.kind) if bearer else ("", CredentialKind.ANONYMOUS)
            caller = Principal(name, kind, fixed)
            raise error_for(method, answer, caller, self.redact)
        try:
            return method.parse(answer.status, answer.content)
        except ValueError as error:
            host = self._transport_for(method).host
            what = (
                f"{host} answered {method.http.verb} {method.build_path()} with {answer.status}, but {error}."
            )
            why = "A proxy or a sign-in page on the way may have answered in its place."
            remedy = "Check the Hub's address (DOCKERHUB_API_URL) and try again."
            raise UnexpectedAnswer(what, why=why, remedy=retry_advice(method, remedy)) from None

    async def _bearer_for(self, method: Method[Any]) -> Bearer | None:
        """Return a bearer; none where signing in fails and the method works without."""
        if method.service is Service.SCIM:
            return self._get_scim_bearer()
        try:
            bearer = await self._authenticator.get_bearer()
        except (SignInError, CredentialError):
            if method.allows_anonymous:
                return None
            raise
        if bearer is None and not method.allows_anonymous:
            what = f"This needs an account ({method.title.lower()}), and the client is anonymous."
            remedy = required_credentials(type(method), fixed_identity=self.principal.fixed_identity)
            if method.accepts_pat and self._authenticator.uses_docker_login:
                remedy = f"Run `docker login` in a terminal. Or: {remedy}"
            raise SignInRequired(what, remedy=remedy)
        return bearer

    def _get_scim_bearer(self) -> Bearer:
        if self._scim_token is None:
            what = "The SCIM methods need a token of their own, and none is configured."
            remedy = "Set DOCKERHUB_SCIM_TOKEN or DOCKERHUB_SCIM_TOKEN_FILE to the organization's SCIM token."
            raise SignInRequired(what, remedy=remedy)
        token = self._scim_token.read_text()
        self._transport.redactor.add_secret(token)
        return Bearer.from_static_token(token, CredentialKind.SCIM)

    def _transport_for(self, method: Method[Any]) -> Transport:
        return self._scout_transport if method.service is Service.SCOUT else self._transport

    async def _send_request(
        self, method: Method[Any], parts: RequestParts, bearer: Bearer | None
    ) -> Response:
        path, query, body = parts
        try:
            return await self._transport_for(method).request(
                method.http.verb,
                path,
                query=query,
                body=body,
                bearer_token=bearer.token if bearer else None,
                retry_mode=RetryMode.ALWAYS if method.http.is_safe else RetryMode.NEVER,
                media_type=method.media_type,
                path_template=method.http.path_template,
            )
        except ConnectionFailed as error:
            if error.remedy != (careful := retry_advice(method, error.remedy)):
                error.remedy = f"{careful} {error.remedy}"
            raise
