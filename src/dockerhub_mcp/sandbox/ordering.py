"""The `ordering` of lists."""

from collections.abc import Callable
from typing import Any, TypeVar

from starlette.requests import Request

from dockerhub_mcp.sandbox.errors import invalid_field_error

T = TypeVar("T")


def parse_ordering(
    request: Request, orderings: dict[str, tuple[Callable[[T], Any], bool]], default: str
) -> tuple[Callable[[T], Any], bool]:
    """The sort key and the direction a request asks for."""
    word = request.query_params.get("ordering")
    if not word:
        return orderings[default]
    if word not in orderings:
        problem = f"ordering must be one of {', '.join(orderings)}"
        raise invalid_field_error(problem, "ordering")
    key, reverse = orderings[word]
    return key, reverse != bool(request.state.flip_ordering)
