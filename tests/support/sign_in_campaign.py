"""Random campaigns against sign-ins: a Hub that fails as a plan says, and what a process or replicas make of it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

import httpx2 as httpx

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.sign_in_guard import SignInGuard
from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.hub.methods import GetOrgSettings
from tests.support.fixture_types import QUICK
from tests.support.sharing_replicas import share

NAME = "ada-with-a-long-name"
RIGHT = "dckr_pat_right-secret-of-ada"
TIMEOUT = 30.0
TAIL = 1300.0  # seconds without faults at the end: longer than two windows of the limit
_SETTINGS = {"enabled": False, "allow_official_images": True, "allow_verified_publishers": True}

Fault = tuple[str, int, dict[str, str]]
"""What happens, with the status and the headers of an answer."""

FAULTS: tuple[Fault, ...] = (
    *((kind, 0, {}) for kind in ("unreachable", "dropped", "silent")),
    *(("answered", status, {}) for status in (200, 403, 429, 500, 503)),
    *(("answered", 429, {"Retry-After": text}) for text in ("1", "30", "400")),
    ("answered", 503, {"Retry-After": "20"}),
)


class Call(NamedTuple):
    """A call to make.

    Attributes:
        time: When to make it, in seconds from the start.
        replica: The replica to make it at.
        secret: The secret of the account.
        name: The name of the account.
    """

    time: float
    replica: int
    secret: str
    name: str = NAME


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens in a campaign, at times in seconds from the start.

    Attributes:
        faults: The faults of the sign-in route, each with its first and last moment.
        revocations: When all bearer tokens are revoked.
        lifetime: The lifetime of bearer tokens in seconds.
        has_expiry: Whether bearer tokens say when they expire.
        latency: Seconds until the Hub answers a sign-in.
        calls: The calls.
    """

    faults: list[tuple[float, float, Fault]]
    revocations: list[float]
    lifetime: float
    has_expiry: bool
    latency: float
    calls: list[Call]


def draw_plan(seed: int) -> Plan:
    """Draw the plan of a seed."""
    source = Random(seed)  # noqa: S311 - not for cryptography
    end, time = source.choice((600.0, 3600.0)), 0.0
    faults = []
    while time < end:
        time += source.expovariate(1 / source.choice((30, 200)))
        duration = source.choice((1, 5, 20, 40, 100))
        faults.append((time, time + duration, source.choice(FAULTS)))
        time += duration
    revocations = [source.uniform(0, end) for _ in range(source.choice((0, 3, 10)))]
    lifetime, has_expiry = source.choice(((50, True), (70, True), (600, True), (3600, True), (600, False)))
    calls, time, share_of_wrong = [], 0.0, source.choice((0, 0.1, 0.3))
    while time < end + TAIL:
        time += source.choice((0, 0.05, 1, 5, 5, 20, 60))
        secret = f"wrong-{source.randrange(8)}" if source.random() < share_of_wrong else RIGHT
        calls.append(Call(time, source.randrange(3), secret))
    return Plan(faults, revocations, lifetime, has_expiry, source.choice((0.02, 0.3, 2)), calls)


def make_token(**claims: Any) -> str:
    """Return a bearer token with some claims."""
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in [*parts, b"signature"])


