"""The one road to the Hub: deadline, bounded concurrency, retries, redirects and rate limits.

It knows nothing about methods or accounts, and it talks to one origin only.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import anyio
import httpx2 as httpx

from dockerhub_mcp.hub.errors import ConnectionFailed, DeadlineExceeded, InvalidRequest, UnexpectedAnswer
from dockerhub_mcp.hub.redaction import Redactor, to_single_line
from dockerhub_mcp.hub.transport.backends import Request, Response
from dockerhub_mcp.hub.transport.events import OnAttempt, RequestAttempt
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.hub.transport.retry import RetryMode, RetryPolicy, parse_retry_after
from dockerhub_mcp.hub.transport.urls import extract_origin, validate_base_url

logger = logging.getLogger(__name__)

_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
_REQUEST_ID_HEADERS = ("x-request-id", "x-trace-id", "cf-ray")  # what Docker's support can find a request by


class Transport:
    """Sends requests to one Hub.

    Args:
        base_url: The Hub's address; https, or http on this machine.
        timeout: Seconds that one call may take, its repeats and waits included.
        max_concurrency: Requests under way at once; further ones wait.
        retry_policy: How often and how patiently to repeat what may be repeated.
        pool: What requests travel on; whoever made them closes them.
        user_agent: How the client names itself.
        on_attempt: Told of each attempt.
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
    ) -> None:
        self.base_url = validate_base_url(base_url)
        self.host = urlsplit(self.base_url).netloc
        self.timeout = timeout
        self.rate_limit: RateLimit | None = None
        self.redactor = Redactor()
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
    ) -> Response:
        """Send a request, repeat it where that is safe, and return the answer, whatever its status.

        `route` is the path's template, for those who observe.

        Raises:
            DeadlineExceeded: No answer within the timeout.
            ConnectionFailed: The Hub could not be reached, or broke off.
            UnexpectedAnswer: A redirect that must not be followed.
        """
        deadline = min(anyio.current_time() + self.timeout, anyio.current_effective_deadline())
        url = f"{self.base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {**self._default_headers, "accept": media_type}
        content = None
        if body is not None:
            headers["content-type"] = media_type
            content = json.dumps(body).encode()
        if bearer_token:
            headers["authorization"] = f"Bearer {bearer_token}"
        request = Request(verb, url, headers, content)
        try:
            with anyio.fail_after(self.timeout):
                answer = await self._send_with_retries(request, retry_mode, deadline, path_template)
                for _ in range(_MAX_REDIRECTS):
                    if answer.status not in _REDIRECT_STATUSES:
                        return answer
                    request = replace(request, url=self._resolve_redirect(request.url, answer, verb))
                    answer = await self._send_with_retries(request, retry_mode, deadline, path_template)
        except TimeoutError:
            raise self.timeout_error(verb, path) from None
        except httpx.InvalidURL as error:
            what = (
                f"The request cannot be sent: {to_single_line(str(error))} ({len(request.url)} characters)."
            )
            raise InvalidRequest(what, remedy="Shorten the values that were given.") from None
        except httpx.DecodingError:
            what = f"{self.host} answered {verb} {path} with a body that cannot be unpacked."
            raise UnexpectedAnswer(what, remedy="Check the proxy and the Hub's address.") from None
        what = f"{self.host} redirected {verb} {path} more than {_MAX_REDIRECTS} times."
        raise UnexpectedAnswer(what, remedy="Check the Hub's address.")

    def timeout_error(self, verb: str, path: str) -> DeadlineExceeded:
        """Return the error of a call that took too long."""
        what = f"{self.host} did not answer within {self.timeout:g} s ({verb} {path})."
        return DeadlineExceeded(what, remedy="Try again later, ask for less at once, or raise the timeout.")

    async def _send_with_retries(
        self, request: Request, retry_mode: RetryMode, deadline: float, path_template: str
    ) -> Response:
        attempt = 0
        while True:
            attempt += 1
            answer, failure = None, None
            try:
                answer = await self._send_once(request, attempt, path_template)
            except (httpx.TransportError, OSError) as error:
                failure = error
            delay = self._retry_policy.delay_before(
                attempt,
                retry_mode,
                status=answer.status if answer else None,
                server_delay=parse_retry_after(answer.headers, time.time()) if answer else None,
                time_left=deadline - anyio.current_time(),
                jitter=random.random(),  # noqa: S311 - only spreads clients in time
            )
            if delay is None and answer is not None:
                return answer
            if delay is None:
                raise self._connection_error(failure, attempt) from None
            logger.info(
                "repeating a request",
                extra={"status": answer.status if answer else "none", "seconds": round(delay, 2)},
            )
            await anyio.sleep(delay)

    async def _send_once(self, request: Request, attempt: int, path_template: str) -> Response:
        async with self._slots:
            begun = time.perf_counter()
            with RequestAttempt(
                self._on_attempt, request.verb, path_template, self.base_url, attempt
            ) as made:
                answer = await self._pool.sender_for(self.base_url).send(request)
                made.status, made.rate_limit = answer.status, RateLimit.from_headers(answer.headers)
        self.rate_limit = made.rate_limit or self.rate_limit
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "hub answered",
                extra={
                    "verb": request.verb,
                    "path": request.url.removeprefix(self.base_url),
                    "status": answer.status,
                    "ms": round((time.perf_counter() - begun) * 1000, 1),
                    "attempt": attempt,
                    **_extract_request_id(answer.headers),
                },
            )
        return answer

    def _resolve_redirect(self, url: str, response: Response, verb: str) -> str:
        location = response.headers.get("location", "")
        try:
            target = urljoin(url, location)
            httpx.URL(target)  # says whether a request could be sent there
            origin = extract_origin(target) if location else "nowhere"
        except (ValueError, httpx.InvalidURL):
            target, origin = "", "an address that is none"
        if verb in {"GET", "HEAD"} and origin == extract_origin(self.base_url):
            return target
        where = to_single_line(self.redactor(origin))
        what = f"{self.host} redirected {verb} {urlsplit(url).path} to {where}; this was not followed."
        why = "A write is never redirected, and the bearer token goes to no other place."
        raise UnexpectedAnswer(what, why=why, remedy="Check the Hub's address (DOCKERHUB_API_URL).")

    def _connection_error(self, error: Exception | None, attempts: int) -> ConnectionFailed:
        reason = to_single_line(self.redactor(str(error) or type(error).__name__), 120)
        if isinstance(error, httpx.TimeoutException):
            what = f"{self.host} did not answer in time ({attempts} attempts)."
            return DeadlineExceeded(what, remedy="Try again later.")
        times = "once" if attempts == 1 else f"{attempts} times"
        what = f"{self.host} could not be reached (tried {times}): {reason}."
        remedy = "Check the network, the proxy (HTTPS_PROXY) and the Hub's address (DOCKERHUB_API_URL)."
        return ConnectionFailed(what, remedy=remedy)


def _extract_request_id(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what the Hub, or the edge in front of it, calls a request, where they say so."""
    found = next(filter(None, map(headers.get, _REQUEST_ID_HEADERS)), "")
    return {"hub_request_id": to_single_line(found, 80)} if found else {}
