"""What every answer of the Hub has in common.

Nothing is required, nothing is a closed list, and fields that are new are kept as they came: the Hub
leaves fields out, nulls them and adds values without notice. `brief` names what a reader wants first.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from dockerhub_mcp.hub.models.timestamp import Timestamp

T = TypeVar("T")


class Display(StrEnum):
    """What kind of value a field holds, where its type does not tell how a person would want to see it."""

    SIZE = "size"
    """A number of bytes."""
    DIGEST = "digest"
    """A digest, of which lists show the beginning."""
    MULTILINE = "prose"
    """A text of many lines."""
    DATETIME = "exact"
    """A moment of which the time counts, not the day alone."""


class HubModel(BaseModel):
    """Data from the Hub."""

    model_config = ConfigDict(
        extra="allow", coerce_numbers_to_str=True, populate_by_name=True, defer_build=True
    )

    summary_fields: ClassVar[tuple[str, ...]] = ()
    """The fields that answer most questions, most wanted first."""
    summary_aliases: ClassVar[dict[str, str]] = {}
    """Fields that lists show in short, each with the name of its short form."""
    untrusted_fields: ClassVar[tuple[str, ...]] = ()
    """The fields that hold text written by anyone on the Hub."""
    meaningful_nulls: ClassVar[frozenset[str]] = frozenset({"last_used", "last_used_at", "expires_at"})
    """The fields in which null is an answer: it never happened, or never will."""
    implied_values: ClassVar[dict[str, Any]] = {}
    """Values that go without saying, by field; brief results leave them out."""
    label_field: ClassVar[str] = ""
    """The field that stands for the whole thing where there is little room."""
    items_field: ClassVar[str] = ""
    """The field with the items, where the whole is but a list of them."""
    key_field: ClassVar[str] = ""
    """The field that tells one item of a list from another; all of them where it is empty."""


class Page(HubModel, Generic[T]):
    """One page of a list, whichever words the area uses for it."""

    results: list[T] = Field(default_factory=list, validation_alias=AliasChoices("results", "logs", "data"))
    count: int | None = Field(default=None, validation_alias=AliasChoices("count", "total"))
    next: str | None = None
    previous: str | None = None


class Existence(HubModel):
    """Whether something is there for this caller to see."""

    summary_fields: ClassVar[tuple[str, ...]] = ("exists",)

    exists: bool


class SignInStatus(HubModel):
    """Who the client is. No field holds a secret."""

    summary_fields: ClassVar[tuple[str, ...]] = ("username", "kind", "scopes", "expires_at", "message")

    signed_in: bool
    username: str | None = None
    kind: str | None = Field(
        default=None,
        description="password, personal access token, organization access token or anonymous",
    )
    scopes: list[str] | None = None
    expires_at: Timestamp = None
    message: str | None = None


class Acknowledgement(HubModel):
    """The answer of a method that answers nothing but that it worked."""

    summary_fields: ClassVar[tuple[str, ...]] = ("done",)

    done: bool = True
