"""The pace of a clean-up: a tenth of the rate limit stays free, refusals for a moment are waited out, and a
cancelled call is resumed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx2 as httpx
import pytest

from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.context import ToolContext
from tests.support.cleanup_plans import add_plan, list_deletions, list_names, thin_out
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, call, make_context
from tests.support.virtual_time import virtual_time

IMAGE = "milldale/controller"
LIMIT = 60
START = 1_795_000_020.0  # the start of a minute


class SkippingClock:
    """The clock of the sandbox and of the tools, which follows the event loop's once a test has started it."""

    def __init__(self) -> None:
        self._began: float | None = None

    def start(self) -> None:
        self._began = anyio.current_time()

    def __call__(self) -> float:
        return START + (0.0 if self._began is None else anyio.current_time() - self._began)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self(), UTC)


@pytest.fixture
def skipping() -> SkippingClock:
    return SkippingClock()


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, skipping: SkippingClock) -> Sandbox:
    return thin_out(Sandbox(now=skipping, signed_in_limit=getattr(request, "param", None)), pull_requests=120)


@pytest.fixture
def attempts() -> list[tuple[float, RequestAttempt]]:
    return []


@pytest.fixture
def context(
    make_hub: MakeHub, skipping: SkippingClock, attempts: list[tuple[float, RequestAttempt]]
) -> ToolContext:
    hub = make_hub("owner", on_attempt=lambda attempt: attempts.append((skipping(), attempt)))
    return make_context(hub, confirmer=FakeUser(), clock=skipping.now)


@pytest.fixture
def names(sandbox: Sandbox) -> list[str]:
    return [name for name in list_names(sandbox, IMAGE) if name.startswith("pr-")]


async def apply(context: ToolContext, plan_id: str) -> dict[str, Any]:
    result = await call(context, "apply_tag_cleanup", plan_id=plan_id)
    assert not result.is_error, result.text
    assert result.structured_content is not None
    return result.structured_content


@pytest.mark.parametrize("sandbox", [LIMIT], indirect=True)
async def test_a_tenth_of_the_rate_limit_stays_free(
    context: ToolContext,
    skipping: SkippingClock,
    attempts: list[tuple[float, RequestAttempt]],
    names: list[str],
) -> None:
    plan = await add_plan(context, IMAGE, names[:100])
    with virtual_time():
        skipping.start()
        assert (await apply(context, plan.plan_id))["deleted"] == 100
    assert all(attempt.status != 429 for _, attempt in attempts)
    windows = Counter(time // 60 for time, attempt in attempts if "auth" not in attempt.path_template)
    assert max(windows.values()) <= LIMIT - LIMIT // 10
    assert len(windows) <= 6, "it waits no longer than it must: 203 requests, 54 a minute"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_refusal_for_a_moment_is_waited_out(
    context: ToolContext, sandbox: Sandbox, skipping: SkippingClock, names: list[str], method: str
) -> None:
    plan = await add_plan(context, IMAGE, names[:30])
    sandbox.faults.add(match="/tags/pr-", method=method, status=429, headers={"Retry-After": "70"}, times=6)
    with virtual_time():
        skipping.start()
        data = await apply(context, plan.plan_id)
        assert skipping() - START >= 70
    assert (data["deleted"], data["status"]) == (30, "done")


async def test_a_long_refusal_stops_the_clean_up(
    context: ToolContext, sandbox: Sandbox, skipping: SkippingClock, names: list[str]
) -> None:
    plan = await add_plan(context, IMAGE, names[:30])
    sandbox.faults.add(match="/tags/pr-", method="DELETE", status=429, headers={"Retry-After": "3600"})
    with virtual_time():
        skipping.start()
        data = await apply(context, plan.plan_id)
        assert skipping() - START < 70
        assert (data["deleted"], data["not_reached"]) == (0, 30)
        assert "rate limit" in data["partial"]
        sandbox.faults.clear()
        assert (await apply(context, plan.plan_id))["deleted"] == 30


class CountingApp:
    """The sandbox's application, which counts the requests that are under way, and may call something first.

    Attributes:
        most: The largest number of requests that were under way at the same time.
        expected: The number of requests under way that requests of single tags wait for, until it was seen.
        on_request: Called with the HTTP method of each request.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app
        self._running = 0
        self.most = 0
        self.expected = 0
        self.on_request: Callable[[str], None] = lambda _: None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._running += 1
        self.most = max(self.most, self._running)
        try:
            self.on_request(scope["method"])
            if "/tags/pr-" in scope["path"]:
                with anyio.move_on_after(5):
                    while self.most < self.expected:
                        await anyio.sleep(0.001)
            await anyio.sleep(0.001)
            await self._app(scope, receive, send)
        finally:
            self._running -= 1


@pytest.fixture
def app(sandbox: Sandbox) -> CountingApp:
    return CountingApp(sandbox.app)


@pytest.fixture
def slow_context(make_hub: MakeHub, skipping: SkippingClock, app: CountingApp) -> ToolContext:
    hub = make_hub("owner", httpx_transport=httpx.ASGITransport(app=app))
    return make_context(hub, confirmer=FakeUser(), clock=skipping.now)


async def test_at_most_four_requests_are_under_way(
    slow_context: ToolContext, app: CountingApp, names: list[str]
) -> None:
    plan = await add_plan(slow_context, IMAGE, names[:40])
    app.most, app.expected = 0, 4
    assert (await apply(slow_context, plan.plan_id))["deleted"] == 40
    assert app.most == 4


@pytest.mark.parametrize("after", [1, 2, 7, 13])
async def test_a_cancelled_call_is_resumed_without_a_question(
    slow_context: ToolContext, sandbox: Sandbox, app: CountingApp, names: list[str], after: int
) -> None:
    plan = await add_plan(slow_context, IMAGE, names[:20])
    before = set(list_names(sandbox, IMAGE))
    with anyio.CancelScope() as scope:

        def cancel(method: str) -> None:
            if method == "DELETE" and len(list_deletions(sandbox)) + 1 >= after:
                scope.cancel()

        app.on_request = cancel
        await apply(slow_context, plan.plan_id)
    assert scope.cancelled_caught
    assert len(list_deletions(sandbox)) < 20
    app.on_request = lambda _: None
    data = await apply(slow_context, plan.plan_id)
    assert (data["status"], data["deleted"]) == ("done", 20)
    assert before - set(list_names(sandbox, IMAGE)) == {tag.name for tag in plan.tags}
    user = slow_context.confirmer
    assert isinstance(user, FakeUser)
    assert len(user.confirmations) == 1
