"""Durations in seconds, and times as the Hub writes them. A time is seconds since the epoch."""

from datetime import UTC, datetime
from functools import lru_cache

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0
CONTENT_EPOCH = 1_759_276_800.0
"""2025-10-01, the day from which the ages of image content count, so that digests never change."""
ZERO_DATE = "0001-01-01T00:00:00Z"
"""The zero date of Go, which some records have where others have null."""


@lru_cache(2**10)
def format_seconds(timestamp: float) -> str:
    """Return a time in RFC 3339 without fractional digits."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(2**12)  # all images of a tag have the same times
def format_timestamp(timestamp: float, digits: int = 6) -> str:
    """Return a time in RFC 3339 with at most `digits` (0 to 9) fractional digits, without trailing zeros."""
    seconds, microseconds = divmod(round(timestamp * 1_000_000), 1_000_000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    # A float is not precise enough for the last three digits.
    nanoseconds = (microseconds * 7919 + 389) % 1000
    fraction = f"{microseconds:06d}{nanoseconds:03d}"[:digits].rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def format_optional_timestamp(timestamp: float | None, digits: int = 6) -> str | None:
    """Return a time in RFC 3339, or None for a missing one."""
    return None if timestamp is None else format_timestamp(timestamp, digits)
