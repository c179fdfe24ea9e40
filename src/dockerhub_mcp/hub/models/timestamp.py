"""The timestamp type of response models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


def to_utc(value: datetime) -> datetime:
    """Convert a datetime to UTC, taking one without a time zone as UTC.

    Raises:
        ValueError: The year in UTC lies outside 1 to 9999.
    """
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        msg = "the moment lies outside the years 1 to 9999"
        raise ValueError(msg) from None


def _normalize_timestamp(value: Any) -> Any:
    """Read RFC 3339 with any number of fraction digits, and the form that Go prints."""
    if not isinstance(value, str):
        return value
    text = value.strip().removesuffix(" UTC").replace(" +0000", "+00:00")
    return text or None


class _UtcFastPath:
    """Reads a moment in UTC, as the Hub writes nearly all of them, without a word of Python for each.

    A page of 100 tags holds some two thousand moments. Others are read as they are written.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.union_schema(
            [core_schema.nullable_schema(core_schema.datetime_schema(tz_constraint=0)), handler(source)],
            mode="left_to_right",
            # One error for both, whose place is the field's own: `reading` blanks by the place.
            custom_error_type="datetime_type",
        )


Timestamp = Annotated[
    Annotated[datetime, AfterValidator(to_utc)] | None,
    BeforeValidator(_normalize_timestamp),
    _UtcFastPath,
]
"""A moment in an answer; always with a time zone, UTC."""
