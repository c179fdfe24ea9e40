"""Marks on the fields of a method."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


class Mark(NamedTuple):
    """A mark on a field, read by the client and by the contract tests against the OpenAPI document."""

    name: str


LOCAL = Mark("local")
"""The field controls this client and is not sent."""

UNDOCUMENTED = Mark("undocumented")
"""The Hub accepts this parameter, but the OpenAPI document omits it."""

ORGANIZATION = Mark("organization")
"""The field names the organization or account of the call; callers may use other names for it."""

HIDDEN = Mark("hidden")
"""The client sets the field; it is not part of the input schema."""


def has_mark(field: FieldInfo, mark: Mark) -> bool:
    """Tell whether a field has a mark."""
    return mark in field.metadata
