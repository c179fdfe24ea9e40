"""Send requests to a registry with the right token, and check that a registry answered."""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from dockerhub_mcp.hub.auth.account import Account, Login
from dockerhub_mcp.hub.errors import ConnectionFailed, HubUnavailable, UnexpectedAnswer
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.retry import RetryMode
from dockerhub_mcp.hub.transport.transport import REDIRECT_STATUSES, Transport
from dockerhub_mcp.registry.auth.challenge import parse_challenge
from dockerhub_mcp.registry.auth.token_answers import RegistryToken
from dockerhub_mcp.registry.auth.token_service import TokenService
from dockerhub_mcp.registry.deletion_errors import not_granted_error
from dockerhub_mcp.registry.error_mapping import error_for, foreign_error, is_foreign, not_visible_error
from dockerhub_mcp.registry.pull_limits import is_pull_limit_refusal
from dockerhub_mcp.registry.request import PULL, RegistryRequest
from dockerhub_mcp.registry.server import RegistryServer

_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a registry.

    Attributes:
        response: The response, with a status that the caller accepts.
        login: The account that it was given to.
    """

    response: Response
    login: Login


class _Delivery:
    """Whether a request may have reached the registry."""

    is_sent = False

    def mark_sent(self) -> None:
        """Record that the request is being sent."""
        self.is_sent = True


class Requester:
    """Sends the requests of one account.

    Args:
        server: The registry.
        account: The account.
    """

    def __init__(self, server: RegistryServer, account: Account) -> None:
        self._server = server
        self._account = account
        self.transport = server.create_transport(account.redactor)
        self._tokens = TokenService(
            server.create_token_transport(account.redactor), account, self.transport.host, server.clock
        )

    def get_account_key(self, login: Login) -> bytes:
        """Return a keyed digest of a name and secret; empty for an anonymous account."""
        return self._tokens.get_account_key(login)

    def create_storage_transport(self, origin: str) -> Transport:
        """Return a transport to the storage that blobs are redirected to; see `RegistryServer`."""
        return self._server.create_storage_transport(origin, self._account.redactor)

    async def fetch_login(self) -> Login:
        """Return the account; Docker's own login is used for Docker's own registry only.

        Raises:
            CredentialError: The secret cannot be read or used.
        """
        login = await self._account.fetch_login()
        if login.is_docker_login and not self._server.is_docker:
            return login.drop_secret("Docker's login is sent to Docker's own registry only")
        return login

    async def check_connection(self) -> None:
        """Check that the registry responds.

        Raises:
            HubError: It does not.
        """
        await self._server.fetch_challenge(self.transport)

    async def fetch_token(self, repository: str) -> RegistryToken | None:
        """Return the token for a repository; None where the registry needs none.

        Raises:
            HubError: There is no token.
        """
        with anyio.fail_after(self.transport.timeout):
            return await self._fetch_token(repository, await self.fetch_login())

    async def _fetch_token(self, repository: str, login: Login, actions: str = PULL) -> RegistryToken | None:
        challenge = await self._server.fetch_challenge(self.transport)
        if challenge is None:
            return None
        return await self._tokens.fetch_token(challenge, repository, login, actions)

    async def send(self, request: RegistryRequest) -> Answer:
        """Send a request and return the answer of the registry.

        Raises:
            HubError: The registry did not give what was asked for; `may_be_done` is set where it may have
                carried out a change.
        """
        delivery = _Delivery()
        try:
            return await self._send_in_time(request, delivery)
        except (ConnectionFailed, UnexpectedAnswer, HubUnavailable) as error:
            if request.is_change:
                error.may_be_done = delivery.is_sent and getattr(error, "is_sent", True)
            raise

    async def _send_in_time(self, request: RegistryRequest, delivery: _Delivery) -> Answer:
        try:
            with anyio.fail_after(self.transport.timeout):  # includes the token
                return await self._send_with_token(request, delivery)
        except TimeoutError:
            raise self.transport.timeout_error(request.verb, request.full_path) from None

    async def _send_with_token(self, request: RegistryRequest, delivery: _Delivery) -> Answer:
        login = await self.fetch_login()
        token = await self._fetch_token(request.repository, login, request.actions)
        if token is not None and token.is_without_pull:
            raise not_visible_error(request, login, _UNAUTHORIZED)
        if token is not None and token.lacks(request.action):
            raise not_granted_error(request, self.transport.host, login)
        response = await self._send_once(request, token, delivery)
        is_renewed = False
        if response.status == _UNAUTHORIZED and self._may_renew(response, token):
            if token is None:  # the registry asks for tokens in some repositories only
                self._server.learn_challenge(response, self.transport)
            else:
                self._tokens.discard(token, request.repository, login, request.actions)
            delivery.is_sent = False  # the registry refused the request, which is sent again
            token, is_renewed = await self._fetch_token(request.repository, login, request.actions), True
            response = await self._send_once(request, token, delivery)
        status = response.status
        if status in request.accepted_statuses and not is_foreign(response):
            return Answer(response, login)
        if status in REDIRECT_STATUSES and not request.follow_redirects:
            return Answer(response, login)
        if status >= 300:  # noqa: PLR2004
            is_granted = token is not None and token.actions is not None
            raise error_for(
                request,
                response,
                self.transport,
                login,
                is_pull_granted=is_granted,
                is_renewed=is_renewed,
            )
        if is_foreign(response):
            raise foreign_error(request, response, self.transport)
        return Answer(response, login)

    def _may_renew(self, response: Response, token: RegistryToken | None) -> bool:
        """Return whether another token may be accepted: Docker's registry rejects valid ones at times."""
        challenge = parse_challenge(response.headers.get("www-authenticate", ""))
        if token is None:
            return challenge is not None
        return challenge is None or challenge.error != "insufficient_scope"

    async def _send_once(
        self, request: RegistryRequest, token: RegistryToken | None, delivery: _Delivery
    ) -> Response:
        headers = {"accept": request.accept}
        if token is not None:
            headers["authorization"] = f"Bearer {token.text}"
        return await self.transport.request(
            request.verb,
            request.full_path,
            query=request.query,
            headers=headers,
            retry_mode=RetryMode.NEVER if request.is_change else RetryMode.ALWAYS,
            path_template=f"/v2/{{name}}/{request.path_template}",
            max_bytes=request.max_bytes,
            follow_redirects=request.follow_redirects,
            on_send=delivery.mark_sent,
            is_final=lambda each: is_pull_limit_refusal(each.status, each.content),
        )
