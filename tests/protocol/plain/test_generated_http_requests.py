"""Generated requests over HTTP have the SDK's answers: status, headers and messages.

DIFFERENTIAL_HTTP_REQUESTS sets the number of requests of each setting, DIFFERENTIAL_SEED where they begin.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.support.generated.messages import MessageGenerator
from tests.support.http_answers import build_headers, post, serve_over_http
from tests.support.same_answers import normalize
from tests.support.sandboxes import create_equal_sandboxes, use_sandbox

REQUESTS = int(os.environ.get("DIFFERENTIAL_HTTP_REQUESTS", "250"))
FIRST_SEED = int(os.environ.get("DIFFERENTIAL_SEED", "0"))
SETTINGS = (
    ("--cache-ttl", "0"),
    ("--access", "admin", "--toolsets", "all", "--results", "both", "--cache-ttl", "0"),
    ("--toolsets", "all", "--sessions"),
)


@pytest.mark.parametrize("number", range(len(SETTINGS)))
@pytest.mark.parametrize("modern", [False, True], ids=["2025", "2026"])
async def test_generated_requests_have_the_answers_of_the_sdk_over_http(
    modern: bool, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_sdk, of_program = create_equal_sandboxes(2)
    options = ["--sandbox", *SETTINGS[number]]
    random = Random(100 * FIRST_SEED + 2 * number + modern)  # noqa: S311 - the same in every run
    generator = MessageGenerator(random, modern=modern)
    differences: list[object] = []
    use_sandbox(monkeypatch, of_sdk)
    async with serve_over_http(options, plain=False) as sdk:
        use_sandbox(monkeypatch, of_program)
        async with serve_over_http(options, plain=True) as program:
            for _ in range(REQUESTS):
                body = generator.build_message().rstrip(b"\n")
                headers = build_headers(random, body, modern=modern)
                wanted, found = await post(sdk, body, headers), await post(program, body, headers)
                if normalize(found) != normalize(wanted):
                    differences.append((body, headers, wanted, found))
    assert differences == []
