"""Coercion of arguments: agents omit them, send null or JSON inside a string, write `Owner` for `owner`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import SecretStr

from dockerhub_mcp.hub.api.filters import normalize_word
from dockerhub_mcp.hub.api.marks import ORGANIZATION
from dockerhub_mcp.hub.api.pasted_text import strip_quotes
from dockerhub_mcp.hub.redaction import to_single_line

if TYPE_CHECKING:
    from pydantic import BaseModel

ORGANIZATION_NAMES = (
    "org",
    "org_name",
    "orgname",
    "organization",
    "organization_name",
    "organisation",
    "organisation_name",
    "account",
    "account_name",
    "namespace",
    "name",
)
"""The names under which methods of the Hub take an organization, and their usual spellings."""

_MAX_VALUE_LENGTH = 60
_MAX_NUMBER_BITS = 1000  # longer ones are in no name, and Python refuses to format very long ones


def coerce_arguments(
    model: type[BaseModel], arguments: dict[str, Any], *, empty_is_absent: bool = True
) -> dict[str, Any]:
    """Return the arguments without omitted ones, with JSON strings decoded and choices in the right case.

    An argument that is null counts as omitted, so that null is never sent to the Hub as a value. A whole
    number for a text becomes its text; a fraction does not, because 8.20 would arrive as 8.2.

    Args:
        model: The model that the arguments are for.
        arguments: The arguments as the caller sent them.
        empty_is_absent: Whether an empty string counts as omitted too, as for filters; a mutation may set an
            empty text.
    """
    fields = _collect_field_traits(model)
    coerced = {}
    for name, value in arguments.items():
        field = fields.get(name)
        if field is None:
            coerced[name] = value
        elif value is not None and (field.is_required or not (empty_is_absent and value == "")):
            coerced[name] = _coerce_value(field, value)
    return coerced


def _coerce_value(traits: _FieldTraits, value: Any) -> Any:
    if type(value) is int and traits.is_number:
        return value
    value = _normalize_number(traits, _decode_json_string(traits, value))
    return _normalize_choice(traits, _strip_marks(traits, value))


class _FieldTraits(NamedTuple):
    """The properties of a field that coercion depends on.

    Attributes:
        is_required: Whether the field has no default.
        is_container: Whether it is a list or an object, which may arrive as JSON inside a string.
        is_string_list: Whether it is a list of strings or choices, which may arrive separated by commas.
        choices: The texts that it is limited to, if any.
        is_text: Whether it is a text of any content.
        is_number: Whether it is a number or a time.
        is_account: Whether it is the name of an account.
    """

    is_required: bool
    is_container: bool
    is_string_list: bool
    choices: frozenset[str]
    is_text: bool
    is_number: bool
    is_account: bool


@cache
def _collect_field_traits(model: type[BaseModel]) -> dict[str, _FieldTraits]:
    """Return the traits of each field, by its name and by its alias."""
    traits = {
        name: _FieldTraits(
            field.is_required(),
            _is_container(field.annotation),
            _is_string_list(field.annotation),
            frozenset(_iter_choices(field.annotation)),
            bool(scalars & {str, SecretStr}) and not scalars & {int, float},
            bool(scalars & {int, float, datetime}) and bool not in scalars,
            name == "username" or ORGANIZATION in field.metadata,
        )
        for name, field in model.model_fields.items()
        for scalars in [frozenset(_iter_scalars(field.annotation))]
    }
    return traits | {field.alias: traits[name] for name, field in model.model_fields.items() if field.alias}


def _decode_json_string(traits: _FieldTraits, value: Any) -> Any:
    if not isinstance(value, str) or not traits.is_container:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return [part.strip() for part in value.split(",")] if traits.is_string_list else value


def _normalize_number(traits: _FieldTraits, value: Any) -> Any:
    """Return the text of a whole number for a field of text, and of a boolean for a field of numbers."""
    if isinstance(value, bool):  # Python counts booleans as integers; their text is refused as a number
        return str(value).lower() if traits.is_number else value
    if traits.is_text and isinstance(value, int) and value.bit_length() <= _MAX_NUMBER_BITS:
        return str(value)
    if traits.is_string_list and isinstance(value, list):
        is_whole = [type(item) is int and item.bit_length() <= _MAX_NUMBER_BITS for item in value]
        return [str(item) if whole else item for item, whole in zip(value, is_whole, strict=True)]
    return value


def _strip_marks(traits: _FieldTraits, value: Any) -> Any:
    return strip_quotes(value) if traits.is_account and isinstance(value, str) else value


def _normalize_choice(traits: _FieldTraits, value: Any) -> Any:
    """Return the choice that differs from a value in case, spaces or hyphens only; otherwise the value."""
    if not isinstance(value, str) or value in traits.choices:
        return value
    word = normalize_word(value)
    return word if word in traits.choices else value


def _iter_choices(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from (choice for choice in get_args(annotation) if isinstance(choice, str))
    elif get_origin(annotation) is not list:
        for part in get_args(annotation):
            yield from _iter_choices(part)


def _iter_scalars(annotation: Any) -> Iterator[Any]:
    """Yield the types that a value may have, without those of items of lists and objects."""
    if get_origin(annotation) is Literal or _is_container(annotation):
        return
    yield annotation
    for part in get_args(annotation):
        yield from _iter_scalars(part)


def _is_string_list(annotation: Any) -> bool:
    if get_origin(annotation) is list:
        item = get_args(annotation)[0]
        return item is str or get_origin(item) is Literal
    return any(_is_string_list(part) for part in get_args(annotation))


def _is_container(annotation: Any) -> bool:
    if get_origin(annotation) in {list, dict} or annotation in {list, dict}:
        return True
    return any(_is_container(part) for part in get_args(annotation))


def list_organization_aliases(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the further names under which a call may give its organization; empty without one of its own."""
    if find_organization_field(model) is None:
        return ()
    taken = {*_collect_field_traits(model), *(["name"] if "repository" in model.model_fields else [])}
    return tuple(name for name in ORGANIZATION_NAMES if name not in taken)


