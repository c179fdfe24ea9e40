"""Filters and an order of repositories that the Hub does not have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field

from dockerhub_mcp.hub.api.local_selection import LocalSelectionMethod
from dockerhub_mcp.hub.api.marks import LOCAL
from dockerhub_mcp.hub.api.types import UtcDatetime
from dockerhub_mcp.hub.models import RepositorySummary

_LARGEST = "largest"
_KINDS: dict[str, Callable[[RepositorySummary], bool]] = {
    "public": lambda repository: repository.is_private is False,
    "private": lambda repository: repository.is_private is True,
    "archived": lambda repository: repository.is_archived,
    "undescribed": lambda repository: repository.lacks_description,
}
"""What `only` filters by; where the Hub does not tell, a repository is of no such kind."""


class RepositorySelection(LocalSelectionMethod):
    """A list of repositories that may be filtered and sorted here; `ordering` may be `largest`."""

    only: Annotated[
        list[Literal["public", "private", "archived", "undescribed"]] | None,
        LOCAL,
        Field(description="Only those that are all of this; filtered here.", examples=[["private"]]),
    ] = None
    updated_before: Annotated[
        UtcDatetime | None, LOCAL, Field(description="Only those not updated since; filtered here.")
    ] = None

    @property
    def _ordering(self) -> str | None:
        return getattr(self, "ordering", None)

    @property
    def selects_locally(self) -> bool:
        """Whether the order or a filter is one that the Hub does not have."""
        return self._ordering == _LARGEST or bool(self.only) or self.updated_before is not None

    def as_whole_list(self) -> Self:
        """Return the call that reads all repositories, in an order of the Hub."""
        ordering = None if self._ordering == _LARGEST else self._ordering
        own = {"only": None, "updated_before": None, "page": 1, "page_size": 100, "max_items": None}
        return self.model_copy(update={"ordering": ordering, **own})

    def select_items(self, items: Sequence[RepositorySummary]) -> list[RepositorySummary]:
        """Return the repositories that match; of the largest, those of unknown size come last."""
        found = [each for each in items if all(_KINDS[kind](each) for kind in self.only or ())]
        if self.updated_before is not None:
            before = self.updated_before
            found = [each for each in found if each.last_change is not None and each.last_change < before]
        if self._ordering == _LARGEST:
            found.sort(key=lambda each: (each.storage_size is None, -(each.storage_size or 0)))
        return found

    def describe_selection(
        self, items: Sequence[RepositorySummary], selected: Sequence[RepositorySummary]
    ) -> list[str]:
        """Return that repositories were filtered and sorted here, and of how many the facts are unknown."""
        notes, read = [], f"the {len(items)} repositories that were read"
        if self.only or self.updated_before:
            notes.append(f"Filtered here, of {read}: the Hub has no such filter.")
            if unknown := sum(self._lacks_facts(each) for each in items):
                notes.append(f"{unknown} are left out, because the Hub did not send what the filter needs.")
        if self._ordering == _LARGEST:
            notes.append(f"Sorted here by storage_size, of {read}: the Hub has no such order.")
            if unknown := sum(each.storage_size is None for each in selected):
                notes.append(f"The Hub sent no size of {unknown}, which come last.")
        return notes

    def _lacks_facts(self, repository: RepositorySummary) -> bool:
        """Tell whether a filter looks at a fact that the Hub did not send."""
        needs_visibility = {"public", "private"} & set(self.only or ())
        needs_description = "undescribed" in (self.only or ())
        return (
            (self.updated_before is not None and repository.last_change is None)
            or (bool(needs_visibility) and repository.is_private is None)
            or (needs_description and "description" not in repository.model_fields_set)
        )
