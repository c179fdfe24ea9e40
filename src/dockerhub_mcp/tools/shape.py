"""Results as an agent reads them: what matters first, nothing empty, one line that tells where one is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dockerhub_mcp.hub.method import Method
from dockerhub_mcp.hub.models import HubModel, Image, Page
from dockerhub_mcp.hub.walk import Walk


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a tool call: the text, the same as data, and whether it is an error."""

    text: str
    data: dict[str, Any] | None = None
    is_error: bool = False
    secret: str = ""
    """A line with a new secret that a person agreed to see; the only text that is not redacted."""


def shape_object(result: HubModel, notes: Sequence[str]) -> Outcome:
    """Shape a single thing."""
    data = brief(result)
    return Outcome(_lines([*_noted(notes), compact(data)]), data)


def shape_page(method: Method[Any], page: Page[Any], notes: Sequence[str]) -> Outcome:
    """Shape one page of a list."""
    results = [brief(item, listed=True) for item in page.results]
    if "page" not in type(method).model_fields:
        return _list({"results": results, "count": len(results)}, notes)
    number, size = getattr(method, "page", 1), getattr(method, "page_size", len(page.results))
    more = bool(page.next) if "next" in page.model_fields_set else len(page.results) >= size
    data: dict[str, Any] = {
        "results": results,
        "page": number,
        "page_size": size,
        "count": page.count,
        "next_page": number + 1 if more and page.results else None,
    }
    return _list(data, notes)


def shape_walk(walked: Walk[Any], notes: Sequence[str]) -> Outcome:
    """Shape what a walk over pages has read."""
    data: dict[str, Any] = {
        "results": [brief(item, listed=True) for item in walked.results],
        "page": walked.page,
        "page_size": walked.page_size,
        "count": walked.total,
        "next_page": walked.next_page,
        "partial": str(walked.stopped_by) if walked.stopped_by else None,
    }
    return _list(data, notes)


def _list(data: dict[str, Any], notes: Sequence[str]) -> Outcome:
    data = {name: value for name, value in data.items() if value is not None}
    items = data["results"]
    of = f" of {data['count']}" if "count" in data else ""
    noun = "item" if not of and len(items) == 1 else "items"
    where = f", from page {data['page']} at {data['page_size']} a page" if "page" in data else ""
    head = f"{len(items)}{of} {noun}{where}."
    if "next_page" in data:
        head += f" Go on with page={data['next_page']}, page_size={data['page_size']}."
    else:
        head += " This is the end of the list." if items else " Nothing matches."
    partial = [f"PARTIAL, the list is cut short: {data['partial']}"] if "partial" in data else []
    return Outcome(_lines([head, *partial, *_noted(notes), *map(compact, items)]), data)


def brief(item: HubModel, *, listed: bool = False) -> dict[str, Any]:
    """Return the fields of an item that a reader wants, without what is empty.

    In lists, `images` become a list of platforms.
    """
    shaped: dict[str, Any] = {}
    for name in item.brief or tuple(type(item).model_fields):
        value = getattr(item, name, None)
        if listed and name in item.shortened:
            shaped[item.shortened[name]] = _platforms(value)
        elif value is None and name in item.telling_nulls and name in item.model_fields_set:
            shaped[name] = "never"
        else:
            shaped[name] = plain_value(value)
    return {name: value for name, value in shaped.items() if value not in (None, "", [], {})}


def _platforms(images: list[Image] | None) -> list[str]:
    return list(dict.fromkeys(image.platform for image in images or [] if not image.is_attestation))


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it: moments as text, models in brief."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, HubModel):
        return brief(value)
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, Image) and item.is_attestation)]
        return [plain_value(item) for item in kept if item is not None]
    if isinstance(value, dict):
        return {key: plain_value(item) for key, item in value.items()}
    return value


def _noted(notes: Sequence[str]) -> list[str]:
    return [f"Note: {note}" for note in notes]


def compact(data: Any) -> str:
    """Return JSON on one line."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(lines)
