"""Who the client is: the one place that holds credentials and the bearer token."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import anyio

from dockerhub_mcp.hub import error_bodies
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.credentials import Account, Credentials, Kind
from dockerhub_mcp.hub.decoding import json_object
from dockerhub_mcp.hub.error_mapping import SETTLED_OUTSIDE, Caller, explain, why_sign_in_refused
from dockerhub_mcp.hub.errors import (
    CredentialError,
    InvalidRequest,
    SecondFactorRequired,
    SignInError,
    SignInRefused,
    SignInRequired,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.methods.authentication import Complete2FALogin, CreateAuthToken, Login, SignIn
from dockerhub_mcp.hub.models import SignedIn
from dockerhub_mcp.hub.transport.backends import Answer
from dockerhub_mcp.hub.transport.retry import Repeat
from dockerhub_mcp.hub.transport.transport import Road

logger = logging.getLogger(__name__)

_HOW_TO_SIGN_IN = (
    "Set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN (a personal access token; or the organization's name and its "
    "access token), or pass a name and secret."
)
_HOW_DOCKER_SIGNS_IN = f"Run `docker login` in a terminal, and this server uses that. Or: {_HOW_TO_SIGN_IN}"


def _nothing_to_sign_in_with(remedy: str) -> SignInRequired:
    what = "There is nothing to sign in with: the client is anonymous, which is enough to read "
    return SignInRequired(f"{what}public repositories and tags.", remedy=remedy)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A sign-in that waits for its second step."""

    credentials: Account
    name: str
    secret: str = field(repr=False)
    ticket: str = field(repr=False)


