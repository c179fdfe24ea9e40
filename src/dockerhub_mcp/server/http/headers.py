"""Read the headers of a request, which are decoded once for all middleware."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, overload

from dockerhub_mcp.server.http.scope_keys import HEADERS_KEY

if TYPE_CHECKING:
    from starlette.types import Scope


class RequestHeaders:
    """The decoded headers of one request. Names are in lower case, as ASGI passes them.

    Args:
        raw: The names and values as an ASGI scope has them.
    """

    __slots__ = ("_first", "_repeated")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._first: dict[str, str] = {}
        self._repeated: dict[str, list[str]] = {}
        for raw_name, raw_value in raw:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            if name in self._first:
                self._repeated.setdefault(name, [self._first[name]]).append(value)
            else:
                self._first[name] = value

    def __contains__(self, name: str) -> bool:
        return name in self._first

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    @property
    def repeated(self) -> Iterable[str]:
        """The names that came more than once."""
        return self._repeated.keys()

    @overload
    def get(self, name: str) -> str | None: ...

    @overload
    def get(self, name: str, default: str) -> str: ...

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of a header."""
        return self._first.get(name, default)

    def get_all(self, name: str) -> list[str]:
        """Return all values of a header, in order."""
        repeated = self._repeated.get(name)
        if repeated is not None:
            return list(repeated)
        return [self._first[name]] if name in self._first else []


def get_headers(scope: Scope) -> RequestHeaders:
    """Return the headers of a request; they are decoded when they are first needed."""
    headers: RequestHeaders | None = scope.get(HEADERS_KEY)
    if headers is None:
        headers = scope[HEADERS_KEY] = RequestHeaders(scope["headers"])
    return headers


def replace_header(scope: Scope, name: str, value: str | None) -> Scope:
    """Return a copy of a scope in which a header has one value, or, for None, is missing."""
    raw_name = name.encode("latin-1")
    headers = [each for each in scope["headers"] if each[0] != raw_name]
    if value is not None:
        headers.append((raw_name, value.encode("latin-1")))
    return {**scope, "headers": headers, HEADERS_KEY: RequestHeaders(headers)}
