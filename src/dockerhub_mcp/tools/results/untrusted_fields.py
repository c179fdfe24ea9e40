"""Which fields of a thing hold text by strangers."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from dockerhub_mcp.hub.models import HubModel


@cache
def _find_nested_model_fields(model: type[HubModel]) -> tuple[str, ...]:
    """Return the fields that may hold a thing, or things."""

    def contains_model(annotation: Any) -> bool:
        is_one = isinstance(annotation, type) and issubclass(annotation, HubModel)
        return is_one or any(map(contains_model, get_args(annotation)))

    return tuple(name for name, field in model.model_fields.items() if contains_model(field.annotation))


def find_untrusted_fields(item: HubModel) -> tuple[str, ...]:
    """Return the fields of a thing, and of the things in it, that hold text by strangers."""
    found = list(item.untrusted_fields)
    for name in _find_nested_model_fields(type(item)):
        value = getattr(item, name, None)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, HubModel):
            found += [f"{name}.{each}" for each in find_untrusted_fields(inner)]
    return tuple(dict.fromkeys(found))
