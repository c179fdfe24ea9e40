"""The timestamp type of response models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

NEVER = datetime(1, 1, 1, tzinfo=UTC)
"""The zero value of a timestamp in Go, which the Hub sends for an event that has never happened."""


def is_never(value: datetime) -> bool:
    """Tell whether a timestamp is the zero value."""
    return value.year == NEVER.year


def format_day(value: datetime | None) -> str:
    """Return the date of a timestamp, or an empty text where the event has never happened."""
    return "" if value is None or is_never(value) else f"{value:%Y-%m-%d}"


def to_utc(value: datetime) -> datetime:
    """Convert a datetime to UTC, taking one without a time zone as UTC.

    Raises:
        ValueError: The year in UTC lies outside 1 to 9999.
    """
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        msg = "the time lies outside the years 1 to 9999"
        raise ValueError(msg) from None


def _normalize_timestamp(value: Any) -> Any:
    """Turn the format that Go prints into RFC 3339, and an empty text into None."""
    if not isinstance(value, str):
        return value
    text = value.strip().removesuffix(" UTC").replace(" +0000", "+00:00")
    return text or None


class _UtcFastPath:
    """Parses timestamps in UTC without calling Python, and all others with the full validator.

    Nearly all timestamps of the Hub are in UTC, and a page of 100 tags holds about two thousand.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.union_schema(
            [core_schema.nullable_schema(core_schema.datetime_schema(tz_constraint=0)), handler(source)],
            mode="left_to_right",
            # One error for both members, located at the field itself: `decoding` removes values by location.
            custom_error_type="datetime_type",
        )


Timestamp = Annotated[
    Annotated[datetime, AfterValidator(to_utc)] | None,
    BeforeValidator(_normalize_timestamp),
    _UtcFastPath,
]
"""A timestamp in a response, in UTC; None where the Hub sends null or an empty text."""
