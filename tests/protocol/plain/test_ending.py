"""The end of the input and signals, with calls in flight."""

from __future__ import annotations

import signal
from random import Random

import anyio
import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.generated.messages import MessageGenerator
from tests.support.reference_server import answer_by_sdk
from tests.support.same_answers import find_differences
from tests.support.sandboxes import create_equal_sandboxes, use_sandbox
from tests.support.stdio_lines import answer_by_program
from tests.support.stdio_messages import INITIALIZED, build_initialize, build_request
from tests.support.stdio_process import open_process, text_of
from tests.support.stdio_program import encode_lines

GENERATIONS = pytest.mark.parametrize("modern", [False, True], ids=["2025", "2026"])
WITH_SDK = pytest.mark.parametrize("with_sdk", [False, True], ids=["plain requests", "with the SDK"])
SIGNALS = {signal.SIGTERM: 0, signal.SIGHUP: 0, signal.SIGINT: 130}


@GENERATIONS
@WITH_SDK
async def test_calls_in_flight_are_answered_after_the_end_of_the_input(
    sandbox: Sandbox, sandbox_url: str, modern: bool, with_sdk: bool
) -> None:
    sandbox.faults.add(match="/tags", latency=0.2)
    async with open_process("--api-url", sandbox_url, modern=modern, forked=False) as client:
        client.send(*(client.build_call(n, "get_tag", repository=f"redis:{n % 4 + 5}") for n in range(40)))
        if with_sdk:
            client.send(client.build("sdk", "prompts/get", name="nothing"))
        assert await client.end() == 0
        expected = {*range(40), *(["sdk"] if with_sdk else [])}
        assert {key: len(found) for key, found in client.answers.items()} == dict.fromkeys(expected, 1)
        assert "Traceback" not in await client.read_log()


@WITH_SDK
@pytest.mark.parametrize(("received", "code"), SIGNALS.items())
async def test_a_signal_ends_the_server_with_calls_in_flight(
    sandbox: Sandbox, sandbox_url: str, received: signal.Signals, code: int, with_sdk: bool
) -> None:
    sandbox.faults.add(match="/nginx/", latency=600)
    async with open_process("--api-url", sandbox_url, "--timeout", "600", modern=False) as client:
        client.send(*(client.build_call(n, "get_tag", repository=f"nginx:{n}") for n in range(100)))
        await client.ask(
            client.build("ready", "prompts/get", name="x") if with_sdk else client.build("ready", "ping")
        )
        assert await client.end(received=received) == code
        assert {key for key, found in client.answers.items() if found} == {"ready"}
        assert "Traceback" not in await client.read_log()


@GENERATIONS
def test_lines_may_arrive_in_any_pieces(modern: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(3)  # noqa: S311 - the same in every run
    generator = MessageGenerator(random, modern=modern)
    of_sdk, of_program = create_equal_sandboxes(2)
    options = ["--sandbox", "--log-level", "error", "--cache-ttl", "0"]
    lines = [generator._handshake()]
    lines += [random.choice([generator._list, generator._odd_call])() for _ in range(40)]
    text = b"".join(lines)[:-1]  # the last line has no end
    pieces: list[bytes] = []
    while text:
        size = random.choice([1, 2, 3, 50, 700, 5000])
        pieces, text = [*pieces, text[:size]], text[size:]
    use_sandbox(monkeypatch, of_sdk)
    wanted = anyio.run(answer_by_sdk, lines, options)
    use_sandbox(monkeypatch, of_program)
    found = answer_by_program(pieces, options)
    assert find_differences(lines, wanted.messages, found.messages) == []


def test_a_very_long_line_is_a_plain_call_like_any_other() -> None:
    long = build_request(1, "tools/call", name="check_tag", arguments={"repository": "x" * 3_000_000})
    call = build_request(2, "tools/call", name="check_tag", arguments={"repository": "redis:8.2"})
    done = answer_by_program(encode_lines([build_initialize(), INITIALIZED, long, call]), ["--sandbox"])
    answers = {message["id"]: message for message in done.messages}
    assert "at most 255 characters" in text_of(answers[1])
    assert text_of(answers[2]).startswith("exists: true")
