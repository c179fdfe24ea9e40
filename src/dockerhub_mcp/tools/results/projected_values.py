"""The values of an object that a result shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dockerhub_mcp.hub.models import HubModel, Image, Shown
from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.tools.results.projection import Projection
from dockerhub_mcp.tools.results.values import NEVER_TEXT

FieldValues = dict[str, Any]


def project_values(
    item: HubModel, projection: Projection, *, in_list: bool, is_text: bool = True
) -> FieldValues:
    """Return the values of an object that are shown, without empty ones."""
    row: FieldValues = {}
    names = projection.field_names(item)
    for name in names:
        value: Any
        if in_list and name in item.summary_aliases and not projection.fields:
            name, value = item.summary_aliases[name], _collect_platform_names(getattr(item, name, None))  # noqa: PLW2901
        elif name in item.summary_aliases.values():
            long = next(key for key, brief in item.summary_aliases.items() if brief == name)
            value = _collect_platform_names(getattr(item, long, None))
        else:
            value = getattr(item, name, None)
            if isinstance(value, list):
                value = [part for part in value if not (isinstance(part, Image) and part.is_attestation)]
        if (value is None and name in item.meaningful_nulls and name in item.model_fields_set) or (
            isinstance(value, datetime) and is_never(value)
        ):
            value = NEVER_TEXT
        is_implied = (
            not projection.fields and name in item.implied_values and item.implied_values[name] == value
        )
        if not (is_empty(value) or is_implied):
            row[name] = value
    item.adjust_values(row, Shown(names, is_brief=not projection.fields, is_text=is_text))
    return row


def is_empty(value: Any) -> bool:
    """Tell whether a value is left out: null, an empty text or container, or an object of nulls."""
    if isinstance(value, HubModel):
        return all(getattr(value, name) is None for name in type(value).model_fields)
    return not value and (value is None or isinstance(value, str | list | dict))


def _collect_platform_names(images: list[Image] | None) -> list[str]:
    return list(dict.fromkeys(image.platform for image in images or [] if not image.is_attestation))
