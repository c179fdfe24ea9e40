"""Carry out one call: sign in, send it, renew a rejected token once, and parse the result."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import anyio

from dockerhub_mcp.hub.api.enums import CredentialKind, Effect, Service
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.authenticator import Authenticator
from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.credentials import SecretSource
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.error_advice import required_credentials, retry_advice
from dockerhub_mcp.hub.error_mapping import error_for
from dockerhub_mcp.hub.errors import (
    ConnectionFailed,
    CredentialError,
    SignInError,
    SignInRequired,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.models import SignInStatus
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.retry import RetryMode
from dockerhub_mcp.hub.transport.transport import Transport

R = TypeVar("R")

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

    async def execute(self, method: Method[R], allow_correction: bool = True) -> tuple[R, Method[R]]:
        """Send a call and return its result with the call that produced it.

        Args:
            method: The call.
            allow_correction: Whether to send `corrected_call` where the Hub misread the call.

        Raises:
            HubError: One of the errors in `dockerhub_mcp.hub.errors`.
        """
        try:
            with anyio.fail_after(self._transport.timeout):  # includes the sign-in
                if method.effect is Effect.SIGN_IN:
                    status = await self._authenticator.sign_in(cast("Method[SignInStatus]", method))
                    return cast("R", status), method
                result = await self._send_authenticated(method)
                if allow_correction and (corrected := method.corrected_call(result)):
                    return await self._send_authenticated(corrected), corrected
                return result, method
        except TimeoutError:
            error = self._transport_for(method).timeout_error(method.http.verb, method.build_path())
            error.remedy = retry_advice(method, error.remedy)
            raise error from None

    async def _send_authenticated(self, method: Method[R]) -> R:
        # An invalid request is rejected before signing in.
        parts = method.build_path(), method.build_query(), method.build_body()
        bearer = await self._bearer_for(method)
        response = await self._send_request(method, parts, bearer)
        if response.status == 401 and bearer is not None:  # noqa: PLR2004
            self._authenticator.discard_bearer(bearer)
            rejected, bearer = bearer, await self._bearer_for(method)
            if bearer != rejected:
                response = await self._send_request(method, parts, bearer)
        if response.status >= 300 and response.status not in method.accepted_statuses:  # noqa: PLR2004
            principal = self._principal_of(bearer)
            known = method.result_from_sign_in(principal) if response.status == 403 else None  # noqa: PLR2004
            if known is not None:
                return known
            raise error_for(method, response, principal, self._transport.redactor)
        try:
            return method.parse(response.status, response.content)
        except ValueError as error:
            host, request_line = self._transport_for(method).host, f"{method.http.verb} {method.build_path()}"
            what = f"{host} answered {request_line} with {response.status}, but {error}."
            why = "A proxy or a sign-in page may have answered instead."
            remedy = "Check the Hub's address (DOCKERHUB_API_URL) and try again."
            raise UnexpectedAnswer(what, why=why, remedy=retry_advice(method, remedy)) from None

    def _principal_of(self, bearer: Bearer | None) -> Principal:
        """Return the account of a request, with what its bearer token claims."""
        fixed_identity = self._authenticator.principal.fixed_identity
        if bearer is None:
            return Principal("", CredentialKind.ANONYMOUS, fixed_identity)
        return Principal(bearer.username, bearer.kind, fixed_identity, bearer.scopes, bearer.uuid)

    async def _bearer_for(self, method: Method[Any]) -> Bearer | None:
        """Return the bearer token for a method, or None where it works without an account."""
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
            remedy = required_credentials(
                type(method), fixed_identity=self._authenticator.principal.fixed_identity
            )
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
            if method.effect.is_mutation:
                error.remedy = f"{retry_advice(method, error.remedy)} {error.remedy}"
            raise
