"""Test the limits of concurrent calls."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from dockerhub_mcp.server.http.middleware.concurrency_limit import ConcurrencyLimiter
from dockerhub_mcp.server.http.responses import HTTPRejection


def rejection_status(gate: ConcurrencyLimiter, caller: str) -> int:
    """Return the status with which a further call would be rejected; 0 if it would be served."""
    try:
        gate.require_capacity(caller)
    except HTTPRejection as refusal:
        return refusal.status if refusal.headers == {"retry-after": "1"} else -1
    return 0


def test_each_caller_has_so_many_and_all_together_no_more() -> None:
    gate = ConcurrencyLimiter(max_calls=3, max_calls_per_key=2)
    with ExitStack() as calls:
        for caller in ("one", "one", "other"):
            assert rejection_status(gate, caller) == 0
            calls.enter_context(gate.track_call(caller))
        assert gate.active_calls == 3
        assert [rejection_status(gate, caller) for caller in ("one", "other", "third")] == [503, 503, 503]
    assert gate.active_calls == 0
    with gate.track_call("one"), gate.track_call("one"):
        assert [rejection_status(gate, "one"), rejection_status(gate, "other")] == [429, 0]
    assert rejection_status(gate, "one") == 0


def test_a_call_that_fails_is_over() -> None:
    gate = ConcurrencyLimiter(max_calls=1, max_calls_per_key=1)
    with pytest.raises(ZeroDivisionError), gate.track_call("one"):
        _ = 1 / 0
    assert (gate.active_calls, rejection_status(gate, "one")) == (0, 0)


def test_anonymous_requests_are_not_remembered() -> None:
    gate = ConcurrencyLimiter(max_calls=10, max_calls_per_key=1)
    for number in range(1000):
        gate.require_capacity(f"caller {number}")
        with gate.track_call(f"caller {number}"):
            pass
        gate.require_capacity(f"stranger {number}")
    assert not gate._calls_by_key


async def test_waiting_until_nothing_is_under_way() -> None:
    gate = ConcurrencyLimiter(max_calls=10, max_calls_per_key=10)
    await gate.wait_until_idle()
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(gate.track_call("one"))
        second.enter_context(gate.track_call("other"))
        waiting = [asyncio.create_task(gate.wait_until_idle()) for _ in range(2)]
        await asyncio.sleep(0)
        first.close()
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        second.close()
        # A call that starts before the waiting tasks have resumed is waited for, too.
        with gate.track_call("late"):
            for _ in range(3):
                await asyncio.sleep(0)
            assert not any(task.done() for task in waiting)
        await asyncio.gather(*waiting)