class PlannedHub(httpx.AsyncBaseTransport):
    """A Hub with accounts of the same secret and one private resource, in the time of a clock.

    Attributes:
        failures: When each sign-in that may have reached the Hub, and got no bearer token, was sent.
        sign_ins: The number of all sign-ins that may have reached it.
        tokens: The bearer tokens that are valid, with the time at which each was issued.
    """

    def __init__(self, plan: Plan, clock: Callable[[], float]) -> None:
        self._plan = plan
        self._clock = clock
        self.failures: list[float] = []
        self.sign_ins = 0
        self.tokens: dict[str, float] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/auth/token":
            return await self._sign_in(request)
        await asyncio.sleep(0.01)
        token, now = request.headers.get("authorization", "").removeprefix("Bearer "), self._clock()
        issued_at = self.tokens.get(token)
        if (
            issued_at is None
            or now >= issued_at + self._plan.lifetime
            or any(issued_at < time <= now for time in self._plan.revocations)
        ):
            return httpx.Response(401, json={"detail": f"invalid {token}"}, request=request)
        return httpx.Response(200, json={"restricted_images": _SETTINGS}, request=request)

    async def _sign_in(self, request: httpx.Request) -> httpx.Response:
        now, secret = self._clock(), json.loads(await request.aread())["secret"]
        kind, status, headers = next(
            (fault for start, end, fault in self._plan.faults if start <= now < end), ("", 0, {})
        )
        if kind == "unreachable":
            raise httpx.ConnectError(kind, request=request)
        self.sign_ins += 1
        self.failures.append(now)
        await asyncio.sleep(self._plan.latency)
        if kind == "dropped":
            raise httpx.ReadError(kind, request=request)
        if kind == "silent":
            await asyncio.sleep(3600)
        if kind == "answered":
            return httpx.Response(status, json={"detail": f"not {secret}"}, headers=headers, request=request)
        if secret != RIGHT:
            return httpx.Response(401, json={"detail": f"wrong: {secret}"}, request=request)
        self.failures.remove(now)
        expiry = {"iat": now, "exp": now + self._plan.lifetime} if self._plan.has_expiry else {}
        token = make_token(number=self.sign_ins, **expiry)
        self.tokens[token] = now
        return httpx.Response(200, json={"access_token": token}, request=request)


class Outcome(NamedTuple):
    """The outcome of a call.

    Attributes:
        call: The call.
        error: The error as text; empty for a result.
        seconds: How long it took.
    """

    call: Call
    error: str
    seconds: float


class Player:
    """Plays a plan on replicas.

    Args:
        plan: The plan.
        states: The state of each replica; None for one process alone.
        keys: The keys of each replica.
        timeout: Seconds that a call may take.
    """

    def __init__(
        self, plan: Plan, states: list[Any], keys: Sequence[tuple[bytes, ...]], timeout: float = TIMEOUT
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()
        self._plan = plan
        self.hub = PlannedHub(plan, self.read_time)
        self._options: list[dict[str, Any]] = [
            {
                "sign_in_guard": SignInGuard(clock=self._loop.time),
                "shared_sign_ins": None if state is None else share(state, *replica_keys),
                "fixed_identity": True,
                "base_url": "http://localhost",
                "timeout": timeout,
                "httpx_transport": self.hub,
                "retry_policy": QUICK,
                "clock": self._loop.time,
            }
            for state, replica_keys in zip(states, keys, strict=True)
        ]
        self._accounts: dict[tuple[int, str], Hub] = {}

    def read_time(self) -> float:
        """Return the seconds since the start."""
        return self._loop.time() - self._start

    def _find_hub(self, number: int, call: Call) -> Hub:
        """Return the client of a call, which is kept only for the right secret."""
        if call.secret == RIGHT and (known := self._accounts.get((number, call.name))):
            return known
        hub = Hub(Credentials.from_strings(call.name, call.secret), **self._options[number])
        if call.secret == RIGHT:
            self._accounts[number, call.name] = hub
        return hub

    async def play(self) -> list[Outcome]:
        """Make all calls, and return their outcomes in the order of the calls."""
        tasks = []
        for call in self._plan.calls:
            await asyncio.sleep(max(0.0, call.time - self.read_time()))
            tasks.append(asyncio.create_task(self.make(call)))
        return await asyncio.gather(*tasks)

    async def make(self, call: Call) -> Outcome:
        """Make a call."""
        hub = self._find_hub(call.replica % len(self._options), call)
        started = self.read_time()
        try:
            await hub.send(GetOrgSettings(name="acme"))
        except HubError as error:
            return Outcome(call, f"{type(error).__name__}: {error}", self.read_time() - started)
        return Outcome(call, "", self.read_time() - started)


def find_longest_refusal(outcomes: list[Outcome]) -> float:
    """Return the most seconds from the first to the last of successive refusals of the right secret."""
    longest, first = 0.0, None
    for outcome in outcomes:
        if outcome.call.secret != RIGHT:
            continue
        if not outcome.error:
            first = None
            continue
        first = outcome.call.time if first is None else first
        longest = max(longest, outcome.call.time - first)
    return longest
