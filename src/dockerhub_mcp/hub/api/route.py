"""Routes: an HTTP verb and a path template, filled so that no value can bend the path."""

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
        """The names in the path template, in order."""
        return tuple(_PLACEHOLDER.findall(self.path_template))

    @property
    def is_safe(self) -> bool:
        """Whether sending it twice does no more than sending it once and changes nothing."""
        return self.verb in {"GET", "HEAD"}

    def expand_path(self, values: dict[str, Any]) -> str:
        """Return the path with every value percent-encoded.

        Raises:
            InvalidRequest: A value is empty, `.` or `..`, which would change which path is meant.
        """

        def encode_segment(match: re.Match[str]) -> str:
            name = match[1]
            value = str(values[name])
            if value.strip() in {"", ".", ".."}:
                what = f"{name} is {value!r}, which cannot be part of a path on the Hub."
                raise InvalidRequest(what, remedy=f"Give {name} its plain name.")
            return quote(value, safe="")

        return _PLACEHOLDER.sub(encode_segment, self.path_template)

    def __str__(self) -> str:
        return f"{self.verb} {self.path_template}"


def GET(path: str) -> Route:  # noqa: N802 - the verb's own spelling
    """Declare a route that reads."""
    return Route("GET", path)


def HEAD(path: str) -> Route:  # noqa: N802
    """Declare a route that asks whether something exists."""
    return Route("HEAD", path)


def POST(path: str) -> Route:  # noqa: N802
    """Declare a route that creates or acts."""
    return Route("POST", path)


def PUT(path: str) -> Route:  # noqa: N802
    """Declare a route that replaces."""
    return Route("PUT", path)


def PATCH(path: str) -> Route:  # noqa: N802
    """Declare a route that changes."""
    return Route("PATCH", path)


def DELETE(path: str) -> Route:  # noqa: N802
    """Declare a route that deletes."""
    return Route("DELETE", path)
