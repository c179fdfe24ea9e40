"""Which fields of a result hold text written by third parties."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.tools.results.model_types import is_model


@cache
def _find_nested_model_fields(model: type[HubModel]) -> tuple[str, ...]:
    """Return the fields that may hold a model, or a list of models."""

    def contains_model(annotation: Any) -> bool:
        is_model = isinstance(annotation, type) and issubclass(annotation, HubModel)
        return is_model or any(map(contains_model, get_args(annotation)))

    return tuple(name for name, field in model.model_fields.items() if contains_model(field.annotation))


def find_untrusted_fields(item: HubModel) -> tuple[str, ...]:
    """Return the names of the fields with untrusted text, those of nested models as `outer.inner`."""
    names = list(item.untrusted_fields)
    for name in _find_nested_model_fields(type(item)):
        value = getattr(item, name, None)
        nested = value[0] if isinstance(value, list) and value else value
        if is_model(nested):
            names += [f"{name}.{inner}" for inner in find_untrusted_fields(nested)]
    return tuple(dict.fromkeys(names))
