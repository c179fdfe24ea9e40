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
from dockerhub_mcp.hub.redaction import Redactor, plain
from dockerhub_mcp.hub.transport.backends import Answer, Request
from dockerhub_mcp.hub.transport.events import Attempt, Observe
from dockerhub_mcp.hub.transport.pool import Connections
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.hub.transport.retry import Repeat, RetryPolicy, retry_after
from dockerhub_mcp.hub.transport.urls import checked_base, origin_of

logger = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOPS = 3
_IDS = ("x-request-id", "x-trace-id", "cf-ray")  # what Docker's support can find a request by


class Road:
    """Sends requests to one Hub.

    Args:
        base_url: The Hub's address; https, or http on this machine.
        timeout: Seconds that one call may take, its repeats and waits included.
        max_concurrency: Requests under way at once; further ones wait.
        retry: How often and how patiently to repeat what may be repeated.
        connections: What requests travel on; whoever made them closes them.
        user_agent: How the client names itself.
        observe: Told of each attempt.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float,
        max_concurrency: int,
        retry: RetryPolicy,
        connections: Connections,
        user_agent: str,
        observe: Observe | None = None,
    ) -> None:
        self.base_url = checked_base(base_url)
        self.host = urlsplit(self.base_url).netloc
        self.timeout = timeout
        self.rate_limit: RateLimit | None = None
        self.redact = Redactor()
        self._retry = retry
        self._places = anyio.Semaphore(max_concurrency, fast_acquire=True)
        self._connections = connections
        self._headers = {"user-agent": user_agent}
        self._observe = observe

    async def go(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        bearer: str | None = None,
        repeat: Repeat = Repeat.NEVER,
        media_type: str = "application/json",
        route: str = "",
    ) -> Answer:
        """Send a request, repeat it where that is safe, and return the answer, whatever its status.

        `route` is the path's template, for those who observe.

        Raises:
            DeadlineExceeded: No answer within the timeout.
            ConnectionFailed: The Hub could not be reached, or broke off.
            UnexpectedAnswer: A redirect that must not be followed.
        """
        deadline = min(anyio.current_time() + self.timeout, anyio.current_effective_deadline())
        url = f"{self.base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {**self._headers, "accept": media_type}
        content = None
        if body is not None:
            headers["content-type"] = media_type
            content = json.dumps(body).encode()
        if bearer:
            headers["authorization"] = f"Bearer {bearer}"
        request = Request(verb, url, headers, content)
        try:
            with anyio.fail_after(self.timeout):
                answer = await self._persist(request, repeat, deadline, route)
                for _ in range(_HOPS):
                    if answer.status not in _REDIRECTS:
                        return answer
                    request = replace(request, url=self._next_hop(request.url, answer, verb))
                    answer = await self._persist(request, repeat, deadline, route)
        except TimeoutError:
            raise self.overdue(verb, path) from None
        except httpx.InvalidURL as error:
            what = f"The request cannot be sent: {plain(str(error))} ({len(request.url)} characters)."
            raise InvalidRequest(what, remedy="Shorten the values that were given.") from None
        except httpx.DecodingError:
            what = f"{self.host} answered {verb} {path} with a body that cannot be unpacked."
            raise UnexpectedAnswer(what, remedy="Check the proxy and the Hub's address.") from None
        what = f"{self.host} redirected {verb} {path} more than {_HOPS} times."
        raise UnexpectedAnswer(what, remedy="Check the Hub's address.")

    def overdue(self, verb: str, path: str) -> DeadlineExceeded:
        """Return the error of a call that took too long."""
        what = f"{self.host} did not answer within {self.timeout:g} s ({verb} {path})."
        return DeadlineExceeded(what, remedy="Try again later, ask for less at once, or raise the timeout.")

    async def _persist(self, request: Request, repeat: Repeat, deadline: float, route: str) -> Answer:
        attempt = 0
        while True:
            attempt += 1
            answer, failure = None, None
            try:
                answer = await self._once(request, attempt, route)
            except (httpx.TransportError, OSError) as error:
                failure = error
            delay = self._retry.wait(
                attempt,
                repeat,
                status=answer.status if answer else None,
                hint=retry_after(answer.headers, time.time()) if answer else None,
                left=deadline - anyio.current_time(),
                jitter=random.random(),  # noqa: S311 - only spreads clients in time
            )
            if delay is None and answer is not None:
                return answer
            if delay is None:
                raise self._failed(failure, attempt) from None
            logger.info(
                "repeating a request",
                extra={"status": answer.status if answer else "none", "seconds": round(delay, 2)},
            )
            await anyio.sleep(delay)

    async def _once(self, request: Request, attempt: int, route: str) -> Answer:
        async with self._places:
            begun = time.perf_counter()
            with Attempt(self._observe, request.verb, route, self.base_url, attempt) as made:
                answer = await self._connections.to(self.base_url).send(request)
                made.status, made.limit = answer.status, RateLimit.read(answer.headers)
        self.rate_limit = made.limit or self.rate_limit
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "hub answered",
                extra={
                    "verb": request.verb,
                    "path": request.url.removeprefix(self.base_url),
                    "status": answer.status,
                    "ms": round((time.perf_counter() - begun) * 1000, 1),
                    "attempt": attempt,
                    **_hub_request_id(answer.headers),
                },
            )
        return answer

    def _next_hop(self, url: str, answer: Answer, verb: str) -> str:
        location = answer.headers.get("location", "")
        try:
            target = urljoin(url, location)
            httpx.URL(target)  # says whether a request could be sent there
            origin = origin_of(target) if location else "nowhere"
        except (ValueError, httpx.InvalidURL):
            target, origin = "", "an address that is none"
        if verb in {"GET", "HEAD"} and origin == origin_of(self.base_url):
            return target
        where = plain(self.redact(origin))
        what = f"{self.host} redirected {verb} {urlsplit(url).path} to {where}; this was not followed."
        why = "A write is never redirected, and the bearer token goes to no other place."
        raise UnexpectedAnswer(what, why=why, remedy="Check the Hub's address (DOCKERHUB_API_URL).")

    def _failed(self, failure: Exception | None, attempts: int) -> ConnectionFailed:
        reason = plain(self.redact(str(failure) or type(failure).__name__), 120)
        if isinstance(failure, httpx.TimeoutException):
            what = f"{self.host} did not answer in time ({attempts} attempts)."
            return DeadlineExceeded(what, remedy="Try again later.")
        times = "once" if attempts == 1 else f"{attempts} times"
        what = f"{self.host} could not be reached (tried {times}): {reason}."
        remedy = "Check the network, the proxy (HTTPS_PROXY) and the Hub's address (DOCKERHUB_API_URL)."
        return ConnectionFailed(what, remedy=remedy)


def _hub_request_id(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what the Hub, or the edge in front of it, calls a request, where they say so."""
    found = next(filter(None, map(headers.get, _IDS)), "")
    return {"hub_request_id": plain(found, 80)} if found else {}
