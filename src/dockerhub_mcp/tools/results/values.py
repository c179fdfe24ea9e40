"""Single values as text: short in tables, in full for single objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from dockerhub_mcp.hub.models import Display, Shown
from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.tools.results.model_types import is_model
from dockerhub_mcp.tools.results.sanitize import inline, sanitize_data

MAX_CELL_CHARS = 80  # of free text in a table row
MAX_NAME_CHARS = 512  # of a name, which is shown whole: no name on the Hub is longer
NEVER_TEXT = "never"
NO_IMAGE_TEXT = "none"  # instead of a size, where no image is of the platform
_MAX_DATA_CHARS = 160  # of nested data in a table row
_MIN_DIGEST_CHARS = 12
_MAX_PLAUSIBLE_BYTES = 10**18  # larger sizes are nonsense, but a result may contain them
_MIN_AMBIGUOUS_AMOUNT = 9.95  # would be rounded to 10.0
_MAX_AMOUNT = 999.5  # would be rounded to 1000
_LABEL_KEYS = ("name", "display", "value")  # the last two are those of SCIM
_ZERO_DATE = re.compile(r"0001-01-01[T ]00:00:00(?:\.0+)?(?:Z|\+00:00| \+0000 UTC)?")
_SIZE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def format_full(value: Any, display: Display | None = None, *, untruncated: bool = False) -> str:
    """Return a value in full on one line; nested objects by their label, unless `untruncated`."""
    kind = type(value)
    if kind is str:
        return inline(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int and display is not Display.SIZE:
        return str(value)
    if kind is datetime:
        return format_timestamp(value)
    if display is Display.SIZE and isinstance(value, dict):
        return _format_sizes(value)
    if display is Display.SIZE and isinstance(value, int):
        return f"{value} ({format_size(value)})" if value >= 1000 else f"{value} B"  # noqa: PLR2004
    return _format_value(value, untruncated=untruncated)


def format_short(value: Any, display: Display | None = None) -> str:
    """Return a value for a table row."""
    kind = type(value)
    if kind is str:
        return inline(value, MAX_CELL_CHARS if display is Display.TEXT else MAX_NAME_CHARS)
    if kind is int and display is None:
        return str(value)
    if kind is datetime and display is not Display.DATETIME and not is_never(value):
        return str(value.date())
    if display is Display.SIZE and isinstance(value, int):
        return format_size(value)
    if display is Display.SIZE and isinstance(value, dict):
        return _format_sizes(value)
    return _format_value(value, MAX_NAME_CHARS, _MAX_DATA_CHARS)


def format_size(value: int) -> str:
    """Return a number of bytes with a unit and two or three digits: 900B, 3.4MB, 47MB, 1.2GB."""
    if abs(value) >= _MAX_PLAUSIBLE_BYTES:
        return f"{Decimal(value):.1e}B"
    amount, unit = float(value), 0
    while abs(amount) >= _MAX_AMOUNT and unit < len(_SIZE_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    has_decimal = unit and abs(amount) < _MIN_AMBIGUOUS_AMOUNT
    return f"{amount:.1f}{_SIZE_UNITS[unit]}" if has_decimal else f"{amount:.0f}{_SIZE_UNITS[unit]}"


def _format_sizes(sizes: Mapping[str, int | None]) -> str:
    """Return sizes by name, such as `linux/arm/v6=17MB linux/arm/v7=16MB`."""
    pairs = [
        f"{inline(name)}={'unknown' if size is None else format_size(size)}" for name, size in sizes.items()
    ]
    return " ".join(pairs) or NO_IMAGE_TEXT


def format_timestamp(value: datetime) -> str:
    """Return a UTC timestamp in RFC 3339, to the second; "never" for the zero value."""
    if is_never(value):
        return NEVER_TEXT
    # Half as long as `isoformat` takes, which asks the time zone.
    return f"{value.date().isoformat()}T{value.time().isoformat()[:8]}Z"


def replace_zero_dates(value: Any) -> Any:
    """Return JSON data with "never" in place of zero dates."""
    if isinstance(value, str):
        return NEVER_TEXT if _ZERO_DATE.fullmatch(value) else value
    if isinstance(value, dict):
        return {key: replace_zero_dates(item) for key, item in value.items()}
    return [replace_zero_dates(item) for item in value] if isinstance(value, list) else value


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
    if isinstance(value, str):
        return inline(value, max_chars)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return format_timestamp(value)
    if isinstance(value, list):
        if all(type(item) is str for item in value):
            return " ".join([inline(item, max_chars) for item in value])
        names = [item if untruncated else _get_label(item) for item in value if item is not None]
        if all(isinstance(name, str | int) for name in names):
            return " ".join(_format_value(name, max_chars) for name in names)
    if is_model(value):
        if not untruncated and (summary := value.summary_text):
            return summary
        fields, stored = tuple(type(value).model_fields), value.__dict__
        pairs = {name: item for name in fields if (item := stored[name]) not in (None, "", [], {})}
        value.adjust_values(pairs, Shown(fields, is_brief=not untruncated, is_text=True))
        if all(isinstance(item, str | int | datetime) or _is_text_list(item) for item in pairs.values()):
            return " ".join(f"{name}={_format_value(item, max_chars)}" for name, item in pairs.items())
    return _format_json(value, max_data_chars)


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _get_label(item: Any) -> Any:
    """Return the label of an object in a list, or the object itself if it has none."""
    if is_model(item) and item.label_field:
        return getattr(item, item.label_field, None)
    if isinstance(item, dict):
        if "@" in str(item.get("value")):
            return item["value"]  # an e-mail address, which may have another display name
        return next((item[name] for name in _LABEL_KEYS if isinstance(item.get(name), str)), item)
    return item


def _format_json(value: Any, max_chars: int) -> str:
    if is_model(value):
        value = value.model_dump(mode="json", exclude_none=True)
    elif isinstance(value, list):
        value = [
            item.model_dump(mode="json", exclude_none=True) if is_model(item) else item for item in value
        ]
    text = json.dumps(
        replace_zero_dates(sanitize_data(value)), ensure_ascii=False, separators=(",", ":"), default=str
    )
    # Truncated JSON is put in quotes, or a quotation mark in it would swallow the cells behind it.
    return inline(text, max_chars) if max_chars and len(text) > max_chars else text