def rename_organization(
    model: type[BaseModel], arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments with the organization under the model's own name for it, and contradictions.

    Args:
        model: The model that the arguments are for.
        arguments: The arguments as the caller sent them.
    """
    renamed, problems = dict(arguments), list[str]()
    if _collect_field_traits(model).keys() >= arguments.keys():
        return renamed, problems
    field = find_organization_field(model)
    for name in sorted(arguments, key=lambda name: name.lower() == "name"):  # `name` last: it is ambiguous
        if field is None or not _is_organization_alias(model, name, renamed):
            continue
        value, known = renamed.pop(name), renamed.get(field)
        if _is_omitted(known):
            renamed[field] = value
        elif not _is_omitted(value) and _fold(value) != _fold(known):
            values = [to_single_line(repr(each), _MAX_VALUE_LENGTH) for each in (value, known)]
            problems.append(f"{name} is {values[0]}, but {field} is {values[1]}: give only {field}.")
    return renamed, problems


def _is_organization_alias(model: type[BaseModel], name: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether an unknown argument can only mean the organization.

    `name` may mean many things: it is the organization only where nothing else that is required is missing.
    """
    if name in _collect_field_traits(model):
        return False
    plain_name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace("-", "_").lower()
    field = find_organization_field(model)
    if plain_name != "name":
        return plain_name == field or plain_name in list_organization_aliases(model)
    if plain_name not in list_organization_aliases(model):
        return plain_name == field
    if field is not None and _fold(arguments[name]) == _fold(arguments.get(field)):
        return True
    required = {each.alias or key for key, each in model.model_fields.items() if each.is_required()}
    return required - arguments.keys() == {field}


@cache
def find_organization_field(model: type[BaseModel]) -> str | None:
    """Return the name of the field with the organization, if the model has exactly one."""
    fields = model.model_fields.items()
    found = [field.alias or name for name, field in fields if ORGANIZATION in field.metadata]
    return found[0] if len(found) == 1 else None


def _is_omitted(value: Any) -> bool:
    return value is None or value == ""


def _fold(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value
