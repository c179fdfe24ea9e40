"""Sort orders with descriptive names, because the sign of the Hub's `ordering` is unreliable.

On the Hub `ordering=last_updated` lists the newest items first and `-last_updated` the oldest, and
`ordering=pull_count` the most pulled first, although the reference says the opposite; names differ between
routes. So callers choose an order by name, and the client sends the sign that is known to work. It repeats a
call with the other sign where the result comes in the opposite order, and says so where the Hub ignored the
order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import pairwise
from typing import Any, Self

from pydantic import PrivateAttr

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.models import Page

_NUMBER_TOLERANCE = 0.01
"""Numbers that differ by less than this share count as equal: counters go on while a list is read."""
_EXCEPTION_SHARE = 0.1
"""The share of neighbours that may come in the wrong order."""


class OrderCheck(Enum):
    """What a list of items says about its order."""

    UNPROVEN = auto()
    """The values are too few or too equal to tell."""
    FOLLOWED = auto()
    IGNORED = auto()


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
        values = self._collect_values(items)
        if not self._has_enough(values):
            return False
        return all(first == second or self._is_reversed(first, second) for first, second in pairwise(values))

    def check(self, items: Sequence[Any]) -> OrderCheck:
        """Tell whether the items come in this order; a few exceptions count as following it."""
        values = self._collect_values(items)
        if not self._has_enough(values):
            return OrderCheck.UNPROVEN
        if any(self._is_followed(candidates) for candidates in _iter_collations(values)):
            return OrderCheck.FOLLOWED
        return OrderCheck.IGNORED

    def _collect_values(self, items: Sequence[Any]) -> list[Any]:
        found = [value for item in items if (value := getattr(item, self.attribute, None)) is not None]
        return [value.replace(microsecond=0) if isinstance(value, datetime) else value for value in found]

    def _has_enough(self, values: Sequence[Any]) -> bool:
        return len(set(values)) >= (3 if self.attribute == "name" else 2)

    def _is_reversed(self, first: Any, second: Any) -> bool:
        return bool(first < second if self.descending else first > second)

    def _is_followed(self, values: Sequence[Any]) -> bool:
        pairs = list(pairwise(values))
        exceptions = sum(
            not _is_about_equal(first, second) and self._is_reversed(first, second) for first, second in pairs
        )
        return exceptions <= _EXCEPTION_SHARE * len(pairs)


def _is_about_equal(first: Any, second: Any) -> bool:
    if not isinstance(first, int | float):
        return bool(first == second)
    difference: float = abs(first - second)
    limit: float = _NUMBER_TOLERANCE * max(abs(first), abs(second))
    return difference <= limit


def _iter_collations(values: list[Any]) -> Iterable[list[Any]]:
    """Yield the values as databases compare them: names also without case, or letters and digits only."""
    yield values
    if values and isinstance(values[0], str):
        folded = [value.casefold() for value in values]
        yield folded
        yield ["".join(filter(str.isalnum, value)) for value in folded]


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
        query.pop("ordering", None)  # which may be one that the Hub does not have
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

    def list_explained_fields(self) -> list[str]:
        """Add the field that the order goes by."""
        order = self._get_selected_order()
        return [*super().list_explained_fields(), *([order.attribute] if order else [])]

    def explain_result(self, result: Page[Any], reference: Any = None) -> list[str]:
        """Add a sentence where the Hub ignored the order, or where the items do not show that it did not."""
        notes = super().explain_result(result, reference)
        if order := self._get_selected_order():
            notes += self._explain_order(order, result)
        return notes

    def _explain_order(self, order: SortOrder, result: Page[Any]) -> list[str]:
        name, by = getattr(self, "ordering", ""), order.attribute
        check = order.check(result.results)
        if check is OrderCheck.IGNORED:
            note = f"The Hub did not order the list as asked (ordering={name})"
            if not result.next and len(result.results) == result.count:
                return [f"{note}; this is the whole list."]
            return [f"{note}; a page alone may lack the first ones by {by}: read the whole list and compare."]
        counts = [getattr(item, by, None) for item in result.results]
        is_counted = (
            isinstance(counts[0], int) if counts else False
        )  # tags are often pushed in the same second
        if is_counted and result.next and len(counts) > 1 and len(set(counts)) == 1:
            return [f"All have the same {by}, so nothing shows that the Hub followed ordering={name}."]
        return []
