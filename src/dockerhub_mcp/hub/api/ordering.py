"""Sort orders with descriptive names, because the sign of the Hub's `ordering` is unreliable.

On the Hub `ordering=last_updated` lists the newest items first and `-last_updated` the oldest, although the
reference says the opposite; reports about other fields and routes disagree. So callers choose an order by
name, the client sends the sign that is known to work, and it repeats a call with the other sign where the
result comes in the opposite order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Self

from pydantic import PrivateAttr

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.models import Page


@dataclass(frozen=True, slots=True)
class SortOrder:
    """A sort order.

    Attributes:
        parameter: The value of `ordering` that the Hub is known to expect.
        attribute: The attribute of the items that the order goes by.
        descending: Whether the largest value comes first.
    """

    parameter: str
    attribute: str
    descending: bool

    def format_parameter(self, *, inverted: bool) -> str:
        """Return the value of `ordering`, with the opposite sign where inverted."""
        if not inverted:
            return self.parameter
        return self.parameter[1:] if self.parameter.startswith("-") else f"-{self.parameter}"

    def is_contradicted_by(self, items: Sequence[Any]) -> bool:
        """Tell whether the items come in exactly the opposite order.

        Names need three different values, since the Hub's collation differs from Python's. Timestamps are
        compared in whole seconds, since the Hub truncates fractions unevenly.
        """
        found = [value for item in items if (value := getattr(item, self.attribute, None)) is not None]
        values = [v.replace(microsecond=0) if isinstance(v, datetime) else v for v in found]
        if len(set(values)) < (3 if self.attribute == "name" else 2):
            return False
        if self.descending:
            return all(first <= second for first, second in pairwise(values))
        return all(first >= second for first, second in pairwise(values))


class OrderedMethod(Method[Any]):
    """A list method with an `ordering` argument, one of `available_orders`."""

    _is_inverted: bool = PrivateAttr(default=False)

    @classmethod
    def available_orders(cls) -> dict[str, SortOrder]:
        """Return the orders by the name that callers choose them by."""
        raise NotImplementedError

    def _get_selected_order(self) -> SortOrder | None:
        return self.available_orders().get(getattr(self, "ordering", None) or "")

    def build_query(self) -> dict[str, str]:
        """Return the query with the Hub's value for the order."""
        query = super().build_query()
        if order := self._get_selected_order():
            query["ordering"] = order.format_parameter(inverted=self._is_inverted)
        return query

    def corrected_call(self, result: Page[Any]) -> Self | None:
        """Return the same call with the opposite sign, where the page came in the opposite order."""
        order = self._get_selected_order()
        if order is None or self._is_inverted or not order.is_contradicted_by(result.results):
            return None
        other = self.model_copy()
        other._is_inverted = True  # noqa: SLF001 - a copy of this instance
        return other
