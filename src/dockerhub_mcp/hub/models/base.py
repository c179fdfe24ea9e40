"""The base classes of all response models.

No field is required, no value is limited to an enumeration, and unknown fields are kept: the Hub omits
fields, sets them to null and adds values without notice. Brief results show only the `summary_fields`.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, PrivateAttr

from dockerhub_mcp.hub.models.timestamp import Timestamp

T = TypeVar("T")


class Display(StrEnum):
    """How to display a field, where its type does not tell."""

    SIZE = "size"
    """A number of bytes."""
    DIGEST = "digest"
    """A digest, which lists shorten."""
    TEXT = "text"
    """A free text, which lists cut. Names are shown whole, because other calls need them."""
    MULTILINE = "prose"
    """A text of many lines."""
    DATETIME = "exact"
    """A timestamp with its time of day, where others show only the date."""


class Shown(NamedTuple):
    """What a result shows of an object.

    Attributes:
        names: The names of the fields.
        is_brief: Whether they are the summary fields, not fields that the caller selected.
        is_text: Whether they become text, not data.
    """

    names: Collection[str]
    is_brief: bool
    is_text: bool


class HubModel(BaseModel):
    """The base class of the Hub's data."""

    # The parser would cache 16,384 values, each of which keeps a MiB of freed memory from being returned.
    model_config = ConfigDict(
        extra="allow",
        coerce_numbers_to_str=True,
        populate_by_name=True,
        defer_build=True,
        cache_strings="keys",
    )

    summary_fields: ClassVar[tuple[str, ...]] = ()
    """The fields of brief results, the most important first."""
    summary_aliases: ClassVar[dict[str, str]] = {}
    """Fields that lists replace by a shorter form, each with the name of that form."""
    field_notes: ClassVar[dict[str, str]] = {}
    """What a name does not say about its field, which texts add to it."""
    untrusted_fields: ClassVar[tuple[str, ...]] = ()
    """The fields with text that any user of the Hub may have written."""
    meaningful_nulls: ClassVar[frozenset[str]] = frozenset({"last_used", "last_used_at", "expires_at"})
    """The fields in which null has a meaning, such as never used or never expiring."""
    implied_values: ClassVar[dict[str, Any]] = {}
    """The usual values by field, which brief results omit."""
    label_field: ClassVar[str] = ""
    """The field that represents the object in a table cell."""
    items_field: ClassVar[str] = ""
    """The field with the items, for a model that wraps a list."""
    key_field: ClassVar[str] = ""
    """The field that identifies an item of a list; all fields where it is empty."""
    joins_alike: ClassVar[bool] = False
    """Whether texts put neighbouring items on one line that differ in nothing but their key field."""
    sentence_fields: ClassVar[dict[str, tuple[str, str]]] = {}
    """Fields with sentences of a few wordings: each with the fields of its kind and of a name in it."""
    identifying_fields: ClassVar[tuple[str, ...]] = ()
    """Fields of which the Hub always sends at least one: an answer without any is not such an object."""
    count_field: ClassVar[str] = ""
    """The field with the number of items on all pages, for a model that wraps a list."""

    @property
    def is_identified(self) -> bool:
        """Whether one of the `identifying_fields` was sent and is not null."""
        names, values = self.identifying_fields, self.__dict__
        for name in names:
            if values.get(name) is not None and name in self.__pydantic_fields_set__:
                return True
        return not names

    def find_defect(self) -> str:
        """Return why the answer is not such an object, to follow "the answer", or an empty string."""
        if not self.is_identified:
            return f"has no {_join_alternatives(self.identifying_fields)}"
        items = getattr(self, self.list_field, None) if self.list_field else None
        if items and isinstance(items[0], HubModel) and not all(item.is_identified for item in items):
            return f"has items without {_join_alternatives(items[0].identifying_fields)}"
        return ""

    @property
    def list_field(self) -> str:
        """The field with the items, or an empty string."""
        return self.items_field

    def find_contradiction(self) -> str:
        """Return how the start of a list contradicts itself, to follow "the answer", or an empty string."""
        count = getattr(self, self.count_field) if self.count_field else None
        if self.items_field and count is not None and count < 0:
            return f"counts {count} items"
        if getattr(self, self.list_field, None):
            return ""
        return f"counts {count} item{'s' if count > 1 else ''} and lists none" if count and count > 0 else ""

    @property
    def is_omitted(self) -> bool:
        """Whether results omit the object from a list in another object."""
        return False

    @property
    def summary_text(self) -> str:
        """The object in a few words, for a line of a text; empty if its fields are shown instead."""
        return ""

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Correct the values of a result where the Hub's fields mean something else together.

        Args:
            values: The values by field, without empty ones; changed in place.
            shown: What the result shows.
        """


class ItemList(HubModel):
    """A list of items, of which those without identity are counted and left out."""

    _unreadable_count: int = PrivateAttr(default=0)

    @property
    def unreadable_count(self) -> int:
        """The number of items that could not be read and were left out."""
        return self._unreadable_count

    def find_defect(self) -> str:
        """Return why the answer is not such a list, or lost all of its items; else an empty string."""
        items = getattr(self, self.list_field)
        if self.is_identified and any(item.is_identified for item in items):
            return ""
        return super().find_defect()

    def leave_out_unreadable_items(self) -> None:
        """Remove the items without identity, and count them."""
        items = getattr(self, self.list_field)
        readable = [item for item in items if item.is_identified]
        if len(readable) < len(items):
            self._unreadable_count = len(items) - len(readable)
            items[:] = readable


class Page(ItemList, Generic[T]):
    """A page of a list, under any of the field names that the areas use."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("results",)
    count_field = "count"

    results: list[T] = Field(default_factory=list, validation_alias=AliasChoices("results", "logs", "data"))
    count: int | None = Field(default=None, validation_alias=AliasChoices("count", "total"))
    next: str | None = None
    previous: str | None = None

    @property
    def list_field(self) -> str:
        """The field with the items."""
        return "results"


class Existence(HubModel):
    """Whether an object exists and is visible to the caller."""

    summary_fields: ClassVar[tuple[str, ...]] = ("exists",)

    exists: bool


class SignInStatus(HubModel):
    """The account that is signed in. No field holds a secret."""

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
    """The result of a method that returns nothing but its success."""

    summary_fields: ClassVar[tuple[str, ...]] = ("done",)

    done: bool = True


def _join_alternatives(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
