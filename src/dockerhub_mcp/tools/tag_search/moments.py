"""Durations such as `90d`, and moments given as a date or as a duration before now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_DURATION = re.compile(r"(\d{1,6})\s*([a-z]+)", re.IGNORECASE)
_DAYS = {"d": 1, "day": 1, "w": 7, "week": 7, "mo": 30, "month": 30, "y": 365, "year": 365}
_HOURS = {"h": 1, "hour": 1}
_FORMS = "90d, 2w, 6mo, 1y or 24h"


def parse_duration(text: str) -> timedelta:
    """Return a duration: hours, days, weeks, months of 30 days, or years of 365.

    Raises:
        ValueError: It is no duration.
    """
    found = _DURATION.fullmatch(text.strip())
    unit = found[2].lower() if found else ""
    if unit in {"m", "min"}:
        msg = f"must be a duration such as {_FORMS} (m is ambiguous; months are mo)"
        raise ValueError(msg)
    unit = unit if unit in _DAYS or unit in _HOURS else unit.removesuffix("s")
    if found is None or not (unit in _DAYS or unit in _HOURS):
        msg = f"must be a duration such as {_FORMS}"
        raise ValueError(msg)
    count = int(found[1])
    return timedelta(days=count * _DAYS[unit]) if unit in _DAYS else timedelta(hours=count * _HOURS[unit])


def parse_moment(text: str, now: datetime) -> datetime:
    """Return a moment in UTC: a date, a date and time, or a duration before now.

    Raises:
        ValueError: It is no moment.
    """
    text = text.strip()
    if _DURATION.fullmatch(text):
        try:
            return now - parse_duration(text)
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        msg = f"must be a date such as 2026-01-31, or a duration before now such as {_FORMS}"
        raise ValueError(msg) from None


def validate_duration(text: str) -> str:
    """Return a text that is a duration.

    Raises:
        ValueError: It is no duration.
    """
    parse_duration(text)
    return text


def validate_moment(text: str) -> str:
    """Return a text that is a moment.

    Raises:
        ValueError: It is no moment.
    """
    parse_moment(text, datetime.now(UTC))
    return text
