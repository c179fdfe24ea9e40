"""The query parameters that lists share: page, page size and ordering."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from dockerhub_mcp.sandbox.errors import invalid_field_error

MAX_PAGE_SIZE = 100
# Python refuses to parse very long numbers, and no list has this many entries.
MAX_DIGITS = len(str(2**31))
T = TypeVar("T")

Ordering: TypeAlias = tuple[Callable[[T], Any], bool]
"""A sort key, and whether it sorts in descending order."""


@dataclass(frozen=True)
class PageRequest:
    """A requested page; the first page has number 1."""

    number: int
    size: int
    requested_size: int
    """The size as requested, which the links repeat although no page has more than 100 entries."""

    @property
    def offset(self) -> int:
        """The number of entries on earlier pages."""
        return (self.number - 1) * self.size

    def slice_entries(self, entries: Sequence[T]) -> Sequence[T]:
        """Return the entries on the page."""
        return entries[self.offset : self.offset + self.size]

    def is_out_of_range(self, total: int) -> bool:
        """Return whether the page is after the last one. The first page always exists."""
        return self.number > 1 and self.offset >= total


def parse_page_request(request: Request, default_size: int = 10) -> PageRequest:
    """Return the requested page. Page sizes above 100 are reduced to 100.

    Raises:
        SandboxHTTPError: 400 for a page or a page size that is not a positive integer.
    """
    number = _parse_positive_int(request, "page", 1)
    size = _parse_positive_int(request, "page_size", default_size)
    return PageRequest(number, min(size, MAX_PAGE_SIZE), size)


def parse_ordering(request: Request, orderings: Mapping[str, Ordering[T]], default: str) -> Ordering[T]:
    """Return the requested ordering.

    Raises:
        SandboxHTTPError: 400 for an unknown ordering.
    """
    name = request.query_params.get("ordering")
    if not name:
        return orderings[default]
    if name not in orderings:
        message = f"ordering must be one of {', '.join(orderings)}"
        raise invalid_field_error(message, "ordering")
    key, is_descending = orderings[name]
    return key, is_descending != bool(request.state.flip_ordering)


def build_page_links(request: Request, page_request: PageRequest, total: int) -> dict[str, str | None]:
    """Return the absolute URLs of the next and the previous page, null for a missing one."""
    number = page_request.number
    has_next = page_request.offset + page_request.size < total
    return {
        "next": _build_page_url(request, page_request, number + 1) if has_next else None,
        "previous": _build_page_url(request, page_request, number - 1) if number > 1 else None,
    }


def build_page_body(
    request: Request, page_request: PageRequest, total: int, results: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the body of a page as most lists have it."""
    return {"count": total, **build_page_links(request, page_request, total), "results": results}


def encode_page(body: dict[str, Any], results: Iterable[str]) -> str:
    """Return a page as JSON, from its body without results and the results, which are JSON already."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return f"{text.removesuffix('[]}')}[{','.join(results)}]}}"


def _parse_positive_int(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and int(text) > 0):
        message = f"{name} must be a positive integer"
        raise invalid_field_error(message, name)
    return int(text)


def _build_page_url(request: Request, page_request: PageRequest, number: int) -> str:
    parameters = parse_qsl(request.url.query, keep_blank_values=True)
    parameters = [(name, value) for name, value in parameters if name not in {"page", "page_size"}]
    parameters += [("page", str(number)), ("page_size", str(page_request.requested_size))]
    return str(request.url.replace(query=urlencode(parameters), fragment=""))
