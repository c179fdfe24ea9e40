"""The wire between the client and the sandbox: it lets one fault strike, and keeps what really happened."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random

import httpx2 as httpx

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.registry.paths import BLOB_STORE_PREFIX, is_registry_path
from tests.support.fault_campaign.faults import (
    HTML,
    JSON,
    REGISTRY_TARGETS,
    Chunks,
    Delivery,
    Fault,
    Outcome,
    Target,
    answer,
)

SIGN_IN_PATHS = {"/v2/auth/token", "/v2/users/login", "/v2/users/2fa-login"}
LOGIN_PAGE_PATH = "/login"
OWN_ORIGIN = "http://localhost"
READ_PATHS = ("/v1/graphql", "/immutabletags/verify")
"""Paths of POST requests that change nothing."""


@dataclass(slots=True)
class Exchange:
    """One request as it happened.

    Attributes:
        target: The kind of the request.
        line: Its method and path, with the query.
        fault: The fault that struck it, if any.
        status: The sandbox's answer; None where the sandbox never got the request.
        delivered: The status that the client got; None where the connection broke.
        is_anonymous: Whether it carried no bearer token and no secret.
        origin: The scheme and the host that it was sent to.
        pulls_left: The numbers of pulls that the last answer before it reported as left and as allowed.
    """

    target: Target
    line: str
    fault: Fault | None = None
    status: int | None = None
    delivered: int | None = None
    is_anonymous: bool = False
    origin: str = OWN_ORIGIN
    pulls_left: tuple[int, int] | None = None

    @property
    def was_applied(self) -> bool:
        """Whether a write was carried out."""
        return self.target is Target.WRITE and self.status is not None and self.status < 300

    @property
    def left_client(self) -> bool:
        """Whether the Hub may have got the request."""
        return self.fault is None or self.fault.outcome is not Outcome.UNSENT

    @property
    def was_refused(self) -> bool:
        """Whether the client knows that the Hub did not carry the request out."""
        if self.fault is None:
            return self.status is not None and 400 <= self.status < 500
        return self.fault.outcome in {Outcome.REFUSED, Outcome.UNSENT}


@dataclass(slots=True)
class Strike:
    """Where and how often a fault strikes.

    Attributes:
        fault: The fault; None for a clean run.
        target: The kind of requests that it strikes.
        skip: How many of them pass unharmed before.
        times: How many of them it strikes; None for all that follow.
        is_applied: Whether a write that it strikes reaches the sandbox.
    """

    fault: Fault | None = None
    target: Target = Target.READ
    skip: int = 0
    times: int | None = None
    is_applied: bool = False


@dataclass
class FaultyWire(httpx.AsyncBaseTransport):
    """Passes requests to a sandbox in this process, except where a fault strikes."""

    sandbox: Sandbox
    strike: Strike = field(default_factory=Strike)
    exchanges: list[Exchange] = field(default_factory=list)
    account_secret: str = ""
    secrets: list[str] = field(default_factory=list)
    sent_secrets: list[str] = field(default_factory=list)
    new_secrets: list[str] = field(default_factory=list)
    _pulls_left: tuple[int, int] | None = None
    _seen: int = 0
    _struck: int = 0

    def __post_init__(self) -> None:
        self._sandbox = httpx.ASGITransport(app=self.sandbox.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        target = target_of(request)
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        is_own = origin == OWN_ORIGIN
        fault = self._choose_fault(target) if is_own else None
        exchange = Exchange(target, f"{request.method} {request.url.raw_path.decode()}", fault)
        exchange.is_anonymous = "authorization" not in request.headers
        exchange.origin, exchange.pulls_left = origin, self._pulls_left
        self.exchanges.append(exchange)
        if not is_own:  # the target of a redirect
            return answer(200, b'{"hijacked": true}', JSON, request=request)
        self._note_sent_secrets(request, target)
        if request.url.path == LOGIN_PAGE_PATH:  # the target of a redirect
            return answer(200, "<!DOCTYPE html><title>Sign in</title>", HTML, request=request)
        if fault is None:
            genuine = await self._ask_sandbox(request, exchange)
            exchange.delivered = genuine.status_code
            self._note_pulls_left(target, genuine)
            return _copy(genuine)
        genuine_or_none = None
        if self._reaches_sandbox(fault, target):
            genuine_or_none = await self._ask_sandbox(request, exchange)
        delivery = Delivery(
            request, genuine_or_none, self._struck - 1, self.sent_secrets, self.sandbox.revoke_bearer_tokens
        )
        response = await fault.deliver(delivery)
        exchange.delivered = response.status_code
        self._note_pulls_left(target, response)
        return response

    def _note_pulls_left(self, target: Target, response: httpx.Response) -> None:
        if target in {Target.MANIFEST, Target.MANIFEST_HEAD}:
            self._pulls_left = _read_pulls_left(response) or self._pulls_left

    def _choose_fault(self, target: Target) -> Fault | None:
        strike = self.strike
        if strike.fault is None or target is not strike.target:
            return None
        self._seen += 1
        if self._seen <= strike.skip or (strike.times is not None and self._struck >= strike.times):
            return None
        self._struck += 1
        return strike.fault

    def _reaches_sandbox(self, fault: Fault, target: Target) -> bool:
        if target is Target.WRITE:
            return self.strike.is_applied
        return fault.needs_genuine

    async def _ask_sandbox(self, request: httpx.Request, exchange: Exchange) -> httpx.Response:
        response = await self._sandbox.handle_async_request(request)
        await response.aread()
        exchange.status = response.status_code
        if exchange.target in {Target.SIGN_IN, Target.REGISTRY_TOKEN} and response.status_code == 200:
            data = response.json()
            self.secrets += [value for value in (data.get("access_token"), data.get("token")) if value]
        if exchange.target is Target.WRITE and b'"token"' in response.content:
            self.new_secrets.append(json.loads(response.content)["token"])
        return response

    def _note_sent_secrets(self, request: httpx.Request, target: Target) -> None:
        sent = [request.headers.get("authorization", "").partition(" ")[2]]
        if target is Target.SIGN_IN or (target is Target.REGISTRY_TOKEN and any(sent)):
            sent.append(self.account_secret)
        for secret in filter(None, sent):
            for known in (self.secrets, self.sent_secrets):
                if secret not in known:
                    known.append(secret)


def target_of(request: httpx.Request) -> Target:
    """Return the kind of a request."""
    path = request.url.path
    if is_registry_path(path):
        return _target_in_registry(request)
    if path in SIGN_IN_PATHS:
        return Target.SIGN_IN
    if request.method == "HEAD":
        return Target.HEAD
    return Target.READ if request.method == "GET" or path.endswith(READ_PATHS) else Target.WRITE


def _target_in_registry(request: httpx.Request) -> Target:
    path = request.url.path
    if path == "/v2/":
        return Target.REGISTRY_CHECK
    if "/manifests/" in path:
        return Target.MANIFEST_HEAD if request.method == "HEAD" else Target.MANIFEST
    for part, target in _REGISTRY_PATHS:
        if part in path:
            return target
    return Target.REGISTRY_TOKEN


_REGISTRY_PATHS = (
    ("/blobs/", Target.BLOB),
    (BLOB_STORE_PREFIX, Target.STORED_BLOB),
    ("/referrers/", Target.REFERRERS),
    ("/tags/list", Target.TAG_NAMES),
)


def _read_pulls_left(response: httpx.Response) -> tuple[int, int] | None:
    """Return the pulls left and allowed that an answer reports."""
    left, limit = (
        response.headers.get(f"ratelimit-{name}", "").partition(";")[0] for name in ("remaining", "limit")
    )
    return (int(left), int(limit)) if left.isdecimal() and limit.isdecimal() else None


def _copy(response: httpx.Response) -> httpx.Response:
    return httpx.Response(response.status_code, headers=response.headers, stream=Chunks(response.content))


def choose_strike(fault: Fault, target: Target, *, is_walk: bool, random: Random) -> Strike:
    """Draw where a fault strikes the requests of a call."""
    strike = Strike(fault, target, is_applied=fault.may_be_applied(random))
    if fault.is_once or random.random() < 0.25:
        strike.times = 1
    if is_walk and target is Target.READ and random.random() < 0.75:
        strike.skip = random.randint(1, 3)
    if target in REGISTRY_TARGETS and random.random() < 0.5:
        strike.skip = random.randint(1, 5)  # reduced where the call sends fewer such requests
    return strike
