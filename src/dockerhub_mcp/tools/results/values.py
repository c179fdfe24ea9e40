"""Single values as text: short in lists, whole where one thing is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from dockerhub_mcp.hub.models import HubModel, Shown
from dockerhub_mcp.tools.results.sanitize import clean_data, word

CELL = 80  # characters of free text in a row
_DATA = 160  # characters of nested data in a row
_SHORT_DIGEST = 12
_BEYOND = 10**18  # bytes; no size, but somebody may say so
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def whole(value: Any, shown: Shown | None = None, *, entire: bool = False) -> str:
    """Return a value in full, on one line; `entire` is for things in it as well, else their names stand."""
    if shown is Shown.SIZE and isinstance(value, int):
        return f"{value} ({size(value)})" if value >= 1000 else f"{value} B"  # noqa: PLR2004
    return _text(value, entire=entire)


def short(value: Any, shown: Shown | None = None) -> str:
    """Return a value as it stands in a row."""
    kind = type(value)
    if kind is str:
        return word(value, CELL)
    if kind is int and shown is None:
        return str(value)
    if shown is Shown.SIZE and isinstance(value, int):
        return size(value)
    if isinstance(value, datetime):
        return moment(value) if shown is Shown.EXACT else value.isoformat()[:10]
    return _text(value, CELL, _DATA)


def size(value: int) -> str:
    """Return a number of bytes with its unit, to two digits or three: 900B, 3.4MB, 47MB, 1.2GB."""
    if abs(value) >= _BEYOND:
        return f"{Decimal(value):.1e}B"
    amount, unit = float(value), 0
    while abs(amount) >= 999.5 and unit < len(_UNITS) - 1:  # noqa: PLR2004 - would be written as 1000
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.1f}{_UNITS[unit]}" if unit and abs(amount) < 9.95 else f"{amount:.0f}{_UNITS[unit]}"  # noqa: PLR2004


def moment(value: datetime) -> str:
    """Return a moment to the second; all moments are in UTC."""
    return f"{value.isoformat()[:19]}Z"


def digests(values: Iterable[str | None]) -> dict[str, str]:
    """Return the short form of each digest: without its algorithm, long enough to tell all of them apart."""
    distinct = sorted({value for value in values if value})
    bare = [value.rpartition(":")[2] for value in distinct]
    length = _SHORT_DIGEST
    while length < max(map(len, bare), default=0) and len({each[:length] for each in bare}) < len(bare):
        length += 4
    return {value: word(each[:length]) for value, each in zip(distinct, bare, strict=True)}


def _text(value: Any, most: int = 0, most_data: int = 0, *, entire: bool = False) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, str):
        return word(value, most)
    if isinstance(value, list):
        if all(type(item) is str for item in value):
            return " ".join([word(item, most) for item in value])
        names = [item if entire else _called(item) for item in value if item is not None]
        if all(isinstance(name, str | int) for name in names):
            return " ".join(_text(name, most) for name in names)
    if isinstance(value, HubModel):
        inner = {name: getattr(value, name) for name in type(value).model_fields}
        pairs = {name: item for name, item in inner.items() if item not in (None, "", [], {})}
        if all(isinstance(item, str | int) for item in pairs.values()):
            return " ".join(f"{name}={_text(item, most)}" for name, item in pairs.items())
    return _compact(value, most_data)


def _called(item: Any) -> Any:
    """Return what stands for a thing in a list of them: its name, where it has one."""
    if isinstance(item, HubModel) and item.called:
        return getattr(item, item.called, None)
    if isinstance(item, dict) and isinstance(item.get("name"), str):
        return item["name"]
    return item


def _compact(value: Any, most: int) -> str:
    if isinstance(value, HubModel):
        value = value.model_dump(mode="json", exclude_none=True)
    elif isinstance(value, list):
        value = [
            item.model_dump(mode="json", exclude_none=True) if isinstance(item, HubModel) else item
            for item in value
        ]
    text = json.dumps(clean_data(value), ensure_ascii=False, separators=(",", ":"), default=str)
    # What is cut is JSON no more, so it stands in quotes: an open one in it would swallow the next cells.
    return word(text, most) if most and len(text) > most else text
