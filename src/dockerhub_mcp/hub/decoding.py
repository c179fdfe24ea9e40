"""Reading the Hub's answers: strict about nothing but that they are JSON.

The Hub leaves fields out, sends null where the reference promises a value, and adds new values to what
looked like closed lists. A value that does not fit is blanked, the rest of the answer is kept.
"""

from __future__ import annotations

import json
import logging
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from dockerhub_mcp.hub.redaction import to_single_line

T = TypeVar("T")

logger = logging.getLogger(__name__)

_MAX_JSON_PARTS = 100_000  # the largest pages of the Hub have some ten thousand
_MAX_REPAIR_PASSES = 3  # blanking one value can bring another error to light, but not for ever


def decode_json(adapter: TypeAdapter[T], content: bytes, *, is_list: bool = False) -> T:
    """Read an answer into the adapter's type, blanking what does not fit.

    Args:
        adapter: The type, a page where the answer is listed.
        content: The answer.
        is_list: Whether it is a list, which may come as a page, bare, or as the list of pages that the members
            list once was.

    Raises:
        ValueError: The content is no JSON, so different that nothing of the type is left, or of more parts
            than can be read in reasonable time.
    """
    if content.count(b",") > _MAX_JSON_PARTS:
        msg = f"the answer has more than {_MAX_JSON_PARTS:,} parts"
        raise ValueError(msg)
    if is_list and content[:64].lstrip().startswith(b"["):
        content = _wrap_as_page(content)
    try:
        return adapter.validate_json(content)  # from text to models, with no dictionary in between
    except ValidationError as error:
        unfit = error
    if _is_invalid_json(unfit):
        content = _repair_encoding(content)
        try:
            return adapter.validate_json(content)
        except ValidationError as error:
            unfit = error
        if _is_invalid_json(unfit):
            msg = "the answer is not JSON"
            raise ValueError(msg)
    data = json.loads(content)
    for _ in range(_MAX_REPAIR_PASSES):
        for problem in reversed(unfit.errors(include_url=False, include_input=False, include_context=False)):
            logger.debug(
                "blanked a value that does not fit", extra={"where": _format_location(problem["loc"])}
            )
            _remove_value(data, problem["loc"])
        try:
            return adapter.validate_python(data)
        except ValidationError as error:
            unfit = error
    msg = f"the answer does not fit at {_format_location(unfit.errors()[0]['loc'])}"
    raise ValueError(msg)


def _is_invalid_json(error: ValidationError) -> bool:
    return error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid"


def _repair_encoding(content: bytes) -> bytes:
    """Return JSON without halves of characters, which some writer of a text may have cut in two.

    Raises:
        ValueError: It is no JSON even so.
    """
    try:
        data = json.loads(content.decode("utf-8-sig", "replace"))
        return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        msg = "the answer is not JSON"
        raise ValueError(msg) from None


def _wrap_as_page(content: bytes) -> bytes:
    """Return a bare list of items, or the list of pages that the members list once was, as one page."""
    page = b'{"results":%b}' % content
    if b'"results"' not in content:
        return page
    try:
        items = json.loads(content)
    except (ValueError, RecursionError):
        return page  # which is no JSON either
    pages = [item for item in items if isinstance(item, dict) and isinstance(item.get("results"), list)]
    if not pages or len(pages) < len(items):
        return page
    return json.dumps(pages[0] | {"results": [item for page in pages for item in page["results"]]}).encode()


def decode_json_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object, or an empty one where the content is anything else."""
    if content.count(b",") > _MAX_JSON_PARTS:
        return {}
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _format_location(loc: tuple[int | str, ...]) -> str:
    return to_single_line(".".join(map(str, loc)), 100) or "its top"


def _remove_value(data: Any, loc: tuple[int | str, ...]) -> None:
    """Drop the value at `loc`: a key from an object, an item from a list."""
    if not loc:
        return
    for step in loc[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return
    last = loc[-1]
    if isinstance(data, dict):
        data.pop(last, None)
    elif isinstance(data, list) and isinstance(last, int) and last < len(data):
        del data[last]
