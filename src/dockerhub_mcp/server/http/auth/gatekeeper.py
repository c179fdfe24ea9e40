"""Who is let in, as whom at the Hub, and with which tools."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.datastructures import Headers

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.errors import RateLimited
from dockerhub_mcp.server.factory import Service
from dockerhub_mcp.server.http.auth.account_pool import Identities, is_refusal
from dockerhub_mcp.server.http.auth.throttle import Throttle
from dockerhub_mcp.server.http.auth.tool_filter import HEADERS, Narrowing
from dockerhub_mcp.server.http.auth.verifier import (
    Caller,
    ScopeMissing,
    TokenRefused,
    Verifier,
    VerifierUnavailable,
)
from dockerhub_mcp.server.http.responses import Refusal
from dockerhub_mcp.tools.mutations.execute import Writing

logger = logging.getLogger(__name__)

USERNAME, TOKEN = "x-dockerhub-username", "x-dockerhub-token"
_ONCE = ("authorization", USERNAME, TOKEN, "origin", "mcp-session-id", *HEADERS)
_BASIC = {"www-authenticate": 'Basic realm="Docker Hub", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that was let in.

    Attributes:
        caller: Who calls.
        account: What the account that the request brought is known by; empty for the server's own.
        service: What it is served with.
    """

    caller: Caller
    account: str
    service: Service

    @property
    def who(self) -> str:
        """What the caller is counted under."""
        return f"{self.caller.issuer} {self.caller.subject or self.caller.name} {self.account}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entrance:
    """Lets requests in.

    Attributes:
        verifiers: Who tells whose a bearer token is, asked in turn; none where everybody may call.
        everybody: The caller where there are no verifiers.
        challenge: What a caller without a good token is told about getting one, for `WWW-Authenticate`.
        hub: The client of the server's own account; anonymous where requests bring theirs.
        identities: The accounts that requests bring; None where they may bring none.
        narrowing: Which tools there are.
        writing: How changes are made.
        throttle: Counts failed attempts.
    """

    verifiers: Sequence[Verifier]
    everybody: Caller
    challenge: str
    hub: Hub
    identities: Identities | None
    narrowing: Narrowing
    writing: Writing
    throttle: Throttle

    async def admit(self, headers: Headers, address: str) -> Admitted:
        """Let a request in.

        Raises:
            Refusal: It is not let in; the message says what would help.
        """
        for name in _ONCE:
            if len(headers.getlist(name)) > 1:
                msg = f"The header {name} came more than once."
                raise Refusal(400, msg)
        caller = await self._caller(headers, address) if self.verifiers else self.everybody
        tools = self.narrowing.tools_of(caller, headers)
        hub, account = await self._account(headers, address)
        writing = replace(self.writing, caller=caller.name)
        return Admitted(caller, account, Service(hub, tools, writing))

    async def _caller(self, headers: Headers, address: str) -> Caller:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            msg = (
                "This server wants a bearer token: Authorization: Bearer <token>, which its owner gives out."
            )
            raise Refusal(401, msg, {"www-authenticate": f"Bearer {self.challenge}".rstrip()})
        fingerprint = self._check_attempts(address, token)
        reasons = []
        for verifier in self.verifiers:
            try:
                caller = await verifier.verify(token)
            except TokenRefused as refused:
                reasons.append(refused.reason_for_log)
            except ScopeMissing as missing:
                msg = f"The token is good but allows nothing here; it needs {' or '.join(missing.scopes)}."
                needed = f'error="insufficient_scope", scope="{missing.scopes[0]}"'
                raise Refusal(403, msg, {"www-authenticate": self._bearer(needed)}) from None
            except VerifierUnavailable:
                msg = (
                    "The token cannot be checked: its authorization server does not answer. Try again later."
                )
                raise Refusal(503, msg, {"retry-after": "10"}) from None
            else:
                self.throttle.succeeded(address, fingerprint)
                return caller
        self.throttle.failed(address)
        logger.warning("refused a token", extra={"address": address, "reason": "; ".join(reasons)})
        msg = "This bearer token is not good here: unknown, expired or meant for another server."
        raise Refusal(401, msg, {"www-authenticate": self._bearer('error="invalid_token"')})

    def _bearer(self, error: str) -> str:
        return "Bearer " + ", ".join(filter(None, [error, self.challenge]))

    def _check_attempts(self, address: str, secret: str) -> bytes:
        fingerprint = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        wait = self.throttle.retry_after(address, fingerprint)
        if wait is not None:
            logger.warning("too many failed attempts", extra={"address": address})
            msg = "Too many attempts to sign in from this address; try again later."
            raise Refusal(429, msg, {"retry-after": str(max(1, round(wait)))})
        return fingerprint

    async def _account(self, headers: Headers, address: str) -> tuple[Hub, str]:
        username, secret = headers.get(USERNAME, "").strip(), headers.get(TOKEN, "").strip()
        if self.identities is None:
            if username or secret:
                msg = (
                    "This server calls the Hub with an account of its own (--identity server): leave out the "
                )
                raise Refusal(400, f"{msg}headers X-DockerHub-Username and X-DockerHub-Token.")
            return self.hub, ""
        if not username and not secret and not self.verifiers:
            username, secret = _basic(headers.get("authorization", ""))
        if bool(username) != bool(secret):
            missing = "X-DockerHub-Token" if username else "X-DockerHub-Username"
            msg = f"The header {missing} is missing: a Docker ID and its token come together."
            raise Refusal(400, msg)
        if not username:
            if self.verifiers:
                return self.hub, ""  # the caller is known, and asks the Hub without an account
            msg = "Send your Docker ID and an access token with each request: Authorization: Basic."
            raise Refusal(401, msg, _BASIC)
        return await self._signed_in(self.identities, username, secret, address)

    async def _signed_in(
        self, identities: Identities, username: str, secret: str, address: str
    ) -> tuple[Hub, str]:
        key = identities.key(username, secret)
        fingerprint = self._check_attempts(address, key)
        try:
            with self.throttle.trying(address, fingerprint):
                hub = await identities.hub(username, secret)
        except HubError as error:
            if not is_refusal(error):
                wait = "60" if isinstance(error, RateLimited) else "5"
                raise Refusal(503, str(error), {"retry-after": wait}) from None
            self.throttle.failed(address)
            logger.warning("the Hub refused an account", extra={"address": address})
            if self.verifiers:
                raise Refusal(403, str(error)) from None
            raise Refusal(401, str(error), _BASIC) from None
        self.throttle.succeeded(address, fingerprint)
        return hub, key


def _basic(authorization: str) -> tuple[str, str]:
    """Return name and secret of an `Authorization: Basic` header, or two empty texts.

    Raises:
        Refusal: It is there but cannot be read.
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
        raise Refusal(400, msg)
    return username.strip(), secret.strip()
