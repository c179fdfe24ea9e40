"""Routes: an HTTP verb and a path template, expanded so that no value can change the path."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from dockerhub_mcp.hub.errors import InvalidRequest

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_UNRESERVED = re.compile(
    r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]*"
)  # percent-encoding leaves these characters as they are


class Route(NamedTuple):
    """An HTTP verb and a path template under the Hub's origin."""

    verb: str
    path_template: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path parameters, in order."""
        return _split_template(self.path_template)[1::2]

    @property
    def is_safe(self) -> bool:
        """Whether the verb only reads (a safe method, RFC 9110), so that a request may be repeated."""
        return self.verb in {"GET", "HEAD"}

    def expand_path(self, values: dict[str, Any]) -> str:
        """Return the path with every value percent-encoded.

        Raises:
            InvalidRequest: A value is empty, `.` or `..`, which would select another path.
        """
        parts = list(_split_template(self.path_template))
        for position in range(1, len(parts), 2):
            parts[position] = _encode_segment(parts[position], str(values[parts[position]]))
        return "".join(parts)

    def __str__(self) -> str:
        return f"{self.verb} {self.path_template}"


@cache
def _split_template(path_template: str) -> tuple[str, ...]:
    """Return the texts of a template, and between them the names of its parameters."""
    return tuple(_PLACEHOLDER.split(path_template))


def _encode_segment(name: str, value: str) -> str:
    if _UNRESERVED.fullmatch(value):
        return value  # as nearly all names are
    if value.strip() in {"", ".", ".."}:
        what = f"{name} is {value!r}, which cannot be part of a path on the Hub."
        raise InvalidRequest(what, remedy=f"Give {name} a plain name.")
    return quote(value, safe="")


def GET(path: str) -> Route:  # noqa: N802 - spelled like the verb
    """Declare a route that reads."""
    return Route("GET", path)


def HEAD(path: str) -> Route:  # noqa: N802
    """Declare a route that checks for existence."""
    return Route("HEAD", path)


def POST(path: str) -> Route:  # noqa: N802
    """Declare a route that creates something or runs an action."""
    return Route("POST", path)


def PUT(path: str) -> Route:  # noqa: N802
    """Declare a route that replaces."""
    return Route("PUT", path)


def PATCH(path: str) -> Route:  # noqa: N802
    """Declare a route that updates."""
    return Route("PATCH", path)


def DELETE(path: str) -> Route:  # noqa: N802
    """Declare a route that deletes."""
    return Route("DELETE", path)
