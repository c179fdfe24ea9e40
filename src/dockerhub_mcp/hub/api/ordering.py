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
class Order:
    """One order: the parameter that the Hub takes, and how its answer must come."""

    parameter: str
    attribute: str
    descending: bool

    def sign(self, *, flipped: bool) -> str:
        """Return the parameter, with the other sign when flipped."""
        if not flipped:
            return self.parameter
        return self.parameter[1:] if self.parameter.startswith("-") else f"-{self.parameter}"

    def contradicted_by(self, items: Sequence[Any]) -> bool:
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


class Ordered(Method[Any]):
    """A list whose `ordering` is one of `orders`."""

    _flipped: bool = PrivateAttr(default=False)

    @classmethod
    def orders(cls) -> dict[str, Order]:
        """Return the orders by the words that callers use."""
        raise NotImplementedError

    def _order(self) -> Order | None:
        return self.orders().get(getattr(self, "ordering", None) or "")

    def query(self) -> dict[str, str]:
        """Return the query with the Hub's sign for the order."""
        query = super().query()
        if order := self._order():
            query["ordering"] = order.sign(flipped=self._flipped)
        return query

    def reconsider(self, result: Page[Any]) -> Self | None:
        """Return the same call with the other sign, when the page came the wrong way round."""
        order = self._order()
        if order is None or self._flipped or not order.contradicted_by(result.results):
            return None
        other = self.model_copy()
        other._flipped = True  # noqa: SLF001 - our own copy
        return other
