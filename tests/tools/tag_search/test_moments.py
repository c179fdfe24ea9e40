"""Durations and moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dockerhub_mcp.tools.tag_search.moments import parse_duration, parse_moment
from tests.support.tag_listings import NOW


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90d", timedelta(days=90)),
        ("2w", timedelta(days=14)),
        ("6mo", timedelta(days=180)),
        ("1y", timedelta(days=365)),
        ("24h", timedelta(hours=24)),
        ("90 days", timedelta(days=90)),
        ("1 Month", timedelta(days=30)),
        ("0d", timedelta(0)),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["90", "d", "-1d", "1.5d", "9999999d", "90x", "2026-01-31", ""])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration such as 90d, 2w, 6mo, 1y or 24h"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["6m", "30min"])
def test_an_ambiguous_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="m is ambiguous; months are mo"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31T10:00:00+02:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("10d", NOW - timedelta(days=10)),
        ("999999y", datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW) == moment


@pytest.mark.parametrize("text", ["yesterday", "2026", "31.01.2026", "2026-13-01", ""])
def test_other_texts_are_no_moments(text: str) -> None:
    with pytest.raises(ValueError, match="must be a date such as 2026-01-31, or a duration before now"):
        parse_moment(text, NOW)
