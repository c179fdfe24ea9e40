"""The values of an object that a result shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from dockerhub_mcp.hub.models import HubModel, Shown
from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.tools.results.model_types import is_model, is_omitted
from dockerhub_mcp.tools.results.projection import Projection
from dockerhub_mcp.tools.results.values import NEVER_TEXT

FieldValues = dict[str, Any]

_PLANS = 512  # callers may select any combination of fields
_NOT_IMPLIED = object()
_PLAIN_TYPES = frozenset({bool, int, float})
"""Values of these types are shown unchanged."""


class _ShownField(NamedTuple):
    """How to get the value of a field that is shown.

    Attributes:
        name: The name that it is shown under.
        is_stored: Whether it is a field of the model rather than computed.
        implied: The usual value, which is omitted.
        has_meaningful_null: Whether null means never.
    """

    name: str
    is_stored: bool
    implied: Any
    has_meaningful_null: bool


class _Plan(NamedTuple):
    """The fields of a model that are shown, and how it corrects their values.

    Attributes:
        fields: How to get their values.
        adjusts: Whether the model has an `adjust_values` of its own.
        in_data, in_text: The arguments of `adjust_values` for data and for texts.
    """

    fields: Sequence[_ShownField]
    adjusts: bool
    in_data: Shown
    in_text: Shown


def project_values(
    item: HubModel, projection: Projection, *, in_list: bool, is_text: bool = True
) -> FieldValues:
    """Return the values of an object that are shown, without empty ones."""
    row: FieldValues = {}
    plan = _plan_fields(type(item), projection.fields, in_list)
    stored, sent = item.__dict__, item.__pydantic_fields_set__
    for name, is_stored, implied, has_meaningful_null in plan.fields:
        value = stored.get(name) if is_stored else getattr(item, name, None)
        kind = type(value)
        if kind is str:
            if not value:
                continue
        elif value is None:
            if not has_meaningful_null or name not in sent:
                continue
            value = NEVER_TEXT
        elif kind not in _PLAIN_TYPES:
            value = _prepare_value(value)
            if value is None:
                continue
        if implied is _NOT_IMPLIED or implied != value:
            row[name] = value
    if plan.adjusts:
        item.adjust_values(row, plan.in_text if is_text else plan.in_data)
    return row


def _prepare_value(value: Any) -> Any:
    """Return a value, neither null nor text, as it is shown; None where it is left out."""
    kind = type(value)
    if kind is datetime:
        return NEVER_TEXT if is_never(value) else value
    if kind is list:
        if not value or not is_model(value[0]):
            return value or None
        return [part for part in value if not is_omitted(part)] or None
    return None if is_empty(value) else value


@lru_cache(maxsize=_PLANS)
def _plan_fields(model: type[HubModel], selected: tuple[str, ...], in_list: bool) -> _Plan:
    """Return what is shown of the instances of a model.

    Args:
        model: The model.
        selected: The fields that the caller selected; empty for the summary fields.
        in_list: Whether the instances are items of a list, which show the shorter form of some fields.
    """
    names = selected or model.summary_fields or tuple(model.model_fields)
    short_names = model.summary_aliases if in_list and not selected else {}
    fields = []
    for name in names:
        shown = short_names.get(name, name)
        fields.append(
            _ShownField(
                shown,
                shown in model.model_fields,
                _NOT_IMPLIED if selected else model.implied_values.get(shown, _NOT_IMPLIED),
                shown in model.meaningful_nulls,
            )
        )
    return _Plan(
        fields,
        model.adjust_values is not HubModel.adjust_values,
        in_data=Shown(names, is_brief=not selected, is_text=False),
        in_text=Shown(names, is_brief=not selected, is_text=True),
    )


def is_empty(value: Any) -> bool:
    """Tell whether a value is left out: null, an empty text or container, or an object of nulls."""
    if is_model(value):
        stored = value.__dict__
        return all(stored[name] is None for name in type(value).model_fields)
    return not value and (value is None or isinstance(value, str | list | dict))
