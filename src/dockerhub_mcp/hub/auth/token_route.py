"""Exchange a name and secret for a bearer token, and explain every other outcome.

The routes that sign in are judged by themselves: what they answer says nothing about the call that needs the
bearer token, and only a JSON answer of the Hub says anything about the secret.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable

import anyio

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.sign_in_errors import (
    invalid_name_error,
    is_lock_message,
    is_signing_outage,
    locked_error,
    refused_sign_in_error,
    second_factor_error,
    unavailable_error,
)
from dockerhub_mcp.hub.decoding import decode_json_object
from dockerhub_mcp.hub.durations import format_seconds
from dockerhub_mcp.hub.errors import (
    ConnectionFailed,
    DeadlineExceeded,
    HubError,
    SecondFactorRequired,
    SignInError,
    SignInRefused,
)
from dockerhub_mcp.hub.models import SignInStatus
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.retry import RetryMode, parse_retry_after
from dockerhub_mcp.hub.transport.transport import Transport

DEADLINE_SHARE = 0.4
"""The part of a call's timeout that an exchange may take: a call that works anonymously needs the rest."""

_CONNECT_ATTEMPTS = 3
_CONNECT_DELAY = 0.2  # seconds
_BEARER_TOKEN = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,16382}[\x21-\x7e])?")  # what a header can carry
_STATUS_URL = "https://www.dockerstatus.com"


class SecondFactorPending(Exception):
    """The Hub accepted the name and secret, and waits for a one-time code.

    Attributes:
        ticket: The ticket to send with the code.
        error: The error for the caller.
    """

    def __init__(self, ticket: str, error: SecondFactorRequired) -> None:
        super().__init__()
        self.ticket = ticket
        self.error = error


