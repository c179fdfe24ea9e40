"""Pages: which one is asked for, and the links to its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from dockerhub_mcp.sandbox.errors import invalid_field_error

MAX_PAGE_SIZE = 100
T = TypeVar("T")


@dataclass(frozen=True)
class PageRequest:
    """A page that is asked for, counted from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many entries come before the page."""
        return (self.number - 1) * self.size

    def slice_entries(self, entries: Sequence[T]) -> Sequence[T]:
        """The entries on the page."""
        return entries[self.offset : self.offset + self.size]

    def is_out_of_range(self, total: int) -> bool:
        """Whether the page lies behind the last one; the first page always exists."""
        return self.number > 1 and self.offset >= total


def parse_page_request(request: Request, default_size: int = 10) -> PageRequest:
    """The page a request asks for; sizes above the maximum are silently cut to it."""
    number = _parse_positive_int(request, "page", 1)
    size = _parse_positive_int(request, "page_size", default_size)
    return PageRequest(number, min(size, MAX_PAGE_SIZE))


def build_page_links(request: Request, page_request: PageRequest, total: int) -> dict[str, str | None]:
    """The absolute URLs of the next and the previous page, or nulls."""
    has_next = page_request.offset + page_request.size < total
    return {
        "next": _build_page_url(request, page_request, page_request.number + 1) if has_next else None,
        "previous": _build_page_url(request, page_request, page_request.number - 1)
        if page_request.number > 1
        else None,
    }


def build_page_body(
    request: Request, page_request: PageRequest, total: int, results: list[dict[str, Any]]
) -> dict[str, Any]:
    """A page in the shape most lists have."""
    return {"count": total, **build_page_links(request, page_request, total), "results": results}


def _parse_positive_int(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    # Longer numbers than these are refused by Python itself, and no list is that long.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(2**31)) and int(text) > 0):
        problem = f"{name} must be a positive integer"
        raise invalid_field_error(problem, name)
    return int(text)


def _build_page_url(request: Request, page_request: PageRequest, number: int) -> str:
    query = parse_qsl(request.url.query, keep_blank_values=True)
    kept = [(key, value) for key, value in query if key not in {"page", "page_size"}]
    kept += [("page", str(number)), ("page_size", str(page_request.size))]
    return str(request.url.replace(query=urlencode(kept), fragment=""))
