"""Which fields of a result are shown: those that answer most questions, those that were asked for, or all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from dockerhub_mcp.hub.api.method import Effect, Method
from dockerhub_mcp.hub.models import Display, Existence, HubModel, Page, SignInStatus
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.tools.suggestions import did_you_mean

FIELDS_ARGUMENT, DETAIL_ARGUMENT = "fields", "detail"
PROJECTION_ARGUMENTS: dict[str, dict[str, Any]] = {
    FIELDS_ARGUMENT: {
        "type": "array",
        "items": {"type": "string"},
        "description": "Show only these fields, whole.",
    },
    DETAIL_ARGUMENT: {
        "type": "string",
        "enum": ["brief", "full"],
        "default": "brief",
        "description": "full: all fields.",
    },
}
"""The arguments that every tool takes whose result has fields to choose from."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What a caller wants to see.

    Attributes:
        fields: These fields, whole; none means the brief ones.
        full: Everything that the Hub said.
    """

    fields: tuple[str, ...] = ()
    full: bool = False

    def field_names(self, model: HubModel) -> tuple[str, ...]:
        """Return the names of the fields to show, in order."""
        return self.fields or model.summary_fields or tuple(type(model).model_fields)

    def is_covered_by(self, summary_model: type[HubModel]) -> bool:
        """Tell whether rows of this kind have all that is shown; things in a thing they have in short."""
        whole = summary_model.model_fields.keys() - summary_model.summary_aliases.keys()
        return not self.full and set(self.fields) <= whole | set(summary_model.summary_aliases.values())


SUMMARY = Projection()


class ProjectionError(ValueError):
    """A field or a detail that does not exist; the message offers near matches."""


def can_project(method: type[Method[Any]]) -> bool:
    """Tell whether the result of a method has fields to choose from."""
    return method.effect is Effect.READ and get_item_model(method) is not None


@cache
def get_item_model(method: type[Method[Any]]) -> type[HubModel] | None:
    """Return what the result, or each item of a list, is made of; None where there is nothing to choose."""
    result = method.get_result_type()
    if issubclass(result, Page):
        page_item: type[HubModel] = get_args(result.model_fields["results"].annotation)[0]
        return page_item
    if issubclass(result, Existence | SignInStatus):
        return None
    return _get_list_item_model(result) if result.items_field else result


def _get_list_item_model(model: type[HubModel]) -> type[HubModel]:
    inner: type[HubModel] = get_args(model.model_fields[model.items_field].annotation)[0]
    return inner


@cache
def list_selectable_fields(model: type[HubModel]) -> tuple[str, ...]:
    """Return the names that can be selected, the brief ones first; no field that may hold a secret."""
    known = [name for name, field in model.model_fields.items() if field.repr]
    return tuple(dict.fromkeys([*model.summary_fields, *model.summary_aliases.values(), *known]))


def extract_projection(
    method: type[Method[Any]], arguments: Mapping[str, Any]
) -> tuple[Projection, dict[str, Any]]:
    """Return the selection among the arguments of a call, and the other arguments.

    Raises:
        SelectionError: A field does not exist, or an argument is of another type.
    """
    rest = {name: value for name, value in arguments.items() if name not in PROJECTION_ARGUMENTS}
    model = get_item_model(method) if can_project(method) else None
    if model is None:
        return SUMMARY, dict(arguments)
    detail = arguments.get(DETAIL_ARGUMENT) or "brief"
    if not isinstance(detail, str) or detail not in {"brief", "full"}:
        msg = f"detail: must be brief or full, not {to_single_line(repr(detail), 60)}."
        raise ProjectionError(msg)
    fields = _parse_field_names(arguments.get(FIELDS_ARGUMENT))
    known = list_selectable_fields(model)
    for name in fields:
        if name not in known:
            offered = did_you_mean(name, known) or f"; there are {', '.join(known)}"
            msg = f"fields: {to_single_line(repr(name), 60)} is no field of what {method.tool_name} answers{offered}"
            raise ProjectionError(msg)
    return Projection(tuple(dict.fromkeys(fields)), detail == "full" and not fields), rest


def _parse_field_names(value: Any) -> list[str]:
    if isinstance(value, str):  # as some models send a list
        value = [part.strip() for part in re.sub(r"[\[\]\"']", " ", value).split(",") if part.strip()]
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        msg = 'fields: must be a list of names, such as ["name", "digest"].'
        raise ProjectionError(msg)
    return [name.strip() for name in value]


@cache
def get_display(model: type[HubModel], name: str) -> Display | None:
    """Return how a field wants to be shown."""
    field = model.model_fields.get(name)
    return next((mark for mark in field.metadata if isinstance(mark, Display)), None) if field else None
