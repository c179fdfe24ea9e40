"""Keep what explains a list of its items, instead of the items: a tag takes 20 KiB, its facts 200 bytes."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from dockerhub_mcp.hub.models.images import Platform


class PlatformNames(NamedTuple):
    """The names of a platform."""

    architecture: str | None
    os: str | None


class FactsReader:
    """Reads some fields of items.

    Args:
        names: The names of the fields.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._create = _create_facts_type(self._names)._make
        self._platforms: dict[tuple[PlatformNames, ...], tuple[PlatformNames, ...]] = {}

    def read(self, item: Any) -> Any:
        """Return an object with the same fields as the item, or None without any.

        Of images it has the platforms only.
        """
        if not self._names:
            return None
        return self._create(self._reduce_value(getattr(item, name, None)) for name in self._names)

    def _reduce_value(self, value: Any) -> Any:
        if not (isinstance(value, list) and value and isinstance(value[0], Platform)):
            return value
        platforms = tuple(dict.fromkeys(PlatformNames(each.architecture, each.os) for each in value))
        return self._platforms.setdefault(platforms, platforms)  # most tags have the same


@cache
def _create_facts_type(names: tuple[str, ...]) -> Any:
    return namedtuple("ItemFacts", names)  # noqa: PYI024 - the fields differ by method
