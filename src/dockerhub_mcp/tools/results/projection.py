"""The fields of a result: the summary, those that the caller selected, or all; and which are untrusted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from dockerhub_mcp.hub.models import Display, Existence, HubModel, Page, SignInStatus
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.tools.results.model_types import is_model
from dockerhub_mcp.tools.suggestions import did_you_mean

FIELDS_ARGUMENT, DETAIL_ARGUMENT = "fields", "detail"
SHORT_FORM = "short"
"""The form of a field, behind a colon, in which it looks as without `fields`."""
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
"""The schemas of the arguments that select fields, for every tool that returns fields to select from."""
_SHORT_FORM_HINT = " `digest:short` shortens one."


@dataclass(frozen=True, slots=True)
class Projection:
    """The fields that a caller selected.

    Attributes:
        fields: Names of the fields to show untruncated; empty for the summary fields.
        full: Whether to show everything that the Hub sent.
        short_fields: Those of the fields that are shown as without a selection.
    """

    fields: tuple[str, ...] = ()
    full: bool = False
    short_fields: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """A text that is equal for equal projections."""
        return f"{self.fields} {self.full} {sorted(self.short_fields)}" if self != SUMMARY else ""

    def shows_whole(self, name: str) -> bool:
        """Tell whether a field is shown whole: it was selected, and not in its short form."""
        return bool(self.fields) and name not in self.short_fields

    def field_names(self, model: HubModel) -> tuple[str, ...]:
        """Return the names of the fields to show, in order."""
        return self.fields or model.summary_fields or tuple(type(model).model_fields)

    def is_covered_by(self, summary_model: type[HubModel]) -> bool:
        """Return whether items parsed as the summary model have every field that is shown.

        Summary models hold nested objects only in their short form.
        """
        return not self.full and _list_complete_fields(summary_model).issuperset(self.fields)


SUMMARY = Projection()


class ProjectionError(ValueError):
    """An unknown field or detail level; the message suggests similar names."""


@cache
def get_item_model(result_type: type[HubModel]) -> type[HubModel] | None:
    """Return the model of a result, or of each item of a list; None where there are no fields to select."""
    if issubclass(result_type, Page):
        page_item: type[HubModel] = get_args(result_type.model_fields["results"].annotation)[0]
        return page_item
    if issubclass(result_type, Existence | SignInStatus):
        return None
    if not result_type.items_field:
        return result_type
    list_item: type[HubModel] = get_args(result_type.model_fields[result_type.items_field].annotation)[0]
    return list_item


@cache
def _list_complete_fields(summary_model: type[HubModel]) -> frozenset[str]:
    """Return the fields that items parsed as a summary model have as a whole, or in the form of lists."""
    complete = summary_model.model_fields.keys() - summary_model.summary_aliases.keys()
    return frozenset(complete | set(summary_model.summary_aliases.values()))


@cache
def list_selectable_fields(model: type[HubModel]) -> tuple[str, ...]:
    """Return the names of the fields that can be selected, summary fields first, without secret fields."""
    known = [name for name, field in model.model_fields.items() if field.repr]
    return tuple(dict.fromkeys([*model.summary_fields, *model.summary_aliases.values(), *known]))


def extract_projection(
    tool_name: str, item_model: type[HubModel], arguments: Mapping[str, Any]
) -> tuple[Projection, dict[str, Any]]:
    """Split the arguments of a call into the projection and the remaining arguments.

    Raises:
        ProjectionError: A field does not exist, or an argument has the wrong type.
    """
    if FIELDS_ARGUMENT not in arguments and DETAIL_ARGUMENT not in arguments:
        return SUMMARY, dict(arguments)
    rest = {name: value for name, value in arguments.items() if name not in PROJECTION_ARGUMENTS}
    detail = arguments.get(DETAIL_ARGUMENT) or "brief"
    if not isinstance(detail, str) or detail not in {"brief", "full"}:
        msg = f"detail: must be brief or full, not {to_single_line(repr(detail), 60)}."
        raise ProjectionError(msg)
    known = list_selectable_fields(item_model)
    forms = [
        _split_form(tool_name, name, known) for name in _parse_field_names(arguments.get(FIELDS_ARGUMENT))
    ]
    fields, whole = tuple(dict.fromkeys(forms)), {name for name, form in forms if not form}
    names = tuple(dict.fromkeys(name for name, _ in fields))
    return Projection(names, detail == "full" and not names, frozenset(names) - whole), rest


def build_projection_arguments(item_model: type[HubModel]) -> dict[str, dict[str, Any]]:
    """Return the schemas of the arguments that select fields, with the short form where there are digests."""
    if not any(get_display(item_model, name) is Display.DIGEST for name in item_model.model_fields):
        return PROJECTION_ARGUMENTS
    fields = PROJECTION_ARGUMENTS[FIELDS_ARGUMENT]
    fields = {**fields, "description": fields["description"] + _SHORT_FORM_HINT}
    return {**PROJECTION_ARGUMENTS, FIELDS_ARGUMENT: fields}


def _split_form(tool_name: str, selected: str, known: Sequence[str]) -> tuple[str, str]:
    """Return the name of a selected field and its form, which is empty where it is shown whole.

    Raises:
        ProjectionError: The field or the form does not exist.
    """
    if selected in known:
        return selected, ""
    name, colon, form = selected.rpartition(":")
    if not colon:
        name, form = selected, ""
    if name not in known:
        shown = to_single_line(repr(name), 60)
        suggestion = did_you_mean(name, known) or f"; there are {', '.join(known)}"
        msg = f"fields: {tool_name} returns no field {shown}{suggestion}"
        raise ProjectionError(msg)
    if form != SHORT_FORM:
        shown = to_single_line(repr(form), 60)
        msg = f"fields: {name} has no form {shown}: use {name}:{SHORT_FORM}, or {name} to have it whole."
        raise ProjectionError(msg)
    return name, form


def _parse_field_names(value: Any) -> list[str]:
    if isinstance(value, str):  # some models send a list as text
        value = [part.strip() for part in re.sub(r"[\[\]\"']", " ", value).split(",") if part.strip()]
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        msg = 'fields: must be a list of names, such as ["name", "digest"].'
        raise ProjectionError(msg)
    return [name.strip() for name in value]


@cache
def get_display(model: type[HubModel], name: str) -> Display | None:
    """Return the display mark of a field, or None."""
    field = model.model_fields.get(name)
    return next((mark for mark in field.metadata if isinstance(mark, Display)), None) if field else None


@cache
def _find_nested_model_fields(model: type[HubModel]) -> tuple[str, ...]:
    """Return the fields that may hold a model with untrusted text, or a list of such models."""

    def has_untrusted_text(annotation: Any) -> bool:
        if isinstance(annotation, type) and issubclass(annotation, HubModel):
            return bool(annotation.untrusted_fields or _find_nested_model_fields(annotation))
        return any(map(has_untrusted_text, get_args(annotation)))

    return tuple(name for name, field in model.model_fields.items() if has_untrusted_text(field.annotation))


def find_untrusted_fields(item: HubModel) -> tuple[str, ...]:
    """Return the names of the fields with untrusted text, those of nested models as `outer.inner`."""
    nested_fields = _find_nested_model_fields(type(item))
    if not nested_fields:
        return item.untrusted_fields
    names = list(item.untrusted_fields)
    for name in nested_fields:
        value = getattr(item, name, None)
        nested = value[0] if isinstance(value, list) and value else value
        if is_model(nested):
            names += [f"{name}.{inner}" for inner in find_untrusted_fields(nested)]
    return tuple(dict.fromkeys(names))
