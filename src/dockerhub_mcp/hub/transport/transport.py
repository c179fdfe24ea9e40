"""The transport: deadlines, bounded concurrency, retries, redirects and rate limits for one origin.

It knows neither methods nor accounts.
"""

from __future__ import annotations

import json
import logging
import random
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

import anyio

from dockerhub_mcp.hub.durations import format_seconds
from dockerhub_mcp.hub.errors import ConnectionFailed, DeadlineExceeded, InvalidRequest, UnexpectedAnswer
from dockerhub_mcp.hub.redaction import MASK, Redactor, to_single_line
from dockerhub_mcp.hub.transport import network_errors
from dockerhub_mcp.hub.transport.backends import MAX_BODY_BYTES, Request, Response
from dockerhub_mcp.hub.transport.events import OnAttempt, RequestAttempt
from dockerhub_mcp.hub.transport.failure_reasons import describe_failure
from dockerhub_mcp.hub.transport.failures import explain_failure
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.hub.transport.retry import (
    TRANSIENT_STATUSES,
    RetryMode,
    RetryPolicy,
    parse_retry_after,
)
from dockerhub_mcp.hub.transport.service_names import HUB_NAMES, ServiceNames
from dockerhub_mcp.hub.transport.urls import extract_origin, validate_base_url

logger = logging.getLogger(__name__)

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
_UNSENT_ERRORS = (
    network_errors.ConnectError,  # refused, unknown host, TLS handshake
    network_errors.ConnectTimeout,
    network_errors.PoolTimeout,
    network_errors.ProxyError,  # no tunnel to the Hub
    network_errors.UnsupportedProtocol,
    network_errors.LocalProtocolError,
    ConnectionRefusedError,
    socket.gaierror,
)
"""Failures before anything was sent."""
_REQUEST_ID_HEADERS = ("x-request-id", "x-trace-id", "cf-ray")  # by which Docker's support can find a request


class _Call(NamedTuple):
    """What the attempts at one request share; the fields are the arguments of `Transport.request`."""

    retry_mode: RetryMode
    deadline: float
    path_template: str
    hides_query: bool
    on_send: Callable[[], None] | None
    is_final: Callable[[Response], bool] | None


