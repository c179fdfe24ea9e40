"""Clients that do not read what the server writes."""

from __future__ import annotations

import asyncio

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.stdio_process import StdioProcess, build_cancellation, open_process

GENERATIONS = pytest.mark.parametrize("modern", [False, True], ids=["2025", "2026"])
REQUESTS = 1000
ROOM = 40 * 1024 * 1024  # bytes that unread output may take; all answers take more


async def wait_until_stalled(client: StdioProcess) -> int:
    """Wait until the server does no more work, and return the memory it takes."""
    found = [0, 1]
    while found[-1] != found[-2]:
        await asyncio.sleep(0.5)
        found.append(client.measure_memory())
    return found[-1]


@GENERATIONS
async def test_answers_to_a_client_that_does_not_read_take_bounded_memory_and_arrive(modern: bool) -> None:
    async with open_process(
        "--sandbox", "--toolsets", "all", "--results", "both", modern=modern, forked=False
    ) as client:
        size = len(str(await client.ask(client.build("first", "tools/list"))))
        assert size * REQUESTS > 2 * ROOM
        await client.ask(client.build_call("loaded", "get_tag", repository="redis:8.2"))
        before = client.measure_memory()
        client.send(*(client.build(n, "tools/list") for n in range(REQUESTS)))
        assert await wait_until_stalled(client) < before + ROOM
        await client.receive_answers(range(REQUESTS))
        assert {n: len(client.answers[n]) for n in range(REQUESTS)} == dict.fromkeys(range(REQUESTS), 1)
        assert await client.end() == 0


@GENERATIONS
async def test_a_call_is_cancelled_while_the_client_does_not_read(
    sandbox: Sandbox, sandbox_url: str, modern: bool
) -> None:
    sandbox.faults.add(match="/nginx/", latency=600)
    async with open_process("--api-url", sandbox_url, "--timeout", "600", modern=modern) as client:
        client.send(client.build_call("late", "get_tag", repository="nginx:1"))
        client.send(*(client.build(n, "tools/list") for n in range(20)))
        client.send(build_cancellation("late"))
        client.send(*(client.build(n, "tools/list") for n in range(20, 40)))
        assert await client.end() == 0
        assert {key for key, found in client.answers.items() if found} == {*range(40)}
