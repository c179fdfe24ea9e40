"""The Docker Hub client: `Hub.send()` for one call, `Hub.walk()` for a list over many pages."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self, TypeVar, cast

import anyio
import httpx2 as httpx

from dockerhub_mcp import __version__
from dockerhub_mcp.hub.api.method import Effect, Method, Service
from dockerhub_mcp.hub.api.mutation import Write
from dockerhub_mcp.hub.auth.authenticator import Authenticator
from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.credentials import Account, Kind, Source
from dockerhub_mcp.hub.error_mapping import Caller, after_trouble, explain, who_may
from dockerhub_mcp.hub.errors import (
    ConnectionFailed,
    CredentialError,
    InvalidRequest,
    SignInError,
    SignInRequired,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.methods.repositories import CheckRepository
from dockerhub_mcp.hub.models import HubModel, Page, SignedIn
from dockerhub_mcp.hub.pagination import SIDE_BY_SIDE, OnProgress, Walk, walk
from dockerhub_mcp.hub.transport.backends import Answer
from dockerhub_mcp.hub.transport.events import Observe
from dockerhub_mcp.hub.transport.pool import Connections
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.hub.transport.retry import Repeat, RetryPolicy
from dockerhub_mcp.hub.transport.transport import Road

R = TypeVar("R")
T = TypeVar("T", bound=HubModel)

Asked = tuple[str, dict[str, str], dict[str, Any] | None]
"""The path, the query and the body of a call."""

HUB = "https://hub.docker.com"
SCOUT = "https://api.scout.docker.com"
_ALWAYS_THERE = "/v2/namespaces/library/repositories/hello-world"


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
        retry: How often and how patiently to repeat what may be repeated.
        transport: Where requests go instead of the network.
        connections: What requests travel on, where several clients share it; they stay open when this one
            closes. `transport` does not count then.
        fixed: Whether it stays who it is: calls may ask who is signed in, and bring no secret of their own.
        user_agent: How the client names itself.
        observe: Told of each request that was sent, and of what came of it.

    Raises:
        InvalidRequest: The address is not one that a token may be sent to.
    """

    def __init__(
        self,
        credentials: Account | None = None,
        *,
        scim_token: Source | None = None,
        base_url: str = HUB,
        scout_url: str | None = None,
        timeout: float = 30.0,
        max_concurrency: int = 16,
        retry: RetryPolicy | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        connections: Connections | None = None,
        fixed: bool = False,
        user_agent: str = f"dockerhub-mcp/{__version__}",
        observe: Observe | None = None,
    ) -> None:
        travelling_on = connections or Connections(timeout=timeout, transport=transport)
        self._own = travelling_on if connections is None else None
        self._connections = travelling_on

        def road(url: str) -> Road:
            return Road(
                url,
                timeout=timeout,
                max_concurrency=max_concurrency,
                retry=retry or RetryPolicy(),
                connections=travelling_on,
                user_agent=user_agent,
                observe=observe,
            )

        self._road = road(base_url)
        self._scout = road(scout_url or (SCOUT if base_url.rstrip("/") == HUB else base_url))
        self._scout.redact = self._road.redact
        self._auth = Authenticator(self._road, credentials, fixed=fixed)
        self._scim_token = scim_token

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless they are shared."""
        if self._own is not None:
            await self._own.aclose()

    @property
    def host(self) -> str:
        """The host, and port if any, that requests go to."""
        return self._road.host

    @property
    def rate_limit(self) -> RateLimit | None:
        """The rate limit as the last answer stated it."""
        return self._road.rate_limit

    @property
    def caller(self) -> Caller:
        """Who the client is at the moment."""
        return self._auth.caller

    @property
    def trouble(self) -> SignInError | CredentialError | None:
        """Why the configured credentials are not in use: refused by the Hub, or not to be read."""
        return self._auth.trouble

    def redact(self, text: str) -> str:
        """Return the text without the secrets that this client knows."""
        return self._road.redact(text)

    def mask(self, text: str) -> str:
        """Do the same to data: a short password may be a word that the data is about, and stays."""
        return self._road.redact(text, shortest=12)

    def warm(self) -> None:
        """Make now what the first request would wait for: certificates are loaded, which takes a while."""
        self._connections.to(self._road.base_url)

    async def sign_in(self) -> SignedIn | None:
        """Sign in with the configured credentials, unless that is done, and say as whom; None for nobody.

        Raises:
            SignInRefused: The Hub did not accept them, now or before.
            SecondFactorRequired: The account wants a one-time code.
            HubError: The Hub could not be asked.
        """
        return await self._auth.signed_in()

    async def reach(self, *, signed_in: bool = False) -> None:
        """Send one small request, without an account or with the configured one.

        Raises:
            HubError: The Hub cannot be reached, or is in trouble of its own; or signing in failed.
        """
        bearer = await self._auth.bearer() if signed_in else None
        token, route = bearer.token if bearer else None, CheckRepository.http.path
        answer = await self._road.go("HEAD", _ALWAYS_THERE, bearer=token, route=route)
        if answer.status >= 500:  # noqa: PLR2004
            what = f"{self.host} answers {answer.status}."
            raise UnexpectedAnswer(what, remedy="Try again later.")

    async def send(self, method: Method[R]) -> R:
        """Send one call and return its result.

        Raises:
            HubError: One of the tree in `dockerhub_mcp.hub.errors`.
        """
        if isinstance(method, Write) and method.only_shown:
            what = f"This call of {method.tool} is a dry run; nothing was sent."
            raise InvalidRequest(what, remedy="Leave dry_run out to send it.")
        result, _ = await self._settle(method)
        return result

    async def walk(
        self,
        method: Method[Page[T]],
        *,
        max_items: int | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - a walk returns what it has by then
        on_progress: OnProgress | None = None,
    ) -> Walk[T]:
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
        return await walk(
            self._settle,
            method,
            max_items=max_items,
            timeout=timeout,
            on_progress=on_progress,
            width=self._pages_at_once,
        )

    def _pages_at_once(self) -> int:
        """Return how many pages of a walk may be asked for at once; a tenth of the rate limit stays free."""
        limit = self._road.rate_limit
        return SIDE_BY_SIDE if limit is None else min(SIDE_BY_SIDE, limit.spare)

    async def _settle(self, method: Method[R], reconsider: bool = True) -> tuple[R, Method[R]]:
        """Send a call, and another in its place if the answer shows that it was misunderstood."""
        try:
            with anyio.fail_after(self._road.timeout):  # signing in and waiting for it included
                if method.effect is Effect.SIGN_IN:
                    return cast("R", await self._auth.sign_in(cast("Method[SignedIn]", method))), method
                result = await self._send(method)
                if reconsider and (other := method.reconsider(result)):
                    return await self._send(other), other
                return result, method
        except TimeoutError:
            overdue = self._road_of(method).overdue(method.http.verb, method.path())
            overdue.remedy = after_trouble(method, overdue.remedy)
            raise overdue from None

    async def _send(self, method: Method[R]) -> R:
        asked = method.path(), method.query(), method.body()  # refused, if need be, before anybody signs in
        bearer = await self._bearer_for(method)
        answer = await self._go(method, asked, bearer)
        if answer.status == 401 and bearer is not None:  # noqa: PLR2004
            self._auth.forget(bearer)
            refused, bearer = bearer, await self._bearer_for(method)
            if bearer != refused:
                answer = await self._go(method, asked, bearer)
        if answer.status >= 300 and answer.status not in method.answers:  # noqa: PLR2004
            fixed = self.caller.fixed
            name, kind = (bearer.username, bearer.kind) if bearer else ("", Kind.ANONYMOUS)
            caller = Caller(name, kind, fixed)
            raise explain(method, answer, caller, self.redact)
        try:
            return method.read(answer.status, answer.content)
        except ValueError as error:
            host = self._road_of(method).host
            what = f"{host} answered {method.http.verb} {method.path()} with {answer.status}, but {error}."
            why = "A proxy or a sign-in page on the way may have answered in its place."
            remedy = "Check the Hub's address (DOCKERHUB_API_URL) and try again."
            raise UnexpectedAnswer(what, why=why, remedy=after_trouble(method, remedy)) from None

    async def _bearer_for(self, method: Method[Any]) -> Bearer | None:
        """Return a bearer; none where signing in fails and the method works without."""
        if method.service is Service.SCIM:
            return self._scim_bearer()
        try:
            bearer = await self._auth.bearer()
        except (SignInError, CredentialError):
            if method.anonymous:
                return None
            raise
        if bearer is None and not method.anonymous:
            what = f"This needs an account ({method.title.lower()}), and the client is anonymous."
            remedy = who_may(type(method), fixed=self.caller.fixed)
            if method.pat and self._auth.takes_docker_login:
                remedy = f"Run `docker login` in a terminal. Or: {remedy}"
            raise SignInRequired(what, remedy=remedy)
        return bearer

    def _scim_bearer(self) -> Bearer:
        if self._scim_token is None:
            what = "The SCIM methods need a token of their own, and none is configured."
            remedy = "Set DOCKERHUB_SCIM_TOKEN or DOCKERHUB_SCIM_TOKEN_FILE to the organization's SCIM token."
            raise SignInRequired(what, remedy=remedy)
        token = self._scim_token.read()
        self._road.redact.learn(token)
        return Bearer.fixed(token, Kind.SCIM)

    def _road_of(self, method: Method[Any]) -> Road:
        return self._scout if method.service is Service.SCOUT else self._road

    async def _go(self, method: Method[Any], asked: Asked, bearer: Bearer | None) -> Answer:
        path, query, body = asked
        try:
            return await self._road_of(method).go(
                method.http.verb,
                path,
                query=query,
                body=body,
                bearer=bearer.token if bearer else None,
                repeat=Repeat.ALWAYS if method.http.repeatable else Repeat.NEVER,
                media_type=method.accept,
                route=method.http.path,
            )
        except ConnectionFailed as error:
            if error.remedy != (careful := after_trouble(method, error.remedy)):
                error.remedy = f"{careful} {error.remedy}"
            raise
