"""Carry out one call: sign in, send it, renew a rejected token once, and parse the result."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import anyio

from dockerhub_mcp.hub.answers import check_answer, unfit_answer_error
from dockerhub_mcp.hub.api.enums import CredentialKind, Effect, Service
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.authenticator import Authenticator
from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.auth.secret_checks import check_header_token
from dockerhub_mcp.hub.auth.secret_sources import SecretSource
from dockerhub_mcp.hub.delivery import Delivery
from dockerhub_mcp.hub.error_advice import required_credentials
from dockerhub_mcp.hub.errors import (
    CredentialError,
    HubError,
    SignInError,
    SignInRequired,
)
from dockerhub_mcp.hub.lists.memory import releaser
from dockerhub_mcp.hub.models import SignInStatus
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.retry import RetryMode
from dockerhub_mcp.hub.transport.transport import Transport

R = TypeVar("R")

_LARGE_BYTES = 32 * 1024

RequestParts = tuple[str, dict[str, str], dict[str, Any] | None]
"""The path, the query parameters and the body of a call."""


class CallExecutor:
    """Carries out calls with the right service and credentials.

    Args:
        transport: The transport to the Hub; its timeout limits a whole call.
        scout_transport: The transport to Docker Scout.
        authenticator: Provides the bearer tokens of the Hub.
        scim_token: The token for the SCIM methods, if any.
    """

    def __init__(
        self,
        transport: Transport,
        scout_transport: Transport,
        authenticator: Authenticator,
        scim_token: SecretSource | None,
    ) -> None:
        self._transport = transport
        self._scout_transport = scout_transport
        self._authenticator = authenticator
        self._scim_token = scim_token
        self._parsing = anyio.Lock()

    async def execute(self, method: Method[R], allow_correction: bool = True) -> tuple[R, Method[R]]:
        """Send a call and return its result with the call that produced it.

        Args:
            method: The call.
            allow_correction: Whether to send `corrected_call` where the Hub misread the call.

        Raises:
            HubError: One of the errors in `dockerhub_mcp.hub.errors`.
        """
        delivery = Delivery(method)
        try:
            try:
                with anyio.fail_after(self._transport.timeout):  # includes the sign-in
                    if method.effect is Effect.SIGN_IN:
                        status = await self._authenticator.sign_in(cast("Method[SignInStatus]", method))
                        return cast("R", status), method
                    result = await self._send_authenticated(method, delivery)
                    if allow_correction and (corrected := method.corrected_call(result)):
                        return await self._send_authenticated(corrected, delivery), corrected
                    return result, method
            except TimeoutError:
                raise self._transport_for(method).timeout_error(
                    method.http.verb, method.build_path()
                ) from None
        except HubError as error:
            delivery.explain(error)
            raise

    async def check_account(self, method: Method[Any]) -> None:
        """Check that there is an account for a method, signing in where needed.

        Raises:
            HubError: The sign-in failed, or there are no credentials.
        """
        await self._bearer_for(method)

    async def _send_authenticated(self, method: Method[R], delivery: Delivery) -> R:
        # An invalid request is rejected before signing in.
        parts = method.build_path(), method.build_query(), method.build_body()
        bearer = await self._bearer_for(method)
        response = await self._send_request(method, parts, bearer, delivery)
        if response.status == 401 and bearer is not None:  # noqa: PLR2004
            response, bearer = await self._send_renewed(method, parts, bearer, response, delivery)
            if response.status == 401 and bearer and method.allows_anonymous:  # noqa: PLR2004
                anonymous_response = await self._send_request(method, parts, None, delivery)
                if anonymous_response.status < 300:  # noqa: PLR2004
                    await self._authenticator.report_unusable(bearer)
                    response, bearer = anonymous_response, None
        if response.status >= 300 and response.status not in method.accepted_statuses:  # noqa: PLR2004
            principal = self._principal_of(bearer)
            known = method.result_from_sign_in(principal) if response.status == 403 else None  # noqa: PLR2004
            if known is not None:
                return known
            from dockerhub_mcp.hub.error_mapping import error_for  # noqa: PLC0415 - most calls succeed

            raise error_for(method, response, principal, self._transport.redactor)
        try:
            return await self._parse(method, response)
        except ValueError as error:
            host, request_line = self._transport_for(method).host, f"{method.http.verb} {method.build_path()}"
            raise unfit_answer_error(
                host, request_line, response, str(error), self._transport.redactor
            ) from None

    async def _send_renewed(
        self,
        method: Method[Any],
        parts: RequestParts,
        rejected: Bearer,
        response: Response,
        delivery: Delivery,
    ) -> tuple[Response, Bearer | None]:
        """Send a call again after its bearer token was rejected; return the response and the bearer token."""
        while True:
            delivery.mark_refused()
            self._authenticator.discard_bearer(rejected)
            bearer = await self._bearer_for(method)
            if bearer == rejected:
                return response, bearer
            response = await self._send_request(method, parts, bearer, delivery)
            if bearer is None:
                return response, None
            if response.status != 401:  # noqa: PLR2004
                self._authenticator.report_accepted_renewal(bearer)
                return response, bearer
            if not bearer.is_shared:  # unlike a new one, the Hub may have revoked it since
                return response, bearer
            rejected = bearer

    async def _parse(self, method: Method[R], response: Response) -> R:
        """Return the result of a response, of large ones one in each turn of the event loop.

        A page of tags takes about ten milliseconds, and those of a fast server arrive together.
        """
        if len(response.content) < _LARGE_BYTES:
            return method.parse(response.status, response.content)
        async with self._parsing:
            releaser.record_body(len(response.content))
            return method.parse(response.status, response.content)

    def _principal_of(self, bearer: Bearer | None) -> Principal:
        """Return the account of a request, with what its bearer token claims."""
        fixed_identity = self._authenticator.principal.fixed_identity
        if bearer is None:
            return Principal("", CredentialKind.ANONYMOUS, fixed_identity)
        return Principal(bearer.username, bearer.kind, fixed_identity, bearer.scopes, bearer.uuid)

    async def _bearer_for(self, method: Method[Any]) -> Bearer | None:
        """Return the bearer token for a method, or None where it works without an account."""
        if method.service is Service.SCIM:
            return await self._get_scim_bearer()
        try:
            bearer = await self._authenticator.get_bearer()
        except (SignInError, CredentialError):
            if method.allows_anonymous:
                return None
            raise
        if bearer is None and not method.allows_anonymous:
            what = f"This needs an account ({method.title.lower()}), and the client is anonymous."
            remedy = required_credentials(
                type(method), fixed_identity=self._authenticator.principal.fixed_identity
            )
            if method.accepts_pat and self._authenticator.uses_docker_login:
                remedy = f"Run `docker login` in a terminal. Or: {remedy}"
            raise SignInRequired(what, remedy=remedy)
        return bearer

    async def _get_scim_bearer(self) -> Bearer:
        if self._scim_token is None:
            what = "The SCIM methods need a token of their own, and none is configured."
            remedy = "Set DOCKERHUB_SCIM_TOKEN or DOCKERHUB_SCIM_TOKEN_FILE to the organization's SCIM token."
            raise SignInRequired(what, remedy=remedy)
        token = await self._scim_token.fetch_text()
        self._transport.redactor.add_secret(token)
        check_header_token(token, getattr(self._scim_token, "variable", "DOCKERHUB_SCIM_TOKEN"))
        return Bearer.from_static_token(token, CredentialKind.SCIM)

    def _transport_for(self, method: Method[Any]) -> Transport:
        return self._scout_transport if method.service is Service.SCOUT else self._transport

    async def _send_request(
        self, method: Method[Any], parts: RequestParts, bearer: Bearer | None, delivery: Delivery
    ) -> Response:
        """Send a request and return the response of the Hub's API, with any status."""
        path, query, body = parts
        transport = self._transport_for(method)
        response = await transport.request(
            method.http.verb,
            path,
            query=query,
            body=body,
            bearer_token=bearer.token if bearer else None,
            retry_mode=RetryMode.ALWAYS if method.http.is_safe else RetryMode.NEVER,
            media_type=method.media_type,
            path_template=method.http.path_template,
            on_send=delivery.mark_sent,
        )
        check_answer(
            response,
            host=transport.host,
            verb=method.http.verb,
            path=path,
            media_type=method.media_type,
            redact=transport.redactor,
        )
        return response
