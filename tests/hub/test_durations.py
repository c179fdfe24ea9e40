from __future__ import annotations

import re

import pytest

from dockerhub_mcp.hub.durations import format_seconds, format_window
from tests.support.source_tree import SOURCE


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5 / 3, "1.7 s"),
        (2, "2 s"),
        (0.25, "0.25 s"),
        (1 / 3, "0.33 s"),
        (9.96, "10 s"),
        (30.0, "30 s"),
        (123.456, "123 s"),
        (3600, "3600 s"),
        (0.00001, "less than 0.001 s"),
        (0, "0 s"),
    ],
)
def test_durations_are_rounded(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(21_600, "6 h"), (5400, "90 min"), (100, "100 s")])
def test_windows_have_the_largest_unit_that_fits(seconds: int, text: str) -> None:
    assert format_window(seconds) == text


def test_no_message_formats_a_duration_by_itself() -> None:
    unrounded = re.compile(r":(?:g|\.\d+[fg])\} ?(?:s|h|min|ms|seconds|minutes|hours)\b")
    found = [
        f"{path.relative_to(SOURCE)}:{number}"
        for path in SOURCE.rglob("*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if unrounded.search(line) and path.name != "durations.py"
    ]
    assert found == []
