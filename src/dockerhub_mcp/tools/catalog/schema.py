"""JSON schemas of tool arguments and results, made from pydantic models.

Input schemas are flat: an object of plain properties, without `$ref`, unions with null and additional
properties, because strict clients reject those.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from dockerhub_mcp.hub.api.marks import HIDDEN
from dockerhub_mcp.hub.models import HubModel, Page

META_PREFIX = "dockerhub-mcp/"
"""The prefix of this project's keys in `_meta`."""

UNTRUSTED_META_KEY = META_PREFIX + "untrusted"
"""The key in `_meta` of a result that lists the fields with text written by third parties."""

_DROPPED_KEYS = frozenset({"title", "examples"})


def build_input_schema(model: type[BaseModel], extra_properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the flat schema of a tool's arguments.

    Args:
        model: The model of the arguments; fields marked `HIDDEN` are left out.
        extra_properties: Schemas of arguments that the model does not hold.
    """
    nested = model.model_json_schema(by_alias=True)
    hidden = {field.alias or n for n, field in model.model_fields.items() if HIDDEN in field.metadata}
    definitions = nested.get("$defs", {})
    properties = {
        name: _inline_definitions(_remove_null(schema), definitions)
        for name, schema in nested.get("properties", {}).items()
        if name not in hidden
    }
    properties |= extra_properties
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required := [name for name in nested.get("required", []) if name not in hidden]:
        schema["required"] = required
    return schema


def _remove_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove null from a property: an optional argument is left out, not sent as null."""
    flat = {key: value for key, value in schema.items() if key != "anyOf"}
    for option in schema.get("anyOf", []):
        if option != {"type": "null"}:
            flat = option | flat
    if flat.get("default", ...) is None:
        del flat["default"]
    return flat


def _inline_definitions(schema: Any, definitions: dict[str, Any]) -> Any:
    """Replace references by their definitions, without titles and examples."""
    if isinstance(schema, list):
        return [_inline_definitions(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]] | {"description": None}
    return {
        key: _inline_definitions(value, definitions)
        for key, value in schema.items()
        if value is not None and not (key in _DROPPED_KEYS and isinstance(value, str | list))
    }


def build_output_schema(result_type: type[HubModel]) -> dict[str, Any]:
    """Return the schema of a tool's structured content.

    Only `results` of a page is required: the Hub leaves out fields without notice.
    """
    if not issubclass(result_type, Page):
        return _build_model_schema(result_type)
    item_model = get_args(result_type.model_fields["results"].annotation)[0]
    return {
        "type": "object",
        "properties": {
            "results": {"type": "array", "items": _build_model_schema(item_model, in_list=True)},
            "page": {"type": "integer"},
            "page_size": {"type": "integer"},
            "count": {"type": "integer", "description": "Items in all, as the Hub counts."},
            "next_page": {"type": "integer", "description": "Page to go on with, if any."},
            "partial": {"type": "string", "description": "Why the list is or may be incomplete."},
        },
        "required": ["results"],
    }


def _build_model_schema(model: type[HubModel], *, in_list: bool = False) -> dict[str, Any]:
    names = model.summary_fields or tuple(model.model_fields)
    properties = {}
    for name in names:
        if in_list and name in model.summary_aliases:
            alias = model.summary_aliases[name]
            properties[alias] = {"type": "array", "items": {"type": "string"}}
            continue
        field = model.model_fields.get(name)
        properties[name] = _build_type_schema(field.annotation) if field else {"type": "string"}
        if field and field.description:
            properties[name]["description"] = field.description
    return {"type": "object", "properties": properties}


def _build_type_schema(annotation: Any) -> dict[str, Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _build_type_schema(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return _build_type_schema(next(part for part in get_args(annotation) if part is not type(None)))
    if origin is list:
        return {"type": "array", "items": _build_type_schema(get_args(annotation)[0])}
    if origin is dict:
        return {"type": "object"}
    if isinstance(annotation, type) and issubclass(annotation, HubModel):
        return _build_model_schema(annotation)
    names = {bool: "boolean", int: "integer", float: "number", str: "string", datetime: "string"}
    return {"type": names[annotation]} if annotation in names else {}


def sort_keys(value: Any) -> Any:
    """Return JSON data with the keys of every object sorted."""
    if isinstance(value, dict):
        return {key: sort_keys(value[key]) for key in sorted(value)}
    return [sort_keys(item) for item in value] if isinstance(value, list) else value
