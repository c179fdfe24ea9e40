"""Reduce the pages of a list to what is needed of them as soon as they arrive.

A page of 100 tags takes two megabytes as models, so a long list would take hundreds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from dockerhub_mcp.hub.models import HubModel, Page

T_contra = TypeVar("T_contra", contravariant=True)
R = TypeVar("R")

CountKept = Callable[[Sequence[Any]], int]
"""Returns how many of the items that follow in the list are kept; none once it has left one out."""


class ItemReducer(Protocol[T_contra, R]):
    """Reduces the items of a list while it is read, so that a long list takes little memory."""

    def reduce_items(self, items: Sequence[T_contra]) -> Sequence[R]:
        """Return each item of a page in a reduced form. Pages come in the order in which they arrive."""
        ...

    def count_kept(self, items: Sequence[R]) -> int:
        """Return how many of the reduced items that follow in the list are kept, in the list's order.

        Once one is left out, all that follow must be.
        """
        ...


class ReadPage(NamedTuple):
    """A page that was read.

    Attributes:
        page: What the Hub said about the page, without its items.
        keys: What identifies each item.
        items: The items, reduced.
    """

    page: Page[Any]
    keys: list[str | bytes]
    items: Sequence[Any]


def reduce_page(page: Page[Any], reducer: ItemReducer[Any, Any] | None) -> ReadPage:
    """Take the items out of a page, and reduce them."""
    items, page.results = page.results, []
    keys = [_identify_item(item) for item in items]
    return ReadPage(page, keys, items if reducer is None else reducer.reduce_items(items))


def _identify_item(item: HubModel) -> str | bytes:
    """Return the value that identifies an item: its name or id, or else a digest of all its fields."""
    value = getattr(item, item.key_field, None) if item.key_field else None
    if value is not None:
        return str(value)
    return hashlib.blake2b(item.model_dump_json().encode("utf-8", "surrogatepass"), digest_size=16).digest()