class Transport:
    """Sends requests to one origin.

    Args:
        base_url: The URL of the service: https, or http on this machine.
        timeout: Seconds that one request may take, including retries and delays.
        max_concurrency: Maximum number of concurrent requests; further ones wait.
        retry_policy: The number of attempts and the delays between them.
        pool: The connections, which the creator of the pool closes.
        user_agent: The value of the User-Agent header.
        on_attempt: Called after each HTTP attempt.
        redactor: Masks the secrets of the client in error messages; by default a new one.
        names: The names of the service in messages.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float,
        max_concurrency: int,
        retry_policy: RetryPolicy,
        pool: ConnectionPool,
        user_agent: str,
        on_attempt: OnAttempt | None = None,
        redactor: Redactor | None = None,
        names: ServiceNames = HUB_NAMES,
    ) -> None:
        self.base_url = validate_base_url(base_url, names)
        self.names = names
        self.host = urlsplit(self.base_url).netloc
        self.timeout = timeout
        self.rate_limit: RateLimit | None = None
        self.redactor = redactor or Redactor()
        self._retry_policy = retry_policy
        self._slots = anyio.Semaphore(max_concurrency, fast_acquire=True)
        self._pool = pool
        self._default_headers = {"user-agent": user_agent}
        self._on_attempt = on_attempt

    async def request(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        bearer_token: str | None = None,
        retry_mode: RetryMode = RetryMode.NEVER,
        media_type: str = "application/json",
        path_template: str = "",
        on_send: Callable[[], None] | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        follow_redirects: bool = True,
        is_final: Callable[[Response], bool] | None = None,
    ) -> Response:
        """Send a request with retries and return the response, regardless of its status.

        Args:
            verb: The HTTP method.
            path: The percent-encoded path, appended to the base URL. It may have a query that must be sent as
                it is, such as the one of a signed URL; messages and logs leave it out.
            query: The query parameters.
            body: The JSON body.
            bearer_token: The token for the Authorization header, if any.
            retry_mode: When the request may be repeated.
            media_type: The media type of the body and of the response.
            path_template: The path template, for `on_attempt`.
            on_send: Called before each attempt, once it has its turn.
            headers: Further headers, with lower-case names; they replace the others.
            max_bytes: The most bytes of the response body, decompressed; 32 MiB by default.
            follow_redirects: Whether to follow redirects within the origin; else they are returned.
            is_final: Tells which responses of a temporary failure are not to be repeated; by default none.

        Raises:
            DeadlineExceeded: There was no response within the timeout.
            ConnectionFailed: The service could not be reached, or the connection broke.
            UnexpectedAnswer: A redirect was not followed, or the body cannot be read.
            InvalidRequest: The URL is too long or malformed.
        """
        deadline = anyio.current_time() + self.timeout
        caller_deadline = anyio.current_effective_deadline()
        url = f"{self.base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        all_headers = {**self._default_headers, "accept": media_type}
        content = None
        if body is not None:
            all_headers["content-type"] = media_type
            content = json.dumps(body).encode()
        if bearer_token:
            all_headers["authorization"] = f"Bearer {bearer_token}"
        if headers:
            all_headers |= headers
        request = Request(verb, url, all_headers, content, max_bytes or MAX_BODY_BYTES, self.names.service)
        path, _, secret_query = path.partition("?")
        call = _Call(
            retry_mode, min(deadline, caller_deadline), path_template, bool(secret_query), on_send, is_final
        )
        try:
            if caller_deadline <= deadline:  # its scope ends first, and costs nothing more
                return await self._send_with_redirects(request, call, follow_redirects)
            with anyio.fail_after(self.timeout):
                return await self._send_with_redirects(request, call, follow_redirects)
        except TimeoutError:
            raise self.timeout_error(verb, path) from None
        except network_errors.InvalidURL as error:
            reason = "URL too long" if str(error) == "URL too long" else describe_failure(error)
            what = f"The request cannot be sent: {reason} ({len(request.url)} characters)."
            raise InvalidRequest(what, remedy="Shorten the values of the call.") from None
        except network_errors.DecodingError:
            what = f"{self.host} answered {verb} {path} with a body that cannot be decompressed."
            raise UnexpectedAnswer(what, remedy=f"Check the proxy and {self.names.address}.") from None

    def timeout_error(self, verb: str, path: str) -> DeadlineExceeded:
        """Return the error of a call that exceeded its timeout."""
        what = f"{self.host} did not answer within {format_seconds(self.timeout)} ({verb} {path})."
        return DeadlineExceeded(what, remedy="Try again later, request less at once, or raise the timeout.")

    async def _send_with_redirects(self, request: Request, call: _Call, follow_redirects: bool) -> Response:
        response = await self._send_with_retries(request, call)
        if response.status not in REDIRECT_STATUSES or not follow_redirects:
            return response
        path = request.path
        for _ in range(_MAX_REDIRECTS):
            url = self._resolve_redirect(request.url, response, request.verb)
            request = request._replace(url=url)
            response = await self._send_with_retries(request, call)
            if response.status not in REDIRECT_STATUSES:
                return response
        what = f"{self.host} redirected {request.verb} {path} more than {_MAX_REDIRECTS} times."
        raise UnexpectedAnswer(what, remedy=f"Check {self.names.address}.")

    async def _send_with_retries(self, request: Request, call: _Call) -> Response:
        attempt = 0
        while True:
            attempt += 1
            response, failure = None, None
            try:
                response = await self._send_once(request, attempt, call)
            except (network_errors.TransportError, OSError) as error:
                failure = error
                if explain_failure(error, None, self.names).is_permanent:
                    raise self._connection_error(failure, attempt) from None
            if response is not None and (
                response.status not in TRANSIENT_STATUSES
                or (call.is_final is not None and call.is_final(response))
            ):
                return response
            delay = self._retry_policy.delay_before(
                attempt,
                call.retry_mode,
                status=response.status if response else None,
                server_delay=parse_retry_after(response.headers, time.time()) if response else None,
                time_left=call.deadline - anyio.current_time(),
                jitter=random.random(),  # noqa: S311 - not for cryptography
            )
            if delay is None and response is not None:
                return response
            if delay is None:
                raise self._connection_error(failure, attempt) from None
            logger.info(
                "repeating a request",
                extra={"status": response.status if response else "none", "seconds": round(delay, 2)},
            )
            await anyio.sleep(delay)

    async def _send_once(self, request: Request, attempt: int, call: _Call) -> Response:
        async with self._slots:
            if call.on_send is not None:
                call.on_send()
            start_time = time.perf_counter()
            with RequestAttempt(
                self._on_attempt, request.verb, call.path_template, self.base_url, attempt
            ) as event:
                response = await self._pool.sender_for(self.base_url).send(request)
                event.status, event.rate_limit = response.status, RateLimit.from_headers(response.headers)
        self.rate_limit = event.rate_limit or self.rate_limit
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "%s answered",
                self.names.log_name,
                extra={
                    "verb": request.verb,
                    "path": request.path if call.hides_query else request.url.removeprefix(self.base_url),
                    "status": response.status,
                    "ms": round((time.perf_counter() - start_time) * 1000, 1),
                    "attempt": attempt,
                    **_extract_request_id(response.headers),
                },
            )
        return response

    def _resolve_redirect(self, url: str, response: Response, verb: str) -> str:
        import httpx2 as httpx  # noqa: PLC0415 - slow to load, and redirects are rare

        location = response.headers.get("location", "")
        try:
            target = urljoin(url, location)
            httpx.URL(target)  # raises where no request could be sent there
            origin = extract_origin(target) if location else "nowhere"
        except (ValueError, httpx.InvalidURL):
            target, origin = "", "an invalid URL"
        if verb in {"GET", "HEAD"} and origin == extract_origin(self.base_url):
            return target
        user_info, _, host = origin.rpartition("@")
        if user_info:  # which may hold a password
            origin = f"{origin.partition('//')[0]}//{MASK}@{host}"
        where = to_single_line(self.redactor(origin))
        what = f"{self.host} redirected {verb} {urlsplit(url).path} to {where}; this was not followed."
        why = "Writes are never redirected, and the bearer token is sent to no other host."
        raise UnexpectedAnswer(what, why=why, remedy=f"Check {self.names.address_with_setting}.")

    def _connection_error(self, error: Exception | None, attempts: int) -> ConnectionFailed:
        failure: ConnectionFailed
        if error is None or isinstance(error, network_errors.TimeoutException):
            what = f"{self.host} did not answer in time ({attempts} attempts)."
            failure = DeadlineExceeded(what, remedy="Try again later.")
        else:
            times = "once" if attempts == 1 else f"{attempts} times"
            found = explain_failure(error, self._pool.find_proxy(self.base_url), self.names)
            reason = self.redactor(found.reason)
            what = f"{self.host} could not be reached (tried {times}): {reason}."
            failure = ConnectionFailed(what, why=found.why, remedy=found.remedy)
            failure.is_permanent = found.is_permanent
        failure.is_sent = not isinstance(error, _UNSENT_ERRORS)
        return failure


def _extract_request_id(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the request id that the Hub, or the edge in front of it, reports, as a log field."""
    found = next(filter(None, map(headers.get, _REQUEST_ID_HEADERS)), "")
    return {"hub_request_id": to_single_line(found, 80)} if found else {}
