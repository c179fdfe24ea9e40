"""Storms of cancelled calls against a Hub that answers late or never."""

from __future__ import annotations

from random import Random

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.recording_observer import observe_program
from tests.support.sandboxes import use_sandbox
from tests.support.stdio_lines import answer_by_program
from tests.support.stdio_messages import INITIALIZED, build_initialize, build_request
from tests.support.stdio_process import StdioProcess, build_cancellation, open_process, text_of
from tests.support.stdio_program import encode_lines

NEVER = 600.0  # seconds until an answer that no test waits for
GENERATIONS = pytest.mark.parametrize("modern", [False, True], ids=["2025", "2026"])
WITH_SDK = pytest.mark.parametrize(
    "with_sdk", [False, True], ids=["plain requests", "SDK started in the middle"]
)


def options_for(url: str) -> tuple[str, ...]:
    return ("--api-url", url, "--cache-ttl", "0", "--docker-credentials", "off", "--timeout", str(NEVER))


@GENERATIONS
@WITH_SDK
async def test_calls_that_hang_are_cancelled_and_free_their_places(
    sandbox: Sandbox, sandbox_url: str, modern: bool, with_sdk: bool
) -> None:
    random = Random(7)  # noqa: S311 - the same in every run
    sandbox.faults.add(match="/nginx/", latency=NEVER)
    async with open_process(*options_for(sandbox_url), modern=modern, forked=not with_sdk) as client:
        calls = [client.build_call(n, "get_tag", repository=f"nginx:{n}") for n in range(1, 201)]
        lists = [client.build(f"list {n}", "prompts/list") for n in range(50)]
        middle = [client.build("sdk", "prompts/get", name="nothing")] if with_sdk else []
        storm = calls + lists
        random.shuffle(storm)
        client.send(*storm[:100], *middle, *storm[100:], client.build("last", "resources/list"))
        await client.receive_answers(["last", *(message["id"] for message in lists + middle)])
        cancelled = [*range(1, 201), *range(1, 40), *range(900, 950), "list 3", "unknown", 1.5, None]
        random.shuffle(cancelled)
        client.send(*map(build_cancellation, cancelled))
        again = [
            client.build_call(n, "get_tag", repository="redis:8.2") for n in [*range(1, 51), *range(301, 331)]
        ]
        client.send(*again)
        await client.receive_answers([message["id"] for message in again])
        assert await client.end() == 0
        answers = {request_id: found for request_id, found in client.answers.items() if found}
        expected = {message["id"] for message in [*lists, *middle, *again]} | {"last"}
        assert answers.keys() == expected
        assert [request_id for request_id, found in answers.items() if len(found) != 1] == []
        assert all("name: 8.2" in text_of(answers[message["id"]][0]) for message in again)
        assert "Traceback" not in await client.read_log()


@GENERATIONS
@WITH_SDK
async def test_calls_that_are_cancelled_while_they_are_answered_have_one_answer_at_most(
    sandbox: Sandbox, sandbox_url: str, modern: bool, with_sdk: bool
) -> None:
    random = Random(11)  # noqa: S311 - the same in every run
    sandbox.faults.add(match="/tags", latency=0.01)
    async with open_process(*options_for(sandbox_url), modern=modern) as client:
        cancelled = await run_storm(client, random, with_sdk=with_sdk)
        assert await client.end() == 0
        counts = {n: len(client.answers[n]) for n in range(300)}
        assert {n for n, count in counts.items() if count > 1} == set()
        assert {n for n, count in counts.items() if count == 0} <= cancelled
        assert "Traceback" not in await client.read_log()


async def run_storm(client: StdioProcess, random: Random, *, with_sdk: bool) -> set[int]:
    """Send calls and cancel some before, while and after they are answered; return the cancelled ones."""
    cancelled: set[int] = set()
    for n in range(300):
        tool, arguments = random.choice(
            [("get_tag", "redis:8.2"), ("check_tag", "redis:8"), ("get_tag", "redis:nothing")]
        )
        client.send(client.build_call(n, tool, repository=arguments))
        if with_sdk and n == 150:
            client.send(client.build("sdk", "completion/complete"))
        if n % 20 == 19:
            await client.receive()
        if random.random() < 0.4:
            victim = random.randrange(n + 1)
            cancelled.add(victim)
            client.send(build_cancellation(victim))
    await client.receive_answers({*range(300)} - cancelled)
    return cancelled


def test_each_cancelled_call_is_observed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(anonymous_limit=None, signed_in_limit=None)
    sandbox.faults.add(match="/nginx/", latency=NEVER)
    use_sandbox(monkeypatch, sandbox)
    observer = observe_program(monkeypatch)
    calls = [
        build_request(n, "tools/call", name="get_tag", arguments={"repository": f"nginx:{n}"})
        for n in range(1, 101)
    ]
    cancellations = [build_cancellation(n) for n in range(1, 101)]
    messages = [build_initialize(), *calls, *cancellations, INITIALIZED, build_request(0, "ping")]
    done = answer_by_program(encode_lines(messages), ["--sandbox", "--timeout", str(NEVER)])
    assert done.exit_code == 0, done.log
    assert [message["id"] for message in done.messages] == [0, 0]
    outcomes = [message.outcome for message in observer.list_completed(method="tools/call")]
    assert outcomes == ["cancelled"] * 100
    assert len(set(observer.request_ids)) == observer.started == sum(observer.messages.values())