class Authenticator:
    """Holds the bearer token, renews it before its end, and signs in once for all who wait.

    A refused name and secret are not sent again by themselves: Docker locks a name for ten minutes after
    a few failures. They are tried again when a secret file changes or somebody asks for it.

    Args:
        road: What requests travel on.
        credentials: Who to be; anonymous without.
        fixed: Whether it stays so: the authentication methods then only report, and take no secret.
    """

    def __init__(self, road: Road, credentials: Account | None, *, fixed: bool = False) -> None:
        self._road = road
        self._fixed = fixed
        self._credentials = credentials
        self._bearer: Bearer | None = None
        self._version: object = None
        self._refused: tuple[object, SignInError] | None = None
        self._unreadable: CredentialError | None = None
        self._pending: _Pending | None = None
        self._lock = anyio.Lock()

    @property
    def caller(self) -> Caller:
        """Who asks, as far as the explanation of an error needs it."""
        if self._bearer is not None and self._credentials is not None:
            return Caller(self._bearer.username, self._bearer.kind, self._fixed)
        return Caller("", Kind.ANONYMOUS, self._fixed)

    @property
    def trouble(self) -> SignInError | CredentialError | None:
        """Why the configured credentials are not in use: they were refused, or cannot be read."""
        if self._unreadable is not None:
            return self._unreadable
        return self._refused[1] if self._refused and self._bearer is None else None

    @property
    def takes_docker_login(self) -> bool:
        """Whether what `docker login` leaves on this machine would be used."""
        return self._credentials is not None and self._credentials.stored

    async def bearer(self) -> Bearer | None:
        """Return a bearer that is good, or None for an anonymous client.

        Raises:
            SignInRefused: The credentials were refused, now or before.
            SecondFactorRequired: The account wants a one-time code.
            CredentialError: A secret file, or Docker's store, cannot be read.
            ConnectionFailed: The Hub could not be reached.
        """
        if self._credentials is None:
            return None
        if good := self._good(self._credentials):
            return good
        async with self._lock:
            if good := self._good(self._credentials):
                return good
            version = await self._refresh(self._credentials)
            if self._credentials.is_nobody:
                self._bearer = None
                return None
            if good := self._good(self._credentials):
                return good
            if self._refused and self._refused[0] == version:
                self._bearer = None
                raise self._refused[1].with_traceback(None)  # or each raise would make it longer
            try:
                return await self._exchange(CreateAuthToken(), self._credentials, version)
            except SignInError as error:
                self._bearer = None
                self._refused = (version, error)
                self._credentials.doubt()
                logger.warning("signing in failed", extra={"reason": error.what})
                raise

    def forget(self, bearer: Bearer) -> None:
        """Drop a bearer that the Hub no longer takes; another that came meanwhile stays."""
        if self._bearer is bearer:
            self._bearer = None

    async def signed_in(self) -> SignedIn | None:
        """Say who is signed in, after signing in where that is not done; None for nobody.

        Raises:
            HubError: As `bearer` does.
        """
        bearer = await self.bearer()
        return None if bearer is None else self._signed_in(bearer)

    async def sign_in(self, method: Method[SignedIn]) -> SignedIn:
        """Carry out one of the authentication methods and say who is signed in.

        Raises:
            SignInRefused: The Hub did not accept the name and secret, or the code.
            SecondFactorRequired: The account wants a one-time code.
            SignInRequired: There is nothing to sign in with, or no sign-in that waits for a code.
            InvalidRequest: A secret was given, and the client stays who it is.
        """
        if self._fixed:
            return await self._report(method)
        async with self._lock:
            if isinstance(method, Complete2FALogin):
                return self._signed_in(await self._second_step(method))
            if not isinstance(method, SignIn):
                msg = f"{type(method).__name__} does not sign in"
                raise TypeError(msg)
            pair = method.pair()
            credentials = Credentials.of(*pair) if pair else self._credentials
            if credentials is None:
                raise _nothing_to_sign_in_with(_HOW_TO_SIGN_IN)
            version = await self._refresh(credentials, anew=True)
            if credentials.is_nobody:
                self._bearer = None
                how = _HOW_DOCKER_SIGNS_IN if credentials.stored else _HOW_TO_SIGN_IN
                raise _nothing_to_sign_in_with(how)
            try:
                return self._signed_in(await self._exchange(method, credentials, version))
            except SignInError as error:
                if pair is None and isinstance(method, CreateAuthToken):
                    self._refused = (version, error)
                    credentials.doubt()
                raise

    async def _report(self, method: Method[SignedIn]) -> SignedIn:
        """Say who is signed in; who that is was settled outside of any call."""
        if not isinstance(method, SignIn) or method.pair():
            what = "This server does not take a secret from a call: who it is at the Hub is settled outside."
            why = "Several callers may share it, and one must not change who the others are."
            remedy = "Call create_auth_token without arguments to see who is signed in."
            raise InvalidRequest(what, why=why, remedy=remedy)
        bearer = await self.bearer()
        if bearer is None:
            raise _nothing_to_sign_in_with(SETTLED_OUTSIDE)
        return self._signed_in(bearer)

    def _good(self, credentials: Account) -> Bearer | None:
        if self._bearer and self._bearer.is_good and self._version == credentials.version():
            return self._bearer
        return None

    async def _refresh(self, credentials: Account, *, anew: bool = False) -> object:
        try:
            version = await credentials.refresh(anew=anew)
        except CredentialError as error:
            self._unreadable, self._bearer = error, None
            raise
        self._unreadable = None
        return version

    async def _exchange(self, method: SignIn, credentials: Account, version: object) -> Bearer:
        try:
            name, secret = credentials.pair()
        except CredentialError as error:
            self._unreadable = error
            logger.warning("the credentials cannot be read", extra={"reason": error.what})
            raise
        self._unreadable = None
        self._road.redact.learn(secret)
        answer = await self._road.go(
            method.http.verb,
            method.path(),
            body=method.body_for(name, secret),
            repeat=Repeat.UNANSWERED,
            route=method.http.path,
        )
        if ticket := error_bodies.ticket(answer.content) if answer.status == 401 else None:  # noqa: PLR2004
            self._road.redact.learn(ticket)
            if self._fixed:
                what = f"The account {name} has two-factor authentication: here its password is not enough."
                raise SecondFactorRequired(what, remedy="Use a personal access token, which needs no code.")
            self._pending = _Pending(credentials, name, secret, ticket)
            what = f"The account {name} has two-factor authentication; the sign-in waits for a one-time code."
            remedy = (
                "Call complete_2fa_login with the code, or use a personal access token, which needs none."
            )
            raise SecondFactorRequired(what, remedy=remedy)
        token = self._token(method, answer, name, secret, stored=credentials.stored)
        return self._accept(token, credentials, version, name, secret)

    async def _second_step(self, method: Complete2FALogin) -> Bearer:
        pending = self._pending
        if pending is None:
            what = "No sign-in is waiting for a one-time code."
            raise SignInRequired(
                what, remedy="Call create_auth_token (or login) first, then send a fresh code."
            )
        ticket = method.login_2fa_token.get_secret_value() if method.login_2fa_token else pending.ticket
        self._pending = None  # a ticket is good for one try
        self._road.redact.learn(method.code)
        answer = await self._road.go(
            method.http.verb,
            method.path(),
            body={"login_2fa_token": ticket, "code": method.code},
            route=method.http.path,
        )
        if answer.status == 401:  # noqa: PLR2004
            what = f"The Hub did not accept the one-time code for {pending.name}."
            said = error_bodies.said(answer.content, self._road.redact)
            remedy = "Call create_auth_token (or login) again, then send a fresh code at once."
            raise SignInRefused(what, said=said, remedy=remedy)
        token = self._token(method, answer, pending.name, pending.secret, stored=pending.credentials.stored)
        version = pending.credentials.version()
        return self._accept(token, pending.credentials, version, pending.name, pending.secret)

    def _token(
        self, method: Method[SignedIn], answer: Answer, name: str, secret: str, *, stored: bool
    ) -> str:
        kind = Kind.of(secret)
        if answer.status == 401:  # noqa: PLR2004
            said = error_bodies.said(answer.content, self._road.redact)
            what = f"Docker Hub refused to sign in {name} with this {kind}."
            login = isinstance(method, Login)
            why, remedy = why_sign_in_refused(kind, said, login=login, fixed=self._fixed, stored=stored)
            raise SignInRefused(what, said=said, why=why, remedy=remedy)
        if answer.status >= 300:  # noqa: PLR2004
            raise explain(method, answer, Caller(name, kind), self._road.redact)
        data = json_object(answer.content)
        token = data.get("access_token") or data.get("token")
        if not isinstance(token, str) or not token:
            what = f"{self._road.host} accepted the sign-in but sent no token."
            raise UnexpectedAnswer(what, remedy="Check the Hub's address (DOCKERHUB_API_URL).")
        return token

    def _accept(self, token: str, credentials: Account, version: object, name: str, secret: str) -> Bearer:
        self._road.redact.learn(token)
        self._bearer = Bearer.of(token, name=name, secret=secret)
        self._credentials = credentials
        self._version = version
        self._refused = None
        self._pending = None
        logger.info("signed in", extra={"username": self._bearer.username, "kind": str(self._bearer.kind)})
        return self._bearer

    @staticmethod
    def _signed_in(bearer: Bearer) -> SignedIn:
        return SignedIn(
            signed_in=True,
            username=bearer.username,
            kind=str(bearer.kind),
            scopes=list(bearer.scopes) or None,
            expires_at=bearer.expires_at,
            message="The server holds the token and renews it by itself.",
        )
