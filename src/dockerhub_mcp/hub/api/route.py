"""Routes: an HTTP verb and a path template, expanded so that no value can change the path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dockerhub_mcp.hub.errors import InvalidRequest

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP verb and a path template under the Hub's origin."""

    verb: str
    path_template: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path parameters, in order."""
        return tuple(_PLACEHOLDER.findall(self.path_template))

    @property
    def is_safe(self) -> bool:
        """Whether the verb only reads (a safe method, RFC 9110), so that a request may be repeated."""
        return self.verb in {"GET", "HEAD"}

    def expand_path(self, values: dict[str, Any]) -> str:
        """Return the path with every value percent-encoded.

        Raises:
            InvalidRequest: A value is empty, `.` or `..`, which would select another path.
        """

        def encode_segment(match: re.Match[str]) -> str:
            name = match[1]
            value = str(values[name])
            if value.strip() in {"", ".", ".."}:
                what = f"{name} is {value!r}, which cannot be part of a path on the Hub."
                raise InvalidRequest(what, remedy=f"Give {name} a plain name.")
            return quote(value, safe="")

        return _PLACEHOLDER.sub(encode_segment, self.path_template)

    def __str__(self) -> str:
        return f"{self.verb} {self.path_template}"


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
