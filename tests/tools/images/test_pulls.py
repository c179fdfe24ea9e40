"""Reports of pulls."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.images.pulls import PullReport


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (PullReport(used=2), "2 used by this call, no limit reported"),
        (
            PullReport(used=0, remaining=97, limit=100, window_seconds=21600),
            "0 used by this call, about 97 of 100 left (6 h window)",
        ),
        (
            PullReport(used=3, remaining=0, limit=200, window_seconds=90),
            "3 used by this call, about 0 of 200 left (90 s window)",
        ),
        (
            PullReport(used=3, remaining=1, limit=200, window_seconds=0),
            "3 used by this call, about 1 of 200 left",
        ),
    ],
)
def test_a_report_is_one_line(report: PullReport, text: str) -> None:
    assert report.summary_text == text
