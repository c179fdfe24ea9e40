"""Faults from JSON."""

import json
from typing import Any

from dockerhub_mcp.sandbox.faults.fault import Fault
from dockerhub_mcp.sandbox.faults.presets import apply_preset

VALID_STATUSES = range(200, 600)
MAX_BODY_SIZE = 256 * 1024**2

FIELD_TYPES: dict[str, tuple[type, ...]] = {
    "match": (str,),
    "method": (str, type(None)),
    "times": (int, type(None)),
    "latency": (int, float),
    "push_tags": (list,),
    "remove_tags": (list,),
    "drop": (bool,),
    "carry_out": (bool,),
    "status": (int, type(None)),
    "body": (str, dict, list),
    "content_type": (str,),
    "headers": (dict,),
    "location": (str, type(None)),
    "query": (dict,),
    "replace": (dict,),
    "remove": (list,),
    "truncate": (bool,),
    "encoding": (str, type(None)),
    "pad_to": (int,),
    "next_origin": (str, type(None)),
    "flip_ordering": (bool,),
    "nulls": (bool,),
    "unknown_words": (bool,),
}


def parse_fault(settings: Any) -> Fault:
    """Return a fault from its JSON.

    Raises:
        ValueError: The settings are invalid.
    """
    if not isinstance(settings, dict):
        msg = "a rule must be an object"
        raise ValueError(msg)  # noqa: TRY004 - the caller handles all invalid rules alike
    settings = apply_preset(settings)
    for name, value in settings.items():
        if name not in FIELD_TYPES:
            msg = f"unknown field {name}; a rule may have {', '.join(FIELD_TYPES)}"
            raise ValueError(msg)
        if not isinstance(value, FIELD_TYPES[name]) or (
            isinstance(value, bool) and bool not in FIELD_TYPES[name]
        ):
            msg = f"{name} has the wrong type"
            raise ValueError(msg)
    content = dict(settings)
    if content.get("status") is not None and content["status"] not in VALID_STATUSES:
        msg = "status must be from 200 to 599"
        raise ValueError(msg)
    _check_rewriting(content)
    if "body" in content and not isinstance(content["body"], str):
        content["body"] = json.dumps(content["body"])
    if "headers" in content:
        content["headers"] = {str(name): str(value) for name, value in content["headers"].items()}
    return Fault(**content)


def _check_rewriting(content: dict[str, Any]) -> None:
    if not all(value is None or isinstance(value, str) for value in content.get("query", {}).values()):
        msg = "query must be an object with texts and nulls"
        raise ValueError(msg)
    if not all(isinstance(name, str) for name in content.get("remove", ())):
        msg = "remove must be a list of field names"
        raise ValueError(msg)
    for field_name in ("push_tags", "remove_tags"):
        if not all(isinstance(name, str) for name in content.get(field_name, ())):
            msg = f"{field_name} must be a list of tags such as milldale/controller:edge"
            raise ValueError(msg)
    if content.get("pad_to", 0) > MAX_BODY_SIZE:
        msg = f"pad_to must be at most {MAX_BODY_SIZE}"
        raise ValueError(msg)
    try:
        "".encode(content.get("encoding") or "utf-8")
    except LookupError as error:
        raise ValueError(str(error)) from error
