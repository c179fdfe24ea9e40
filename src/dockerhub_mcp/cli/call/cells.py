"""The values of a result as cells of a table, with as much detail as there is room for."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, get_args

from dockerhub_mcp.hub.models import Display, HubModel
from dockerhub_mcp.tools.results.projection import get_display
from dockerhub_mcp.tools.results.values import format_size, shorten_digests

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LABEL_KEYS = ("name", "value", "display")  # the last two are those of SCIM
_LINUX_PREFIX = "linux/"
_END_OF_PAIR = re.compile(r'[=,"]')


class Detail(IntEnum):
    """How much of a value is shown."""

    DAYS = 0
    """Dates, sizes with a unit, and the first digits of digests."""
    MINUTES = 1
    """The same, with the time of day."""
    SECONDS = 2
    """Whole timestamps and digests, and sizes with a unit."""
    WHOLE = 3
    """The values as they are, which suits programs."""


Model = type[HubModel] | None
"""The model of an object; None where it is unknown."""


def find_display(model: Model, name: str) -> Display | None:
    """Return how a field of a model is displayed."""
    return None if model is None else get_display(model, name)


def find_nested_model(model: Model, name: str) -> Model:
    """Return the model of the objects in a field; None where it has none."""
    field = None if model is None else model.model_fields.get(name)
    return None if field is None else _find_model(field.annotation)


def _find_model(annotation: Any) -> Model:
    if isinstance(annotation, type) and issubclass(annotation, HubModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _find_model(each))), None)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: The field.
        title: What is written above it.
        cells: The cells, a line of text each.
        is_number: Whether it is aligned to the right.
        is_shortened: Whether its values are whole only with more detail.
    """

    name: str
    title: str
    cells: Sequence[str]
    is_number: bool = False
    is_shortened: bool = False


def build_column(name: str, values: Sequence[Any], display: Display | None, detail: Detail) -> Column:
    """Return the column of a field."""
    title = format_name(name)
    known = [value for value in values if value is not None and value != ""]
    is_number = bool(known) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in known
    )
    if detail <= Detail.MINUTES and known and all(_is_digest(value) for value in known):
        short = shorten_digests(known)
        return Column(
            name, f"{title} (short)", [short.get(value or "", "") for value in values], is_shortened=True
        )
    if detail < Detail.WHOLE and known and all(map(_is_linux_list, known)):
        names = [[each.removeprefix(_LINUX_PREFIX) for each in value or []] for value in values]
        return Column(name, f"{title} ({_LINUX_PREFIX})", [format_cell(each) for each in names])
    if detail < Detail.WHOLE and display is Display.SIZE and (key := _find_only_key(known)):
        sizes = [None if value is None else value[key] for value in values]
        cells = [format_cell(size, display, detail) for size in sizes]
        return Column(name, f"size ({format_name(key)})", cells, is_number=True)
    cells = [format_cell(value, display, detail) for value in values]
    is_shortened = detail <= Detail.MINUTES and any(
        _is_timestamp(value) and cell != value for value, cell in zip(values, cells, strict=True)
    )
    return Column(name, title, cells, is_number, is_shortened)


def format_cell(value: Any, display: Display | None = None, detail: Detail = Detail.WHOLE) -> str:
    """Return a value as one line of text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _format_text(value, display, detail)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and display is Display.SIZE and detail < Detail.WHOLE:
        return format_size(value)
    if isinstance(value, list):
        label_keys = _LABEL_KEYS[:1] if detail is Detail.WHOLE else _LABEL_KEYS
        names = [_find_label(item, label_keys) for item in value]
        if all(isinstance(name, str | int) for name in names):
            return ", ".join(map(format_cell, names))
    elif isinstance(value, dict) and all(isinstance(item, str | int) for item in value.values()):
        return " ".join(
            format_pair(format_name(name), format_cell(item, display, detail)) for name, item in value.items()
        )
    return str(value) if isinstance(value, int | float) else json.dumps(value, ensure_ascii=False)


def format_name(name: str) -> str:
    """Return the name of a field, which may be a text of the Hub, on one line."""
    return _quote_pair_part(" ".join(name.split()))


def format_pair(name: str, text: str) -> str:
    """Return a name with its value, in quotes where a part of the value could pass for another pair."""
    return f"{name}={_quote_pair_part(text)}"


def _quote_pair_part(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if _END_OF_PAIR.search(text) else text


def _find_label(item: Any, keys: Sequence[str]) -> Any:
    """Return what an object in a list is called; anything else as it is."""
    return next((item[key] for key in keys if key in item), None) if isinstance(item, dict) else item


def _format_text(value: str, display: Display | None, detail: Detail) -> str:
    if detail <= Detail.MINUTES and _is_timestamp(value):
        is_day = detail is Detail.DAYS and display is not Display.DATETIME
        return value[:10] if is_day else f"{value[:10]} {value[11:16]}Z"
    return " ".join(value.split())


def _is_timestamp(value: Any) -> bool:
    return isinstance(value, str) and _TIMESTAMP.fullmatch(value) is not None


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _find_only_key(values: Sequence[Any]) -> str:
    """Return the key that each of the values has alone; empty where they have others."""
    keys = {key for value in values for key in (value if isinstance(value, dict) else ("", ""))}
    return next(iter(keys)) if len(keys) == 1 and all(values) else ""


def _is_linux_list(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, str) and each.startswith(_LINUX_PREFIX) for each in value
    )
