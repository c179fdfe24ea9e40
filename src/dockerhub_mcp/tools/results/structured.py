"""The structured content of results: JSON data with sanitized text."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from dockerhub_mcp.hub.models import Display, HubModel
from dockerhub_mcp.tools.results.model_types import is_model, is_omitted
from dockerhub_mcp.tools.results.projected_values import project_values
from dockerhub_mcp.tools.results.projection import SUMMARY, Projection, get_display
from dockerhub_mcp.tools.results.sanitize import sanitize, sanitize_data
from dockerhub_mcp.tools.results.values import (
    NEVER_TEXT,
    format_timestamp,
    replace_zero_dates,
    shorten_digests,
)


def project_summary(item: HubModel) -> dict[str, Any]:
    """Return the summary fields of an item as JSON data, without empty values."""
    return project_data(item, SUMMARY)


def project_data(
    item: HubModel, projection: Projection, *, in_list: bool = False, excluded: Collection[str] = ()
) -> dict[str, Any]:
    """Return the selected fields of an item as JSON data, without empty values and excluded fields."""
    if projection.full:
        gone = set(excluded)
        return {name: value for name, value in dump_all_fields(item).items() if name not in gone}
    values = project_values(item, projection, in_list=in_list, is_text=False)
    return {name: to_json_value(value) for name, value in values.items() if name not in excluded}


def shorten_data(
    model: type[HubModel], items: Sequence[dict[str, Any]], projection: Projection
) -> list[dict[str, Any]]:
    """Return the JSON data of items with short digests, where the caller selected their short form."""
    names = [name for name in projection.short_fields if get_display(model, name) is Display.DIGEST]
    if not names:
        return list(items)
    short = {name: shorten_digests(item.get(name) for item in items) for name in names}
    return [
        {
            name: short.get(name, {}).get(value, value) if name in short else value
            for name, value in item.items()
        }
        for item in items
    ]


def dump_all_fields(item: HubModel) -> dict[str, Any]:
    """Return every field that the Hub sent, except fields that may hold a secret."""
    hidden = {"token", *(name for name, field in type(item).model_fields.items() if not field.repr)}
    dumped = replace_zero_dates(
        sanitize_data(item.model_dump(mode="json", exclude_none=True, exclude=hidden))
    )
    nulls = {
        name: NEVER_TEXT
        for name in type(item).model_fields
        if name in item.meaningful_nulls & item.model_fields_set and getattr(item, name) is None
    }
    return cast("dict[str, Any]", dumped | nulls)


def to_json_value(value: Any) -> Any:
    """Return a value as JSON data: timestamps in RFC 3339, models as their summary, sanitized text."""
    if isinstance(value, str):
        return sanitize(value)
    if isinstance(value, datetime):
        return format_timestamp(value)
    if value is None or isinstance(value, int):
        return value
    if is_model(value):
        return project_summary(value)
    if isinstance(value, list):
        return [to_json_value(item) for item in value if item is not None and not is_omitted(item)]
    if isinstance(value, dict):
        return {sanitize(str(key)): to_json_value(item) for key, item in value.items()}
    return sanitize_data(value)


def dump_compact_json(data: Any) -> str:
    """Return JSON without spaces, on one line."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
