"""Memory that large bodies took is returned some time later, once for all of them."""

from __future__ import annotations

import asyncio
import sys

import pytest

from dockerhub_mcp.hub.lists import memory
from dockerhub_mcp.hub.lists.memory import MemoryReleaser

MIB = 1024 * 1024


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Record the releases, of which the operating system shows nothing that can be relied on."""
    found: list[None] = []
    monkeypatch.setattr(memory, "release_free_memory", lambda: found.append(None))
    return found


async def note_bodies(releaser: MemoryReleaser, *sizes: int) -> None:
    for size in sizes:
        releaser.record_body(size)
    await asyncio.sleep(0.01)


def test_small_amounts_are_not_released(releases: list[None]) -> None:
    asyncio.run(note_bodies(MemoryReleaser(0), MIB, MIB, MIB))

    assert not releases


def test_many_bodies_are_released_once(releases: list[None]) -> None:
    asyncio.run(note_bodies(MemoryReleaser(0), *[MIB] * 20))

    assert len(releases) == 1


def test_bodies_after_a_release_are_released_again(releases: list[None]) -> None:
    async def note_two_bursts(releaser: MemoryReleaser) -> None:
        await note_bodies(releaser, 5 * MIB)
        await note_bodies(releaser, 3 * MIB)
        assert len(releases) == 1
        await note_bodies(releaser, 2 * MIB)

    asyncio.run(note_two_bursts(MemoryReleaser(0)))

    assert len(releases) == 2


def test_an_event_loop_that_ended_before_the_release_does_not_prevent_later_ones(
    releases: list[None],
) -> None:
    releaser = MemoryReleaser(0.005)

    async def end_at_once() -> None:
        releaser.record_body(5 * MIB)

    asyncio.run(end_at_once())
    asyncio.run(note_bodies(releaser, MIB))

    assert len(releases) == 1


def test_without_an_event_loop_nothing_is_released(releases: list[None]) -> None:
    MemoryReleaser(0).record_body(5 * MIB)

    assert not releases


@pytest.mark.parametrize("platform", [sys.platform, "win32"])
def test_releasing_works_on_every_platform(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    memory.release_free_memory()
