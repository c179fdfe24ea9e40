"""The types of arguments, with the limits that the reference states and the words that explain them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    SecretStr,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

from dockerhub_mcp.hub.api.marks import LOCAL, UNDOCUMENTED

NonEmptyString = StringConstraints(min_length=1, max_length=255)


def _to_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        msg = "the moment lies outside the years 1 to 9999"
        raise ValueError(msg) from None


Namespace = Annotated[
    str,
    NonEmptyString,
    Field(description="User or organization that owns the repository.", examples=["library"]),
]
RepositoryName = Annotated[
    str,
    NonEmptyString,
    Field(description="Repository name, or a reference such as namespace/repository.", examples=["redis"]),
]
NewRepositoryName = Annotated[
    str,
    StringConstraints(min_length=2, max_length=255, pattern=r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$"),
    Field(description="Name of the new repository.", examples=["my-app"]),
]
TagName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    Field(description="Tag name.", examples=["8.2-alpine"]),
]
Overview = Annotated[
    str | None,
    StringConstraints(max_length=25_000),
    Field(description="Overview in Markdown, at most 25,000 characters.", examples=["# My app"]),
]
OrgName = Annotated[str, NonEmptyString, Field(description="Organization name.", examples=["acme"])]
AccountName = Annotated[
    str, NonEmptyString, Field(description="Organization or user whose events are meant.", examples=["acme"])
]
TokenUuid = Annotated[
    str,
    NonEmptyString,
    Field(description="UUID from list_access_tokens.", examples=["b30bbf97-506c-4ecd-aabc-842f3cb484fb"]),
]
PageNumber = Annotated[int, Field(ge=1, description="Page to read, from 1.", examples=[1])]
PageSize = Annotated[int, Field(ge=1, le=100, description="Items per page.", examples=[25])]
MaxItems = Annotated[
    int | None,
    Field(ge=1, le=10_000, description="Read on over pages up to this many items.", examples=[500]),
    LOCAL,
]
UtcDatetime = Annotated[
    datetime,
    AfterValidator(_to_utc),
    Field(examples=["2026-01-31T00:00:00Z"]),
]
Architecture = Annotated[
    str | None,
    Field(description="Only tags with this CPU architecture (undocumented).", examples=["arm64"]),
    UNDOCUMENTED,
]
OperatingSystem = Annotated[
    str | None,
    Field(description="Only tags with this operating system (undocumented).", examples=["linux"]),
    UNDOCUMENTED,
]
Username = Annotated[str, NonEmptyString, Field(description="Docker ID.", examples=["ada"])]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=4096)]


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
    Annotated[datetime, AfterValidator(_to_utc)] | None,
    BeforeValidator(_normalize_timestamp),
    _UtcFastPath,
]
"""A moment in an answer; always with a time zone, UTC."""
