"""Single values as text: short in tables, in full for single objects."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from dockerhub_mcp.hub.models import Display, HubModel
from dockerhub_mcp.tools.results.sanitize import inline, sanitize_data

MAX_CELL_CHARS = 80  # of free text in a table row
_MAX_DATA_CHARS = 160  # of nested data in a table row
_MIN_DIGEST_CHARS = 12
_MAX_PLAUSIBLE_BYTES = 10**18  # larger sizes are nonsense, but a result may contain them
_MIN_AMBIGUOUS_AMOUNT = 9.95  # would be rounded to 10.0
_MAX_AMOUNT = 999.5  # would be rounded to 1000
_SIZE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def format_full(value: Any, display: Display | None = None, *, untruncated: bool = False) -> str:
    """Return a value in full on one line; nested objects by their label, unless `untruncated`."""
    if display is Display.SIZE and isinstance(value, int):
        return f"{value} ({format_size(value)})" if value >= 1000 else f"{value} B"  # noqa: PLR2004
    return _format_value(value, untruncated=untruncated)


def format_short(value: Any, display: Display | None = None) -> str:
    """Return a value for a table row."""
    kind = type(value)
    if kind is str:
        return inline(value, MAX_CELL_CHARS)
    if kind is int and display is None:
        return str(value)
    if display is Display.SIZE and isinstance(value, int):
        return format_size(value)
    if isinstance(value, datetime):
        return format_timestamp(value) if display is Display.DATETIME else value.isoformat()[:10]
    return _format_value(value, MAX_CELL_CHARS, _MAX_DATA_CHARS)


def format_size(value: int) -> str:
    """Return a number of bytes with a unit and two or three digits: 900B, 3.4MB, 47MB, 1.2GB."""
    if abs(value) >= _MAX_PLAUSIBLE_BYTES:
        return f"{Decimal(value):.1e}B"
    amount, unit = float(value), 0
    while abs(amount) >= _MAX_AMOUNT and unit < len(_SIZE_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    decimals = 1 if unit and abs(amount) < _MIN_AMBIGUOUS_AMOUNT else 0
    return f"{amount:.{decimals}f}{_SIZE_UNITS[unit]}"


def format_timestamp(value: datetime) -> str:
    """Return a UTC timestamp in RFC 3339, to the second."""
    return f"{value.isoformat()[:19]}Z"


def shorten_digests(values: Iterable[str | None]) -> dict[str, str]:
    """Return the short form of each digest: without its algorithm, long enough to be unique among them."""
    distinct = sorted({value for value in values if value})
    bare = [value.rpartition(":")[2] for value in distinct]
    length = _MIN_DIGEST_CHARS
    while length < max(map(len, bare), default=0) and len({each[:length] for each in bare}) < len(bare):
        length += 4
    return {value: inline(each[:length]) for value, each in zip(distinct, bare, strict=True)}


def _format_value(
    value: Any, max_chars: int = 0, max_data_chars: int = 0, *, untruncated: bool = False
) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return format_timestamp(value)
    if isinstance(value, str):
        return inline(value, max_chars)
    if isinstance(value, list):
        if all(type(item) is str for item in value):
            return " ".join([inline(item, max_chars) for item in value])
        names = [item if untruncated else _get_label(item) for item in value if item is not None]
        if all(isinstance(name, str | int) for name in names):
            return " ".join(_format_value(name, max_chars) for name in names)
    if isinstance(value, HubModel):
        inner = {name: getattr(value, name) for name in type(value).model_fields}
        pairs = {name: item for name, item in inner.items() if item not in (None, "", [], {})}
        if all(isinstance(item, str | int) for item in pairs.values()):
            return " ".join(f"{name}={_format_value(item, max_chars)}" for name, item in pairs.items())
    return _format_json(value, max_data_chars)


def _get_label(item: Any) -> Any:
    """Return the label of an object in a list, or the object itself if it has none."""
    if isinstance(item, HubModel) and item.label_field:
        return getattr(item, item.label_field, None)
    if isinstance(item, dict) and isinstance(item.get("name"), str):
        return item["name"]
    return item


def _format_json(value: Any, max_chars: int) -> str:
    if isinstance(value, HubModel):
        value = value.model_dump(mode="json", exclude_none=True)
    elif isinstance(value, list):
        value = [
            item.model_dump(mode="json", exclude_none=True) if isinstance(item, HubModel) else item
            for item in value
        ]
    text = json.dumps(sanitize_data(value), ensure_ascii=False, separators=(",", ":"), default=str)
    # Truncated JSON is put in quotes, or a quotation mark in it would swallow the cells behind it.
    return inline(text, max_chars) if max_chars and len(text) > max_chars else text
