"""Orders by what they mean, because the Hub's signs do not say it.

On the Hub `ordering=last_updated` lists the newest first and `-last_updated` the oldest, though the
reference says the opposite; for other fields and routes reports disagree. So callers name what they
want, the sign that is known to work is sent, and an answer that comes in the opposite order is asked
for again with the other sign.
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
    """One order: the parameter that the Hub takes, and how its answer must come."""

    parameter: str
    attribute: str
    descending: bool

    def format_parameter(self, *, inverted: bool) -> str:
        """Return the parameter, with the other sign when flipped."""
        if not inverted:
            return self.parameter
        return self.parameter[1:] if self.parameter.startswith("-") else f"-{self.parameter}"

    def is_contradicted_by(self, items: Sequence[Any]) -> bool:
        """Tell whether the items come in exactly the opposite order.

        Names need three values to be sure, since the Hub's collation is not ours. Moments count in whole
        seconds: the Hub writes as many digits as it likes.
        """
        found = [value for item in items if (value := getattr(item, self.attribute, None)) is not None]
        values = [v.replace(microsecond=0) if isinstance(v, datetime) else v for v in found]
        if len(set(values)) < (3 if self.attribute == "name" else 2):
            return False
        if self.descending:
            return all(first <= second for first, second in pairwise(values))
        return all(first >= second for first, second in pairwise(values))


class OrderedMethod(Method[Any]):
    """A list whose `ordering` is one of `orders`."""

    _is_inverted: bool = PrivateAttr(default=False)

    @classmethod
    def available_orders(cls) -> dict[str, SortOrder]:
        """Return the orders by the words that callers use."""
        raise NotImplementedError

    def _get_selected_order(self) -> SortOrder | None:
        return self.available_orders().get(getattr(self, "ordering", None) or "")

    def build_query(self) -> dict[str, str]:
        """Return the query with the Hub's sign for the order."""
        query = super().build_query()
        if order := self._get_selected_order():
            query["ordering"] = order.format_parameter(inverted=self._is_inverted)
        return query

    def corrected_call(self, result: Page[Any]) -> Self | None:
        """Return the same call with the other sign, when the page came the wrong way round."""
        order = self._get_selected_order()
        if order is None or self._is_inverted or not order.is_contradicted_by(result.results):
            return None
        other = self.model_copy()
        other._is_inverted = True  # noqa: SLF001 - our own copy
        return other
