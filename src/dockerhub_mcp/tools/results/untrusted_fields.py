"""Which fields of a thing hold text by strangers."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from dockerhub_mcp.hub.models import HubModel


@cache
def _holding_things(model: type[HubModel]) -> tuple[str, ...]:
    """Return the fields that may hold a thing, or things."""

    def holds(annotation: Any) -> bool:
        is_one = isinstance(annotation, type) and issubclass(annotation, HubModel)
        return is_one or any(map(holds, get_args(annotation)))

    return tuple(name for name, field in model.model_fields.items() if holds(field.annotation))


def strangers(item: HubModel) -> tuple[str, ...]:
    """Return the fields of a thing, and of the things in it, that hold text by strangers."""
    found = list(item.strangers)
    for name in _holding_things(type(item)):
        value = getattr(item, name, None)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, HubModel):
            found += [f"{name}.{each}" for each in strangers(inner)]
    return tuple(dict.fromkeys(found))
