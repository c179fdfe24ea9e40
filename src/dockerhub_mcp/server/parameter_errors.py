"""Name the invalid parameters of a request in its error; the SDK says only that there are some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mcp_types as types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from dockerhub_mcp.hub.redaction import to_single_line

_SDK_MESSAGE = "Invalid request parameters"
_MAX_PROBLEMS = 3
_MAX_PATH_CHARS = 80
_RULES = {
    "missing": "is required",
    "string_type": "must be text",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "list_type": "must be a list",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "literal_error": "must be {expected}",
}


async def name_invalid_parameters(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Serve a message; a middleware of the MCP server.

    Raises:
        MCPError: The parameters are invalid, or the request came before the handshake.
    """
    try:
        return await call_next(ctx)
    except ValidationError as error:
        raise MCPError(types.INVALID_PARAMS, describe_invalid_parameters(error), "") from None
    except MCPError as error:
        if error.error.code == types.INVALID_PARAMS and error.error.message == _SDK_MESSAGE:
            msg = f"{_SDK_MESSAGE}: this session has not begun; send initialize first."
            raise MCPError(types.INVALID_PARAMS, msg, "") from None
        raise


def describe_invalid_parameters(error: ValidationError) -> str:
    """Return a message with the names of the first invalid parameters, and without their values."""
    details = error.errors(include_url=False, include_input=False)
    problems = [_describe_problem(each["loc"], each["type"], each.get("ctx", {})) for each in details]
    return f"{_SDK_MESSAGE}: {', '.join(list(dict.fromkeys(problems))[:_MAX_PROBLEMS])}."


def _describe_problem(location: Sequence[int | str], error_type: str, context: Mapping[str, Any]) -> str:
    parts = [str(part) for part in location]
    options = [position for position, part in enumerate(parts) if part[:1].isupper()]
    if (
        options
    ):  # the location goes on with the class of one option of a union, which may not be the one meant
        parts, error_type = parts[: options[0]], ""
    path = ".".join(parts[1:] if parts[:1] == ["params"] else parts) or "params"
    rule = _RULES.get(error_type, "is invalid").format(**{"expected": "valid"} | dict(context))
    return f"{to_single_line(path, _MAX_PATH_CHARS)} {rule}"
