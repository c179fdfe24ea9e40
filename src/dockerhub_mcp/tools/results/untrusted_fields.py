"""Which fields of a result hold text written by third parties."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.tools.results.model_types import is_model


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
