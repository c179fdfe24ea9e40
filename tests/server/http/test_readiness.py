"""Test the readiness check and its cache."""

from __future__ import annotations

import asyncio

import pytest

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import ConnectionFailed, UnexpectedAnswer
from dockerhub_mcp.server.http.readiness import ReadinessCheck

DOWN = "the Hub cannot be reached"


class Hub:
    """A Hub that answers once its gate is open, with the configured result."""

    def __init__(self) -> None:
        self.asked = 0
        self.time = 1000.0
        self.trouble: Exception | None = None
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def reach(self) -> None:
        self.asked += 1
        self.begun.set()
        await self.gate.wait()
        if self.trouble is not None:
            raise self.trouble

    def now(self) -> float:
        return self.time


@pytest.fixture
async def hub() -> Hub:
    return Hub()


@pytest.fixture
def readiness(hub: Hub) -> ReadinessCheck:
    return ReadinessCheck(hub.reach, clock=hub.now)


async def test_a_good_answer_counts_for_a_quarter_of_a_minute(hub: Hub, readiness: ReadinessCheck) -> None:
    for passed, asked in ((0.0, 1), (14.9, 1), (0.1, 2), (14.9, 2), (15.0, 3)):
        hub.time += passed
        assert await readiness.get_failure_reason() == ""
        assert hub.asked == asked
    hub.trouble = ConnectionFailed("gone")
    assert await readiness.get_failure_reason() == "", "until then nobody knows"


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (ConnectionFailed("gone"), DOWN),
        (UnexpectedAnswer("502 with a secret of the proxy"), DOWN),
        (HubError("whatever"), DOWN),
        (TimeoutError(), "the Hub does not answer in time"),
    ],
)
async def test_a_bad_answer_counts_for_five_seconds(
    hub: Hub, readiness: ReadinessCheck, trouble: Exception, told: str
) -> None:
    hub.trouble = trouble
    for passed, asked in ((0.0, 1), (4.9, 1), (0.1, 2)):
        hub.time += passed
        assert await readiness.get_failure_reason() == told
        assert hub.asked == asked
    hub.trouble = None
    assert await readiness.get_failure_reason() == told
    hub.time += 5
    assert await readiness.get_failure_reason() == ""


async def test_concurrent_checks_share_one_probe(hub: Hub, readiness: ReadinessCheck) -> None:
    hub.gate.clear()
    asking = [asyncio.create_task(readiness.get_failure_reason()) for _ in range(20)]
    await hub.begun.wait()
    hub.time += 60  # the result expires relative to the response, not to the request
    hub.gate.set()
    assert await asyncio.gather(*asking) == [""] * 20
    assert hub.asked == 1
    hub.time += 14.9
    await readiness.get_failure_reason()
    assert hub.asked == 1


async def test_a_cancelled_check_stores_no_result(hub: Hub, readiness: ReadinessCheck) -> None:
    hub.gate.clear()
    first, second = (asyncio.create_task(readiness.get_failure_reason()) for _ in range(2))
    await hub.begun.wait()
    first.cancel()
    hub.trouble = ConnectionFailed("gone")
    hub.gate.set()
    assert await second == DOWN
    assert first.cancelled()
    assert hub.asked == 2
