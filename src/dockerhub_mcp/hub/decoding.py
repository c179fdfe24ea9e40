"""Decode response bodies leniently: a value of the wrong type is dropped, the rest is kept.

The Hub omits fields, sends null where the reference promises a value, and adds new values to lists that
looked closed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from dockerhub_mcp.hub.models.base import HubModel, Page
from dockerhub_mcp.hub.redaction import to_single_line

T = TypeVar("T")

ChooseModel = Callable[[], type[HubModel] | None]
"""Returns the model for the items of a list, or None for that of the method."""

logger = logging.getLogger(__name__)

_MAX_JSON_PARTS = 100_000  # the largest pages of the Hub have about ten thousand
_LARGE_BYTES = 1024 * 1024  # smaller bodies take half a second at most, unless their values must be dropped
_EMPTY_COLLECTIONS: dict[str, Callable[[], Any]] = {"list_type": list, "dict_type": dict}
_ROW_DEPTH = 2  # the field with the rows, and the number of the row
_MAX_REPAIR_PASSES = 3  # dropping a value can reveal another error, but not endlessly


def decode_json(adapter: TypeAdapter[T], content: bytes, *, is_list: bool = False) -> T:
    """Decode JSON into the adapter's type, dropping values that do not fit.

    Args:
        adapter: The type; a page where `is_list` is set.
        content: The response body.
        is_list: Whether the body is a list, which may come as a page, as a bare array, or as the array of
            pages that the members list used to be.

    Raises:
        ValueError: The body is not JSON, does not resemble the type at all, or has more parts than can be
            decoded in reasonable time.
    """
    if len(content) > _LARGE_BYTES:
        _check_part_count(content)
    if is_list and content[:64].lstrip().startswith(b"["):
        content = _wrap_as_page(content)
    try:
        return adapter.validate_json(content)  # the fast path, without intermediate dictionaries
    except ValidationError as error:
        failure = error
    _check_part_count(content)
    if _is_invalid_json(failure):
        content = _repair_encoding(content)
        try:
            return adapter.validate_json(content)
        except ValidationError as error:
            failure = error
        if _is_invalid_json(failure):
            msg = "the answer is not JSON"
            raise ValueError(msg)
    data = json.loads(content)
    for _ in range(_MAX_REPAIR_PASSES):
        for problem in reversed(
            failure.errors(include_url=False, include_input=False, include_context=False)
        ):
            logger.debug(
                "dropped a value that does not fit", extra={"where": _format_location(problem["loc"])}
            )
            _repair_value(data, problem["loc"], _EMPTY_COLLECTIONS.get(problem["type"]))
        try:
            return adapter.validate_python(data)
        except ValidationError as error:
            failure = error
    msg = f"the answer does not fit at {_format_location(failure.errors()[0]['loc'])}"
    raise ValueError(msg)


def _check_part_count(content: bytes) -> None:
    """Refuse a body with more parts than can be decoded in reasonable time.

    Raises:
        ValueError: It has more.
    """
    if len(content) > _MAX_JSON_PARTS and content.count(b",") > _MAX_JSON_PARTS:
        msg = f"the answer has more than {_MAX_JSON_PARTS:,} parts"
        raise ValueError(msg)


def _is_invalid_json(error: ValidationError) -> bool:
    return error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid"


def _repair_encoding(content: bytes) -> bytes:
    """Return JSON with invalid characters replaced; the Hub may cut a text within a character.

    Raises:
        ValueError: It is still not JSON.
    """
    try:
        data = json.loads(content.decode("utf-8-sig", "replace"))
        return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        msg = "the answer is not JSON"
        raise ValueError(msg) from None


def _wrap_as_page(content: bytes) -> bytes:
    """Wrap a bare array of items, or merge an array of pages, into one page."""
    page = b'{"results":%b}' % content
    if b'"results"' not in content:
        return page
    try:
        items = json.loads(content)
    except (ValueError, RecursionError):
        return page  # not JSON either, which the caller reports
    pages = [item for item in items if isinstance(item, dict) and isinstance(item.get("results"), list)]
    if not pages or len(pages) < len(items):
        return page
    return json.dumps(pages[0] | {"results": [item for page in pages for item in page["results"]]}).encode()


def decode_json_object(content: bytes) -> dict[str, Any]:
    """Decode a JSON object; return an empty one where the body is anything else."""
    if content.count(b",") > _MAX_JSON_PARTS:
        return {}
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _format_location(loc: tuple[int | str, ...]) -> str:
    return to_single_line(".".join(map(str, loc)), 100) or "the top level"


def _repair_value(data: Any, loc: tuple[int | str, ...], empty_collection: Callable[[], Any] | None) -> None:
    """Remove the value at a location: a key of an object, or an item of a list.

    A list or map that is null is an empty one, as the Hub's services in Go send it. A list of which no item
    fits is removed as a whole, since it is not empty.
    """
    if not loc:
        return
    parents = [data]
    for step in loc[:-1]:
        try:
            parents.append(parents[-1][step])
        except (KeyError, IndexError, TypeError):
            return
    last, parent = loc[-1], parents[-1]
    if isinstance(parent, dict):
        if empty_collection is not None and last in parent and parent[last] is None:
            parent[last] = empty_collection()
        else:
            parent.pop(last, None)
    elif isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        if len(loc) == _ROW_DEPTH and not isinstance(parent[last], dict):
            parent[last] = {}  # a row without identity, which is not passed over in silence
            return
        del parent[last]
        if not parent and len(parents) > 1 and isinstance(parents[-2], dict):
            parents[-2].pop(loc[-2], None)


@cache
def always_choose(model: type[HubModel]) -> ChooseModel:
    """Return a choice of one model; the same one each time, so that equal calls stay equal."""
    return lambda: model


@cache
def build_result_adapter(method: Any, item_model: type[HubModel] | None) -> tuple[TypeAdapter[Any], bool]:
    """Return the adapter for the result, and whether the result is a page of a list."""
    result = method.get_result_type() if item_model is None else Page[item_model]  # type: ignore[valid-type]
    if not (isinstance(result, type) and issubclass(result, HubModel)):
        return TypeAdapter(result), False
    # An adapter of a model that is not built yet would build one of its own, and ignore its `cache_strings`.
    result.model_rebuild()
    return TypeAdapter(result), issubclass(result, Page)
