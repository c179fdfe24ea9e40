"""Which fields of a result are shown: those that answer most questions, those that were asked for, or all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from dockerhub_mcp.hub.api.method import Effect, Method
from dockerhub_mcp.hub.models import Existence, HubModel, Page, Shown, SignedIn
from dockerhub_mcp.hub.redaction import plain
from dockerhub_mcp.tools.catalog.registry import near

FIELDS, DETAIL = "fields", "detail"
ARGUMENTS: dict[str, dict[str, Any]] = {
    FIELDS: {"type": "array", "items": {"type": "string"}, "description": "Show only these fields, whole."},
    DETAIL: {
        "type": "string",
        "enum": ["brief", "full"],
        "default": "brief",
        "description": "full: all fields.",
    },
}
"""The arguments that every tool takes whose result has fields to choose from."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a caller wants to see.

    Attributes:
        fields: These fields, whole; none means the brief ones.
        full: Everything that the Hub said.
    """

    fields: tuple[str, ...] = ()
    full: bool = False

    def names(self, model: HubModel) -> tuple[str, ...]:
        """Return the names of the fields to show, in order."""
        return self.fields or model.brief or tuple(type(model).model_fields)

    def is_within(self, rows: type[HubModel]) -> bool:
        """Tell whether rows of this kind have all that is shown; things in a thing they have in short."""
        whole = rows.model_fields.keys() - rows.shortened.keys()
        return not self.full and set(self.fields) <= whole | set(rows.shortened.values())


BRIEF = Selection()


class SelectionError(ValueError):
    """A field or a detail that does not exist; the message offers near matches."""


def can_select(method: type[Method[Any]]) -> bool:
    """Tell whether the result of a method has fields to choose from."""
    return method.effect is Effect.READ and item_type(method) is not None


@cache
def item_type(method: type[Method[Any]]) -> type[HubModel] | None:
    """Return what the result, or each item of a list, is made of; None where there is nothing to choose."""
    result = method.result_type()
    if issubclass(result, Page):
        page_item: type[HubModel] = get_args(result.model_fields["results"].annotation)[0]
        return page_item
    if issubclass(result, Existence | SignedIn):
        return None
    return _inner(result) if result.items else result


def _inner(model: type[HubModel]) -> type[HubModel]:
    inner: type[HubModel] = get_args(model.model_fields[model.items].annotation)[0]
    return inner


@cache
def selectable(model: type[HubModel]) -> tuple[str, ...]:
    """Return the names that can be selected, the brief ones first; no field that may hold a secret."""
    known = [name for name, field in model.model_fields.items() if field.repr]
    return tuple(dict.fromkeys([*model.brief, *model.shortened.values(), *known]))


def take_selection(
    method: type[Method[Any]], arguments: Mapping[str, Any]
) -> tuple[Selection, dict[str, Any]]:
    """Return the selection among the arguments of a call, and the other arguments.

    Raises:
        SelectionError: A field does not exist, or an argument is of another type.
    """
    rest = {name: value for name, value in arguments.items() if name not in ARGUMENTS}
    model = item_type(method) if can_select(method) else None
    if model is None:
        return BRIEF, dict(arguments)
    detail = arguments.get(DETAIL) or "brief"
    if not isinstance(detail, str) or detail not in {"brief", "full"}:
        msg = f"detail: must be brief or full, not {plain(repr(detail), 60)}."
        raise SelectionError(msg)
    fields = _names(arguments.get(FIELDS))
    known = selectable(model)
    for name in fields:
        if name not in known:
            offered = near(name, known) or f"; there are {', '.join(known)}"
            msg = f"fields: {plain(repr(name), 60)} is no field of what {method.tool} answers{offered}"
            raise SelectionError(msg)
    return Selection(tuple(dict.fromkeys(fields)), detail == "full" and not fields), rest


def _names(value: Any) -> list[str]:
    if isinstance(value, str):  # as some models send a list
        value = [part.strip() for part in re.sub(r"[\[\]\"']", " ", value).split(",") if part.strip()]
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        msg = 'fields: must be a list of names, such as ["name", "digest"].'
        raise SelectionError(msg)
    return [name.strip() for name in value]


@cache
def shown_as(model: type[HubModel], name: str) -> Shown | None:
    """Return how a field wants to be shown."""
    field = model.model_fields.get(name)
    return next((mark for mark in field.metadata if isinstance(mark, Shown)), None) if field else None
