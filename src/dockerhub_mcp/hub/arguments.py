"""Arguments as they arrive: agents leave things out, send null, or send JSON inside a string."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo


def tidy(
    model: type[BaseModel], arguments: dict[str, Any], *, empty_is_absent: bool = True
) -> dict[str, Any]:
    """Return the arguments with what stands for "not given" left out and lists in strings opened.

    An optional argument that is null counts as not given, so a null is never sent to the Hub as a value.
    So does an empty string when `empty_is_absent`, as for filters; where something is written, an empty text
    is a value.
    """
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    tidied = {}
    for name, value in arguments.items():
        field = fields.get(name) or model.model_fields.get(name)
        if field is None or field.is_required():
            tidied[name] = value if field is None else _opened(field, value)
        elif value is not None and not (empty_is_absent and value == ""):
            tidied[name] = _opened(field, value)
    return tidied


def _opened(field: FieldInfo, value: Any) -> Any:
    if not isinstance(value, str) or not _is_container(field.annotation):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return [part.strip() for part in value.split(",")] if _is_list_of_text(field.annotation) else value


def _is_list_of_text(annotation: Any) -> bool:
    if get_origin(annotation) is list:
        return get_args(annotation)[0] is str
    return any(_is_list_of_text(part) for part in get_args(annotation))


def _is_container(annotation: Any) -> bool:
    if get_origin(annotation) in {list, dict} or annotation in {list, dict}:
        return True
    return any(_is_container(part) for part in get_args(annotation))
