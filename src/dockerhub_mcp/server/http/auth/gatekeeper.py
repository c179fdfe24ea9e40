"""Authenticate HTTP requests: determine the caller, its Docker account and its tools."""

from __future__ import annotations

import base64
import hashlib
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.auth.secret_checks import check_name, check_secret
from dockerhub_mcp.hub.errors import CredentialError, SignInError, SignInLocked
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.http.addresses import normalize_address
from dockerhub_mcp.server.http.auth.account_pool import AccountPool, is_credential_rejection
from dockerhub_mcp.server.http.auth.throttle import SharedFailures, Throttle
from dockerhub_mcp.server.http.auth.tool_filter import FILTER_HEADERS, RequestToolFilter
from dockerhub_mcp.server.http.auth.verifier import (
    Caller,
    InsufficientScope,
    InvalidToken,
    TokenVerifier,
    TokenVerifierUnavailable,
)
from dockerhub_mcp.server.http.headers import RequestHeaders
from dockerhub_mcp.server.http.responses import HTTPRejection
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.request_context import get_current_request

logger = logging.getLogger(__name__)

USERNAME_HEADER, TOKEN_HEADER = "x-dockerhub-username", "x-dockerhub-token"
_SINGLE_VALUE_HEADERS = (
    "authorization",
    USERNAME_HEADER,
    TOKEN_HEADER,
    "origin",
    "mcp-session-id",
    *FILTER_HEADERS,
)
_DEFAULT_RETRY_AFTER = 5.0  # seconds
_BASIC_CHALLENGE = {"www-authenticate": 'Basic realm="Docker Hub", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class AuthenticatedRequest:
    """The result of authentication.

    Attributes:
        caller: The caller.
        account_key: Identifies the Docker account that the request brought; empty for the server's own.
        context: The context to serve the request with.
    """

    caller: Caller
    account_key: str
    context: RequestContext

    @property
    def limit_key(self) -> str:
        """The string under which the caller's concurrent calls are counted."""
        return f"{self.caller.issuer} {self.caller.subject or self.caller.name} {self.account_key}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Gatekeeper:
    """Authenticates requests.

    Attributes:
        verifiers: Verify bearer tokens, tried in order; empty if no token is required.
        anonymous_caller: The caller if no token is required.
        challenge: The parameters of the `WWW-Authenticate` header for a missing or invalid token.
        tool_context: What tools run with; its Hub client has the server's own account, or none if requests
            bring theirs.
        account_pool: The accounts that requests bring; None if they may not bring any.
        tool_filter: Determines the tools of a request.
        throttle: Limits failed attempts.
        shared_failures: The failed attempts at all replicas; None where this process is the only one.
    """

    verifiers: Sequence[TokenVerifier]
    anonymous_caller: Caller
    challenge: str
    tool_context: ToolContext
    account_pool: AccountPool | None
    tool_filter: RequestToolFilter
    throttle: Throttle
    shared_failures: SharedFailures | None = None

    async def authenticate_request(self, headers: RequestHeaders, address: str) -> AuthenticatedRequest:
        """Authenticate a request.

        Args:
            headers: The request's headers.
            address: The client's address.

        Raises:
            HTTPRejection: The request is not accepted; the message names the remedy.
        """
        for name in _SINGLE_VALUE_HEADERS if headers.repeated else ():
            if name in headers.repeated:
                msg = f"The header {name} came more than once."
                raise HTTPRejection(400, msg)
        caller = (
            await self._authenticate_caller(headers, address) if self.verifiers else self.anonymous_caller
        )
        get_current_request().caller = caller.name  # for log lines
        registry = self.tool_filter.registry_for(caller, headers)
        hub, account_key = await self._resolve_account(headers, address)
        context = self.tool_context
        if hub is not context.hub or caller.name != context.caller:
            context = replace(context, hub=hub, caller=caller.name)
        return AuthenticatedRequest(caller, account_key, RequestContext(registry, context))

    async def _authenticate_caller(self, headers: RequestHeaders, address: str) -> Caller:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            msg = "A bearer token is required: Authorization: Bearer <token>, issued by this server's owner."
            raise HTTPRejection(401, msg, {"www-authenticate": f"Bearer {self.challenge}".rstrip()})
        fingerprint = await self._enforce_throttle(address, token)
        reasons = []
        for verifier in self.verifiers:
            try:
                caller = await verifier.verify_token(token)
            except InvalidToken as error:
                reasons.append(error.log_reason)
            except InsufficientScope as error:
                scopes = error.accepted_scopes
                msg = f"The token is valid but has no scope for this server; it needs {' or '.join(scopes)}."
                challenge = self._build_bearer_challenge(f'error="insufficient_scope", scope="{scopes[0]}"')
                raise HTTPRejection(403, msg, {"www-authenticate": challenge}) from None
            except TokenVerifierUnavailable:
                msg = (
                    "The token cannot be verified: its authorization server does not answer. Try again later."
                )
                raise HTTPRejection(503, msg, {"retry-after": "10"}) from None
            else:
                self.throttle.record_success(address, fingerprint)
                return caller
        logger.warning("rejected a token", extra={"address": address, "reason": "; ".join(reasons)})
        await self._record_failure(address)
        msg = "This bearer token is not valid here: unknown, expired or meant for another server."
        raise HTTPRejection(
            401, msg, {"www-authenticate": self._build_bearer_challenge('error="invalid_token"')}
        )

    def _build_bearer_challenge(self, error: str) -> str:
        return "Bearer " + ", ".join(filter(None, [error, self.challenge]))

    async def _enforce_throttle(self, address: str, secret: str) -> bytes:
        """Return the secret's fingerprint.

        Raises:
            HTTPRejection: 429, if too many attempts from the address have failed.
        """
        fingerprint = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        wait = self.throttle.retry_after(address, fingerprint)
        if wait is None and self.shared_failures is not None:
            if self.throttle.is_exempt(address, fingerprint):
                return fingerprint
            wait = await self.shared_failures.measure(normalize_address(address))
            if wait is None:  # others may have failed in the meantime
                wait = self.throttle.retry_after(address, fingerprint)
        if wait is not None:
            raise _build_throttle_rejection(address, wait)
        return fingerprint

    async def _record_failure(self, address: str) -> None:
        """Count a rejection of credentials from an address.

        Raises:
            HTTPRejection: 429, if as many as are allowed were rejected in the meantime.
        """
        wait = self.throttle.record_failure(address)
        if wait is None and self.shared_failures is not None:
            wait = await self.shared_failures.add(normalize_address(address))
        if wait is not None:
            raise _build_throttle_rejection(address, wait)

    async def _resolve_account(self, headers: RequestHeaders, address: str) -> tuple[Hub, str]:
        """Return the Hub client for the request's account, and the account's key."""
        username, secret = headers.get(USERNAME_HEADER, "").strip(), headers.get(TOKEN_HEADER, "").strip()
        if self.account_pool is None:
            if username or secret:
                msg = (
                    "This server calls the Hub with its own account (--identity server): leave out the "
                    "headers X-DockerHub-Username and X-DockerHub-Token."
                )
                raise HTTPRejection(400, msg)
            return self.tool_context.hub, ""
        name_source, secret_source = "X-DockerHub-Username", "X-DockerHub-Token"
        if not username and not secret and not self.verifiers:
            username, secret = _parse_basic_auth(headers.get("authorization", ""))
            name_source, secret_source = "The Docker ID of the request", "The token of the request"
        if bool(username) != bool(secret):
            missing = "X-DockerHub-Token" if username else "X-DockerHub-Username"
            msg = f"The header {missing} is missing: a Docker ID and its token come together."
            raise HTTPRejection(400, msg)
        if not username:
            if self.verifiers:
                return self.tool_context.hub, ""  # an authenticated caller may use the Hub anonymously
            msg = "Send your Docker ID and an access token with each request: Authorization: Basic."
            raise HTTPRejection(401, msg, _BASIC_CHALLENGE)
        try:
            check_name(username, name_source)
            check_secret(secret, secret_source)
        except CredentialError as error:
            raise HTTPRejection(400, str(error)) from None
        return await self._sign_in(self.account_pool, username, secret, address)

    async def _sign_in(
        self, account_pool: AccountPool, username: str, secret: str, address: str
    ) -> tuple[Hub, str]:
        account_key = account_pool.derive_account_key(username, secret)
        fingerprint = await self._enforce_throttle(address, account_key)
        try:
            with self.throttle.track_attempt(address, fingerprint):
                hub = await account_pool.get_hub(username, secret)
        except HubError as error:
            if not is_credential_rejection(error):
                wait = error.retry_after if isinstance(error, SignInError) else None
                status = 429 if isinstance(error, SignInLocked) else 503
                retry_headers = {"retry-after": str(math.ceil(round(wait or _DEFAULT_RETRY_AFTER, 1)))}
                raise HTTPRejection(status, str(error), retry_headers) from None
            logger.warning("the Hub rejected an account", extra={"address": address})
            await self._record_failure(address)
            if self.verifiers:
                raise HTTPRejection(403, str(error)) from None
            raise HTTPRejection(401, str(error), _BASIC_CHALLENGE) from None
        self.throttle.record_success(address, fingerprint)
        return hub, account_key


def _build_throttle_rejection(address: str, wait: float) -> HTTPRejection:
    logger.warning("too many failed attempts", extra={"address": address})
    msg = "Too many attempts to sign in from this address; try again later."
    return HTTPRejection(429, msg, {"retry-after": str(max(1, round(wait)))})


def _parse_basic_auth(authorization: str) -> tuple[str, str]:
    """Return the user name and secret of an `Authorization: Basic` header; empty for another scheme.

    Raises:
        HTTPRejection: 400 for a malformed value.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        username, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        username = colon = secret = ""
    if not (username and colon and secret):
        msg = "Authorization: Basic must be the base64 form of <Docker ID>:<token>."
        raise HTTPRejection(400, msg)
    return username.strip(), secret.strip()