class TokenRoute:
    """The Hub's routes that issue bearer tokens.

    Args:
        transport: Sends the requests.
        fixed_identity: Whether calls cannot change the account, which decides the remedies.
    """

    def __init__(self, transport: Transport, *, fixed_identity: bool) -> None:
        self._transport = transport
        self._fixed_identity = fixed_identity

    async def request_token(
        self,
        method: Method[SignInStatus],
        body: dict[str, str],
        name: str,
        kind: CredentialKind,
        *,
        may_repeat: Callable[[], Awaitable[bool]] | None = None,
        is_docker_login: bool = False,
    ) -> str:
        """Return the bearer token that the Hub issues.

        Args:
            method: The authentication method, which has the route.
            body: The body to send.
            name: The user name, for messages.
            kind: The kind of the secret, for messages.
            may_repeat: Called after the connection broke, when the secret may have reached the Hub; returns
                whether to send it again; None: never.
            is_docker_login: Whether the credentials come from `docker login`.

        Raises:
            SecondFactorPending: The account requires a one-time code.
            SignInError: The Hub issued no token.
        """
        response = await self._send(method, body, name, may_repeat)
        if self._is_page(response):
            raise self._page_error(response, name)
        if response.status < 300:  # noqa: PLR2004
            return self._extract_token(response, name)
        from dockerhub_mcp.hub import error_bodies  # noqa: PLC0415 - most sign-ins succeed

        message = error_bodies.error_message(response.content, self._transport.redactor)
        if response.status == 401 and (ticket := error_bodies.two_factor_ticket(response.content)):  # noqa: PLR2004
            self._transport.redactor.add_secret(ticket)
            raise SecondFactorPending(ticket, second_factor_error(name, fixed_identity=self._fixed_identity))
        if error := self._explain_temporary_failure(response, name, kind, message):
            raise error
        raise self._explain_refusal(
            method, response.status, name, kind, message, is_docker_login=is_docker_login
        )

    async def _send(
        self,
        method: Method[SignInStatus],
        body: dict[str, str],
        name: str,
        may_repeat: Callable[[], Awaitable[bool]] | None,
    ) -> Response:
        limit, attempt = self._transport.timeout * DEADLINE_SHARE, 1
        try:
            with anyio.fail_after(limit):
                while attempt < _CONNECT_ATTEMPTS:
                    try:
                        return await self._send_once(method, body)
                    except DeadlineExceeded:
                        raise
                    except ConnectionFailed as error:
                        if error.is_permanent:
                            raise
                        if error.is_sent and (may_repeat is None or not await may_repeat()):
                            raise
                    await anyio.sleep(_CONNECT_DELAY * attempt)
                    attempt += 1
                return await self._send_once(method, body)
        except TimeoutError:
            reason = f"{self._transport.host} did not answer within {format_seconds(limit)}"
            raise unavailable_error(name, reason) from None
        except DeadlineExceeded as error:
            raise unavailable_error(name, _to_clause(error)) from None
        except ConnectionFailed as error:
            reason = _to_clause(error).replace(
                "tried once", f"tried {attempt} times" if attempt > 1 else "tried once"
            )
            raise unavailable_error(
                name,
                reason,
                why=error.why,
                remedy=error.remedy,
                is_outage=True,
                is_sent=error.is_sent,
            ) from None
        except HubError as error:
            raise unavailable_error(name, _to_clause(error), why=error.why, remedy=error.remedy) from None

    async def _send_once(self, method: Method[SignInStatus], body: dict[str, str]) -> Response:
        return await self._transport.request(
            method.http.verb,
            method.build_path(),
            body=body,
            retry_mode=RetryMode.NEVER,
            path_template=method.http.path_template,
        )

    def _is_page(self, response: Response) -> bool:
        """Return whether a response comes from something else than the Hub's API."""
        content = response.content.strip()
        if "html" in response.headers.get("content-type", "").lower() or content.startswith(b"<"):
            return True
        return bool(content) and response.status in {400, 401, 422} and not _is_json(content)

    def _page_error(self, response: Response, name: str) -> SignInError:
        host, status = self._transport.host, response.status
        from dockerhub_mcp.hub import error_bodies  # noqa: PLC0415 - as above

        title = error_bodies.error_message(response.content, self._transport.redactor)
        quoted = f' ("{to_single_line(title, 60)}")' if title else ""
        return unavailable_error(
            name,
            f"{host} answered with a page{quoted}, status {status}, not with the Hub's JSON",
            why="A proxy, a firewall or a challenge page probably answered in place of the Hub.",
            remedy="Check the proxy (HTTPS_PROXY) and the Hub's address (DOCKERHUB_API_URL).",
            is_outage=status >= 500,  # noqa: PLR2004
        )

    def _explain_temporary_failure(
        self, response: Response, name: str, kind: CredentialKind, message: str
    ) -> SignInError | None:
        """Return the error of a response that does not judge the secret; None for one that does."""
        status, host = response.status, self._transport.host
        retry_after = parse_retry_after(response.headers, time.time()) or None
        if is_lock_message(message, status):
            return locked_error(name, kind, message, retry_after)
        if is_signing_outage(message):
            return unavailable_error(
                name,
                "the Hub cannot verify its own tokens at the moment",
                why="This is an outage of the Hub; the secret may be right.",
                remedy=f"Wait; {_STATUS_URL} shows known incidents.",
                hub_message=message,
                is_outage=True,
            )
        if status == 429:  # noqa: PLR2004
            return unavailable_error(
                name,
                "the Hub limits the number of requests (429)",
                why="It counts requests, whether or not the secret is right.",
                hub_message=message,
                retry_after=retry_after,
            )
        if status >= 500:  # noqa: PLR2004
            return unavailable_error(
                name,
                f"{host} answered with a server error ({status})",
                why="It did not check the secret.",
                remedy=f"{_STATUS_URL} shows known incidents.",
                hub_message=message,
                retry_after=retry_after,
                is_outage=True,
            )
        if status in {400, 401, 422}:
            return None
        if status == 410:  # noqa: PLR2004
            why = "It may be for some hours only; it says nothing about the secret."
            return unavailable_error(
                name, f"Docker has withdrawn the sign-in route ({status})", why=why, hub_message=message
            )
        if status in {408, 425}:
            return unavailable_error(
                name, f"the Hub did not take the request in time ({status})", hub_message=message
            )
        return unavailable_error(
            name,
            f"{host} answered with status {status}, which the Hub's sign-in does not use",
            why="A proxy may have answered, or the address is not the Hub's.",
            remedy="Check the proxy (HTTPS_PROXY) and the Hub's address (DOCKERHUB_API_URL).",
            hub_message=message,
        )

    def _explain_refusal(
        self,
        method: Method[SignInStatus],
        status: int,
        name: str,
        kind: CredentialKind,
        message: str,
        *,
        is_docker_login: bool,
    ) -> SignInRefused:
        if status != 401:  # noqa: PLR2004
            return invalid_name_error(
                name, message, fixed_identity=self._fixed_identity, is_docker_login=is_docker_login
            )
        from dockerhub_mcp.hub.methods.authentication import Login  # noqa: PLC0415 - slow to load

        return refused_sign_in_error(
            name,
            kind,
            message,
            is_legacy_login=isinstance(method, Login),
            fixed_identity=self._fixed_identity,
            is_docker_login=is_docker_login,
        )

    def _extract_token(self, response: Response, name: str) -> str:
        data = decode_json_object(response.content)
        token = data.get("access_token") or data.get("token")
        if isinstance(token, str) and _BEARER_TOKEN.fullmatch(token):
            return token
        flaw = "that no header can carry" if isinstance(token, str) and token else ""
        reason = f"sent a token {flaw}" if flaw else "sent no token"
        raise unavailable_error(
            name,
            f"{self._transport.host} accepted the sign-in but {reason}",
            remedy="Check the Hub's address (DOCKERHUB_API_URL).",
        )


def _to_clause(error: HubError) -> str:
    return error.what.rstrip(".")


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
