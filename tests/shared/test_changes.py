"""Test that changes at one replica clear what the others keep."""

from __future__ import annotations

import asyncio
import logging

import pytest

from dockerhub_mcp.shared.changes import ChangeChannel
from dockerhub_mcp.shared.state import ChannelListener
from tests.support.shared_states import UnreliableState


class KeptResults:
    """Records what happens to the results of a replica."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def clear(self) -> None:
        self.events.append("clear")

    def suspend(self) -> None:
        self.events.append("suspend")

    def resume(self) -> None:
        self.events.append("resume")


async def test_a_change_clears_what_every_replica_keeps() -> None:
    state = UnreliableState()
    one, other = KeptResults(), KeptResults()
    changes = ChangeChannel(state, one)
    async with changes.listening(), ChangeChannel(state, other).listening():
        await asyncio.sleep(0)
        await changes.publish()
        assert one.events == other.events == ["suspend", "resume", "clear"]
    assert one.events == other.events == ["suspend", "resume", "clear", "suspend"]
    await changes.publish()
    assert len(other.events) == 4


async def test_nothing_is_kept_while_news_may_be_missed() -> None:
    state = UnreliableState()
    kept = KeptResults()
    changes = ChangeChannel(state, kept)
    async with changes.listening():
        assert kept.events == ["suspend"], "before the subscription"
        await asyncio.sleep(0)
        state.fail()
        await changes.publish()
        state.recover()
        assert kept.events == ["suspend", "resume", "suspend", "resume"]


async def wait_for_clear(kept: KeptResults) -> None:
    async with asyncio.timeout(60):
        while kept.events[-1] != "clear":
            await asyncio.sleep(0.01)


async def test_a_change_is_published_again_where_a_connection_was_lost() -> None:
    """The others are subscribed, so they must clear what they keep before the change is reported as made."""
    state = UnreliableState()
    one, other = KeptResults(), KeptResults()
    news = ChangeChannel(state, one)
    async with news.listening(), ChangeChannel(state, other).listening():
        await asyncio.sleep(0)
        state.failures_left = 1
        await news.publish()
        assert other.events[-1] == "clear"
        assert state.commands == [("publish", "changes")] * 2


async def test_a_change_is_published_later_where_this_replica_alone_cannot_reach_the_store() -> None:
    state, kept = UnreliableState(), KeptResults()
    news = ChangeChannel(state, KeptResults())
    async with news.listening(), ChangeChannel(state, kept).listening():
        await asyncio.sleep(0)
        state.failures_left = 4
        await news.publish()
        assert kept.events[-1] == "resume"
        await wait_for_clear(kept)
        assert len(state.commands) == 5


async def test_a_change_is_not_delayed_by_a_store_that_is_known_to_be_unavailable() -> None:
    state, kept = UnreliableState(), KeptResults()
    news = ChangeChannel(state, kept)
    async with news.listening():
        await asyncio.sleep(0)
        state.fail()
        await news.publish()
        assert not state.commands
        state.recover()
        await wait_for_clear(kept)


async def test_a_listener_that_fails_is_logged_and_nothing_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    class FaultyState(UnreliableState):
        async def listen(self, channel: str, listener: ChannelListener) -> None:
            listener.on_subscribed()
            raise RuntimeError(channel)

    kept = KeptResults()
    async with ChangeChannel(FaultyState(), kept).listening():
        await asyncio.sleep(0.01)
        assert kept.events == ["suspend", "resume", "suspend"]
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "listening to changes failed" in record.getMessage()
