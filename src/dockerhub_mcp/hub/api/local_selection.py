"""Filters and orders that the Hub does not have: the whole list is read, and selected from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from dockerhub_mcp.hub.api.method import Method


class LocalSelectionMethod(Method[Any]):
    """A list method with arguments that are applied here, to the whole list."""

    @property
    def selects_locally(self) -> bool:
        """Whether this call has such an argument."""
        return False

    def as_whole_list(self) -> Self:
        """Return the call that reads the list from its start, without these arguments."""
        raise NotImplementedError

    def select_items(self, items: Sequence[Any]) -> list[Any]:
        """Return the items that match, in the order of the call.

        Args:
            items: The items that were read, in the order of the Hub.
        """
        raise NotImplementedError

    def describe_selection(self, items: Sequence[Any], selected: Sequence[Any]) -> list[str]:
        """Return sentences that say what was done here, for a result that shows a part of `selected`."""
        raise NotImplementedError
