"""The entry of a tool in `tools/list`, made from the declaration of its method.

Input schemas are flat: an object of plain properties, without `$ref`, without a union with null and
without other properties, because strict clients reject those.
"""

from __future__ import annotations

import types
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from dockerhub_mcp.hub.api.method import HIDDEN, UNDOCUMENTED, Effect, Method, has_mark
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.tools.gates import required_access
from dockerhub_mcp.tools.results.projection import PROJECTION_ARGUMENTS, can_project

META_PREFIX = "dockerhub-mcp/"
"""The prefix of this project's keys in `_meta`."""

_DROPPED_KEYS = frozenset({"title", "examples"})


@cache
def build_tool_entry(method: type[Method[Any]]) -> dict[str, Any]:
    """Return the tool of a method as `tools/list` carries it, keys sorted. Not to be changed."""
    sorted_entry: dict[str, Any] = _sort_keys(
        {
            "name": method.tool_name,
            "title": method.title,
            "description": method.build_description(),
            "inputSchema": build_input_schema(method),
            "outputSchema": build_output_schema(method),
            "annotations": build_annotations(method),
            "_meta": build_meta(method),
        }
    )
    return sorted_entry


def build_annotations(method: type[Method[Any]]) -> dict[str, bool]:
    """Return the four hints; they follow from the effect alone."""
    effect = method.effect
    return {
        "readOnlyHint": effect is Effect.READ,
        "destructiveHint": effect in {Effect.DELETE, Effect.REPLACE, Effect.UPDATE},
        "idempotentHint": effect is not Effect.CREATE,
        "openWorldHint": True,
    }


def build_meta(method: type[Method[Any]]) -> dict[str, Any]:
    """Return the facts that a person or a policy asks about."""
    facts: dict[str, Any] = {
        "method": method.http.verb,
        "path": method.http.path_template,
        "access": str(required_access(method)),
        "permission": str(method.scope),
    }
    if method.oat_scope:
        facts["organization-token-scope"] = method.oat_scope
    undocumented = [n for n, field in method.model_fields.items() if has_mark(field, UNDOCUMENTED)]
    if undocumented:
        facts["undocumented-parameters"] = undocumented
    return {META_PREFIX + name: value for name, value in facts.items()}


@cache
def build_input_schema(method: type[Method[Any]]) -> dict[str, Any]:
    """Return the flat schema of the arguments. Not to be changed."""
    whole = method.model_json_schema(by_alias=True)
    hidden = {field.alias or n for n, field in method.model_fields.items() if has_mark(field, HIDDEN)}
    definitions = whole.get("$defs", {})
    properties = {
        name: _inline_definitions(_remove_null(schema), definitions)
        for name, schema in whole.get("properties", {}).items()
        if name not in hidden
    }
    if can_project(method):
        properties |= PROJECTION_ARGUMENTS
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required := [name for name in whole.get("required", []) if name not in hidden]:
        schema["required"] = required
    return schema


def _remove_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Take the null out of a property: an optional argument is left out, not sent as null."""
    flat = {key: value for key, value in schema.items() if key != "anyOf"}
    for option in schema.get("anyOf", []):
        if option != {"type": "null"}:
            flat = option | flat
    if flat.get("default", ...) is None:
        del flat["default"]
    return flat


def _inline_definitions(schema: Any, definitions: dict[str, Any]) -> Any:
    """Put the definitions where they are referred to, without titles and examples."""
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


@cache
def build_output_schema(method: type[Method[Any]]) -> dict[str, Any]:
    """Return the schema of the structured result. Nothing in it is required: the Hub leaves things out."""
    result = method.get_result_type()
    if not issubclass(result, Page):
        schema = _build_model_schema(result)
        if issubclass(method, Mutation) and method.secret_field:
            schema["properties"]["token"] = {
                "type": "string",
                "description": "Where the value of the token is.",
            }
        return schema
    item = result.model_fields["results"].annotation
    return {
        "type": "object",
        "properties": {
            "results": {"type": "array", "items": _build_model_schema(get_args(item)[0], in_list=True)},
            "page": {"type": "integer"},
            "page_size": {"type": "integer"},
            "count": {"type": "integer", "description": "Items in all, as the Hub counts."},
            "next_page": {"type": "integer", "description": "Page to go on with; left out at the end."},
            "partial": {"type": "string", "description": "Why the list is cut short; left out if it is not."},
        },
        "required": ["results"],
    }


def _build_model_schema(model: type[HubModel], *, in_list: bool = False) -> dict[str, Any]:
    names = model.summary_fields or tuple(model.model_fields)
    properties = {}
    for name in names:
        if in_list and name in model.summary_aliases:
            shortened = model.summary_aliases[name]
            properties[shortened] = {"type": "array", "items": {"type": "string"}}
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


def _sort_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sort_keys(value[key]) for key in sorted(value)}
    return [_sort_keys(item) for item in value] if isinstance(value, list) else value
