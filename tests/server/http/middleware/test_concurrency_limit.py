"""How many calls are served at once."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from dockerhub_mcp.server.http.middleware.concurrency_limit import Gate
from dockerhub_mcp.server.http.responses import Refusal


def refused(gate: Gate, caller: str) -> int:
    """Return the status that a further call would get; 0 where it would be served."""
    try:
        gate.check(caller)
    except Refusal as refusal:
        return refusal.status if refusal.headers == {"retry-after": "1"} else -1
    return 0


def test_each_caller_has_so_many_and_all_together_no_more() -> None:
    gate = Gate(most=3, each=2)
    with ExitStack() as calls:
        for caller in ("one", "one", "other"):
            assert refused(gate, caller) == 0
            calls.enter_context(gate.inside(caller))
        assert gate.calls == 3
        assert [refused(gate, caller) for caller in ("one", "other", "third")] == [503, 503, 503]
    assert gate.calls == 0
    with gate.inside("one"), gate.inside("one"):
        assert [refused(gate, "one"), refused(gate, "other")] == [429, 0]
    assert refused(gate, "one") == 0


def test_a_call_that_fails_is_over() -> None:
    gate = Gate(most=1, each=1)
    with pytest.raises(ZeroDivisionError), gate.inside("one"):
        _ = 1 / 0
    assert (gate.calls, refused(gate, "one")) == (0, 0)


def test_nobody_is_remembered() -> None:
    gate = Gate(most=10, each=1)
    for number in range(1000):
        gate.check(f"caller {number}")
        with gate.inside(f"caller {number}"):
            pass
        gate.check(f"stranger {number}")
    assert not gate._callers


async def test_waiting_until_nothing_is_under_way() -> None:
    gate = Gate(most=10, each=10)
    await gate.empty()
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(gate.inside("one"))
        second.enter_context(gate.inside("other"))
        waiting = [asyncio.create_task(gate.empty()) for _ in range(2)]
        await asyncio.sleep(0)
        first.close()
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        second.close()
        # A call that comes before those who wait have seen it is waited for too.
        with gate.inside("late"):
            for _ in range(3):
                await asyncio.sleep(0)
            assert not any(task.done() for task in waiting)
        await asyncio.gather(*waiting)
