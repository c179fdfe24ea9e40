"""JSON schemas of tool arguments and results, made from pydantic models.

Input schemas are flat: an object of plain properties, with the few keywords that every host accepts. Hosts
pass them on to the services of models, which refuse a request with a keyword that they do not know.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from dockerhub_mcp.hub.api.marks import HIDDEN
from dockerhub_mcp.hub.models import HubModel, Page

_INPUT_KEYWORDS = frozenset(
    {
        "type",
        "description",
        "default",
        "enum",
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "items",
        "minItems",
        "maxItems",
        "properties",
        "required",
        "additionalProperties",
    }
)
"""The keywords of input schemas. None is refused by Gemini, Bedrock, OpenAI or Cursor."""

_OMITTED_KEYWORDS = frozenset({"title", "examples", "writeOnly", "readOnly"})
"""Keywords that pydantic writes, and that input schemas leave out."""


def build_input_schema(model: type[BaseModel], extra_properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the flat schema of a tool's arguments.

    Args:
        model: The model of the arguments; fields marked `HIDDEN` are left out.
        extra_properties: Schemas of arguments that the model does not hold.

    Raises:
        TypeError: The model needs a keyword that some hosts refuse.
    """
    nested = model.model_json_schema(by_alias=True)
    hidden = {field.alias or n for n, field in model.model_fields.items() if HIDDEN in field.metadata}
    definitions = nested.get("$defs", {})
    properties = {
        name: _simplify(schema, definitions)
        for name, schema in nested.get("properties", {}).items()
        if name not in hidden
    }
    properties |= extra_properties
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required := [name for name in nested.get("required", []) if name not in hidden]:
        schema["required"] = required
    return schema


def list_argument_names(model: type[BaseModel]) -> list[str]:
    """Return the names of the arguments in the input schema of a model, without building it."""
    return [field.alias or n for n, field in model.model_fields.items() if HIDDEN not in field.metadata]


def _remove_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove null from a property: an optional argument is left out, not sent as null."""
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    flat = schema
    if len(options) == 1:
        flat = options[0] | {key: value for key, value in schema.items() if key != "anyOf"}
    return {key: value for key, value in flat.items() if not (key == "default" and value is None)}


def _simplify(schema: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with the accepted keywords only, and references replaced by their definitions.

    Raises:
        TypeError: A keyword that hosts refuse has no equivalent among the accepted ones.
    """
    if not isinstance(schema, dict):
        msg = f"an input schema must not contain the schema {schema!r}"
        raise TypeError(msg)
    schema = _remove_null(schema)
    if "$ref" in schema:
        definition = definitions[schema["$ref"].rpartition("/")[2]]
        schema = {key: value for key, value in definition.items() if key != "description"} | {
            key: value for key, value in schema.items() if key != "$ref"
        }
    return dict(
        _simplify_keyword(key, value, schema, definitions)
        for key, value in schema.items()
        if key not in _OMITTED_KEYWORDS and not (key == "format" and value != "date-time")
    )


def _simplify_keyword(
    key: str, value: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any]
) -> tuple[str, Any]:
    is_integer = schema.get("type") == "integer"
    if key == "const":
        return "enum", [value]
    if key == "exclusiveMinimum" and is_integer:
        return "minimum", value + 1
    if key == "exclusiveMaximum" and is_integer:
        return "maximum", value - 1
    is_accepted = isinstance(value, str) if key == "type" else value is False or key != "additionalProperties"
    if key not in _INPUT_KEYWORDS or not is_accepted:
        msg = f"an input schema must not contain {key!r}, which some hosts refuse: {schema!r}"
        raise TypeError(msg)
    if key == "properties":
        return key, {name: _simplify(part, definitions) for name, part in value.items()}
    return key, _simplify(value, definitions) if key == "items" else value


def list_secret_arguments(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the names of the secret arguments, without fields that the client sets."""
    return tuple(
        field.alias or name
        for name, field in model.model_fields.items()
        if "SecretStr" in str(field.annotation) and HIDDEN not in field.metadata
    )


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
