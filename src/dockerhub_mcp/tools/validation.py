"""Validation of tool arguments, with messages that tell an agent how to correct them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from dockerhub_mcp.hub.api.coercion import rename_organization
from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.tools.suggestions import suggest_arguments

_MAX_PROBLEMS = 10
"""Problems of each kind that are reported; a call may have thousands of unknown arguments."""
_MAX_VALUE_CHARS = 60

ModelT = TypeVar("ModelT", bound=BaseModel)


class ArgumentsError(ValueError):
    """Invalid arguments; the message names each field, its rule and an example."""


def validate_arguments(
    model: type[ModelT], arguments: Mapping[str, Any], *, tool_name: str, known_names: Sequence[str]
) -> ModelT:
    """Validate the arguments of a tool call; the organization may be given under any of its names.

    Args:
        model: The model of the arguments.
        arguments: The arguments as the client sent them.
        tool_name: The tool's name, for messages.
        known_names: The names of all arguments that the tool takes.

    Raises:
        ArgumentsError: An argument is unknown, missing or invalid.
    """
    known, problems = rename_organization(model, arguments)
    count = 0
    if unknown := [name for name in known if name not in known_names]:
        named = unknown[:_MAX_PROBLEMS]
        problems += [_describe_unknown_argument(name, tool_name, known_names) for name in named]
        count = len(unknown) - len(named)
        known = {name: value for name, value in known.items() if name in known_names}
    count += len(problems)
    try:
        validated = model.model_validate(known)
    except ValidationError as error:
        problems += describe_problems(error, model)
        count += error.error_count()
    if problems:
        more = count - len(problems)
        problems += [f"{more} more arguments are invalid."] if more else []
        msg = f"{tool_name} was not called. " + " ".join(problems)
        raise ArgumentsError(msg)
    return validated


def describe_problems(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return a sentence for each of the first problems with the fields of a model."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    details = error.errors(include_url=False, include_context=True)
    return [_describe_problem(problem, fields) for problem in details[:_MAX_PROBLEMS]]


def list_argument_problems(model: type[BaseModel], arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the name of each argument that is invalid, empty for all together, with what is wrong."""
    try:
        model.model_validate(arguments)
    except ValidationError as error:
        names = [str(each["loc"][0]) if each["loc"] else "" for each in error.errors(include_url=False)]
        return list(zip(names, describe_problems(error, model), strict=False))
    return []


def _describe_unknown_argument(name: str, tool_name: str, known_names: Sequence[str]) -> str:
    shown = quote_name(name, _MAX_VALUE_CHARS)
    if not known_names:
        return f"{shown}: {tool_name} takes no arguments."
    problem = f"{shown}: {tool_name} has no such argument{suggest_arguments(name, known_names)}"
    return problem.rstrip(".?") + "."


def _describe_problem(problem: ErrorDetails, fields: Mapping[str, FieldInfo]) -> str:
    context = {key: value for key, value in problem.get("ctx", {}).items() if key != "msg"}
    rule = _RULE_MESSAGES.get(problem["type"], "{msg}")
    if context.get("min_length", 0) > 1 and problem["type"] == "string_too_short":
        rule = "must have at least {min_length} characters"
    if problem["type"] == "string_type" and isinstance(problem["input"], float):
        rule = "must be text in quotation marks, because a number may lose digits (8.20 becomes 8.2)"
    message = rule.format(msg=problem["msg"].removeprefix("Value error, "), **context).strip()
    if not problem["loc"]:
        # The name of a host keeps its spelling.
        start = message[:1] if "." in message.partition(" ")[0] else message[:1].upper()
        return f"{start}{message[1:]}."
    name = str(problem["loc"][0])
    field = fields.get(name)
    given = (
        ""
        if problem["type"] in {"missing", "too_short", "too_long"}
        else _describe_value(problem["input"], field)
    )
    if ". " in message or given.removeprefix(", not ") in message:
        given = ""  # behind several sentences it would belong to the last; others quote the value already
    return f"{name}: {message}{given}.{_format_example(name, field)}"


_RULE_MESSAGES = {
    "missing": "is required",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "list_type": "must be a list",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} values, not {actual_length}",
    "string_too_long": "must be at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "string_pattern_mismatch": "must match {pattern}",
    "datetime_parsing": "must be a date and time",
    "datetime_from_date_parsing": "must be a date and time",
    "datetime_type": "must be a date and time",
}


def _describe_value(value: Any, field: FieldInfo | None) -> str:
    """Return the rejected value for a message; empty where it may be a secret."""
    is_secret = field is None or "SecretStr" in str(field.annotation) or isinstance(value, SecretStr)
    return "" if is_secret else f", not {_format_value(value)}"


def _format_value(value: Any) -> str:
    try:
        text = str(value).lower() if isinstance(value, bool) else repr(value)
        text = value.isoformat() if isinstance(value, date | time) else text  # from a rules file
    except (ValueError, RecursionError):  # Python formats no integer of thousands of digits
        text = f"a {type(value).__name__}"
    return to_single_line(text, _MAX_VALUE_CHARS)


def _format_example(name: str, field: FieldInfo | None) -> str:
    examples = field.examples if field else None
    return f" Example: {name}={_format_value(examples[0])}." if examples else ""
