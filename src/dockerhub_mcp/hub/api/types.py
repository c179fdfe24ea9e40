"""Argument types, with the limits of the API reference and the descriptions for the input schema."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from dockerhub_mcp.hub.api.marks import LOCAL, ORGANIZATION, UNDOCUMENTED
from dockerhub_mcp.hub.api.name_filters import validate_tag_name
from dockerhub_mcp.hub.models.timestamp import to_utc


class CallModel(BaseModel):
    """One call with its arguments, which are strict, immutable, and never quoted in a validation error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        populate_by_name=True,
        defer_build=True,
        hide_input_in_errors=True,
    )


NonEmptyString = StringConstraints(min_length=1, max_length=255)
_PLAIN_NAME = re.compile(r"[\w.-]+", re.ASCII)


def _to_lower_case(name: str) -> str:
    return name.lower() if _PLAIN_NAME.fullmatch(name) else name


LowerCase = AfterValidator(_to_lower_case)
"""Turns a name into lower case, as all names of accounts and repositories on the Hub are."""


Namespace = Annotated[
    str,
    NonEmptyString,
    LowerCase,
    Field(description="User or organization that owns the repository.", examples=["library"]),
    ORGANIZATION,
]
RepositoryName = Annotated[
    str,
    NonEmptyString,
    LowerCase,
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
    AfterValidator(validate_tag_name),
    Field(description="Tag name.", examples=["8.2-alpine"]),
]
Overview = Annotated[
    str | None,
    StringConstraints(max_length=25_000),
    Field(description="Overview in Markdown, at most 25,000 characters.", examples=["# My app"]),
]
OrgName = Annotated[
    str,
    NonEmptyString,
    LowerCase,
    Field(description="Organization name.", examples=["acme"]),
    ORGANIZATION,
]
AccountName = Annotated[
    str,
    NonEmptyString,
    LowerCase,
    Field(description="Organization or user to read events of.", examples=["acme"]),
    ORGANIZATION,
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
    Field(ge=1, le=10_000, description="Read further pages up to this many items.", examples=[500]),
    LOCAL,
]
UtcDatetime = Annotated[
    datetime,
    AfterValidator(to_utc),
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
Username = Annotated[str, NonEmptyString, LowerCase, Field(description="Docker ID.", examples=["ada"])]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=4096)]
