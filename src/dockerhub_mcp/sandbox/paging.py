"""Pages: which one is asked for, and the links to its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from dockerhub_mcp.sandbox.errors import invalid

LARGEST_PAGE = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """A page that is asked for, counted from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many entries come before the page."""
        return (self.number - 1) * self.size

    def of(self, entries: Sequence[T]) -> Sequence[T]:
        """The entries on the page."""
        return entries[self.offset : self.offset + self.size]

    def is_past_the_end(self, total: int) -> bool:
        """Whether the page lies behind the last one; the first page always exists."""
        return self.number > 1 and self.offset >= total


def page(request: Request, default_size: int = 10) -> Page:
    """The page a request asks for; sizes above the maximum are silently cut to it."""
    number = _positive(request, "page", 1)
    size = _positive(request, "page_size", default_size)
    return Page(number, min(size, LARGEST_PAGE))


def links(request: Request, wanted: Page, total: int) -> dict[str, str | None]:
    """The absolute URLs of the next and the previous page, or nulls."""
    has_next = wanted.offset + wanted.size < total
    return {
        "next": _url(request, wanted, wanted.number + 1) if has_next else None,
        "previous": _url(request, wanted, wanted.number - 1) if wanted.number > 1 else None,
    }


def listing(request: Request, wanted: Page, total: int, results: list[dict[str, Any]]) -> dict[str, Any]:
    """A page in the shape most lists have."""
    return {"count": total, **links(request, wanted, total), "results": results}


def _positive(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    # Longer numbers than these are refused by Python itself, and no list is that long.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(2**31)) and int(text) > 0):
        problem = f"{name} must be a positive integer"
        raise invalid(problem, name)
    return int(text)


def _url(request: Request, wanted: Page, number: int) -> str:
    query = parse_qsl(request.url.query, keep_blank_values=True)
    kept = [(key, value) for key, value in query if key not in {"page", "page_size"}]
    kept += [("page", str(number)), ("page_size", str(wanted.size))]
    return str(request.url.replace(query=urlencode(kept), fragment=""))
