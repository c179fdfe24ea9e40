"""From the arguments of a call to a method, or to an error that says how to mend them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.tools.catalog.schema import build_input_schema
from dockerhub_mcp.tools.suggestions import did_you_mean

_MAX_PROBLEMS = 10  # problems of each kind that are told


class ArgumentsError(ValueError):
    """Arguments that do not fit; the message names each field, its rule and an example."""


def validate_arguments(method: type[Method[Any]], arguments: Mapping[str, Any]) -> Method[Any]:
    """Make a call of the arguments.

    Raises:
        ArgumentsError: They do not fit.
    """
    known = list(build_input_schema(method)["properties"])
    unknown = [name for name in arguments if name not in known]
    # There may be very many, each of which takes time and room.
    problems, count = (
        [_describe_unknown_argument(name, method, known) for name in unknown[:_MAX_PROBLEMS]],
        len(unknown),
    )
    offered = {name: value for name, value in arguments.items() if name in known}
    try:
        call = method.model_validate(offered)
    except ValidationError as error:
        fields = {field.alias or name: field for name, field in method.model_fields.items()}
        found = error.errors(include_url=False, include_context=True)
        problems += [_describe_problem(problem, fields) for problem in found[:_MAX_PROBLEMS]]
        count += len(found)
    if problems:
        more = count - len(problems)
        problems += [f"{more} more arguments do not fit."] if more else []
        msg = f"{method.tool_name} was not called. " + " ".join(problems)
        raise ArgumentsError(msg)
    return call


def _describe_unknown_argument(name: str, method: type[Method[Any]], known: list[str]) -> str:
    if not known:
        return f"{to_single_line(name, 60)}: {method.tool_name} takes no arguments."
    return (
        f"{to_single_line(name, 60)}: {method.tool_name} has no such argument{did_you_mean(name, known)}".rstrip(
            ".?"
        )
        + "."
    )


def _describe_problem(problem: ErrorDetails, fields: Mapping[str, FieldInfo]) -> str:
    context = {key: value for key, value in problem.get("ctx", {}).items() if key != "msg"}
    rule = _RULE_MESSAGES.get(problem["type"], "{msg}")
    if context.get("min_length", 0) > 1 and problem["type"] == "string_too_short":
        rule = "must have at least {min_length} characters"
    words = rule.format(msg=problem["msg"].removeprefix("Value error, "), **context).strip()
    if not problem["loc"]:
        return f"{words[:1].upper()}{words[1:]}."
    name = str(problem["loc"][0])
    field = fields.get(name)
    given = "" if problem["type"] == "missing" else _describe_value(problem["input"], field)
    return f"{name}: {words}{given}.{_format_example(name, field)}"


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
    "string_too_long": "must be at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "string_pattern_mismatch": "must match {pattern}",
    "datetime_parsing": "must be a moment with date and time",
    "datetime_from_date_parsing": "must be a moment with date and time",
    "datetime_type": "must be a moment with date and time",
}


def _describe_value(value: Any, field: FieldInfo | None) -> str:
    secret = field is None or "SecretStr" in str(field.annotation) or isinstance(value, SecretStr)
    return "" if secret else f", not {to_single_line(repr(value), 60)}"


def _format_example(name: str, field: FieldInfo | None) -> str:
    examples = field.examples if field else None
    return f" Example: {name}={examples[0]!r}." if examples else ""
