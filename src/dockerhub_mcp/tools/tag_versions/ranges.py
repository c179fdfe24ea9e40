"""Ranges of versions, such as `>=7,<8`, `^8.2` and `~1.4`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dockerhub_mcp.tools.tag_versions.dates import FIRST_YEAR, split_date

if TYPE_CHECKING:
    from dockerhub_mcp.tools.tag_versions.model import TagVersion

MAX_RANGE_LENGTH = 200
ACCEPTED = (
    "Accepted are versions (8, 8.2.1, 8.x), comparisons (>=7,<8 or !=8.2.0), ^8.2, ~1.4, 7.2 - 7.4, and || "
    "between alternatives. Only numbers are compared: leave out suffixes such as -alpine"
)

Bound = tuple[float, ...]

_INFINITE: Bound = (math.inf,)
_SPACE_AFTER_OPERATOR = re.compile(r"([<>=!^~])\s+")
_SEPARATORS = re.compile(r"[\s,]+")
_COMPARISON = re.compile(
    r"(?P<operator>>=|<=|!=|==|=|>|<|\^|~)?[vV]?(?P<numbers>[0-9]{1,20}(?:\.[0-9]{1,20}){0,9})(?:\.[xX*]){0,3}"
)
_ANYTHING = frozenset({"*", "x", "X"})


@dataclass(frozen=True, slots=True)
class _Comparison:
    """An interval from `low` up to, not including, `high`, or all versions outside it."""

    low: Bound
    high: Bound
    is_excluded: bool = False

    def contains(self, value: Bound) -> bool:
        return (self.low <= value < self.high) != self.is_excluded

    def has_dates(self) -> bool:
        return any(bound and FIRST_YEAR <= bound[0] < math.inf for bound in (self.low, self.high))

    def is_limited(self) -> bool:
        return bool(self.low) or self.high != _INFINITE


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A range of versions.

    Only numbers are compared; suffixes and prereleases play no part. A version with fewer numbers stands for
    the newest of its series: `8.2` is in `>=8.2.1`, in `^8` and in `<8.3`, but not in `<8.2.1`. A range of
    dates, such as `>=2026.1` or `>=20260101`, contains only dates, and other ranges contain none.
    """

    text: str
    _alternatives: tuple[tuple[_Comparison, ...], ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Return the range that a text describes.

        Raises:
            ValueError: It is no range; the message says what is accepted.
        """
        if len(text) > MAX_RANGE_LENGTH:
            message = f"The range is longer than {MAX_RANGE_LENGTH} characters. {ACCEPTED}."
            raise ValueError(message)
        return cls(text, tuple(_parse_alternative(part) for part in text.split("||")))

    def contains(self, version: TagVersion) -> bool:
        """Tell whether a version is in the range; one of a base system (`alpine-3.20`) never is."""
        if version.family.is_base_system:
            return False
        is_date = version.family.scheme == "calver"
        release: tuple[float, ...] = version.release
        if is_date:
            release = (*(split_date(version.release_texts[0]) or release[:1]), *release[1:])
        value = (*release, math.inf)
        return any(
            all(comparison.contains(value) for comparison in comparisons)
            and _accepts_scheme(comparisons, is_date=is_date)
            for comparisons in self._alternatives
        )


def _accepts_scheme(comparisons: tuple[_Comparison, ...], *, is_date: bool) -> bool:
    """Tell whether a range is about dates exactly if a version is one; `*` accepts both."""
    is_limited = any(comparison.is_limited() for comparison in comparisons)
    return not is_limited or is_date == any(comparison.has_dates() for comparison in comparisons)


def _parse_alternative(text: str) -> tuple[_Comparison, ...]:
    items = [item for item in _SEPARATORS.split(_SPACE_AFTER_OPERATOR.sub(r"\1", text)) if item]
    if len(items) == 3 and items[1] == "-":  # noqa: PLR2004 - two ends and the hyphen between them
        items = [f">={items[0]}", f"<={items[2]}"]
    if not items:
        message = f"A range without a version. {ACCEPTED}."
        raise ValueError(message)
    return tuple(map(_parse_comparison, items))


def _parse_comparison(text: str) -> _Comparison:
    if text in _ANYTHING:
        return _Comparison((), _INFINITE)
    match = _COMPARISON.fullmatch(text)
    if match is None:
        message = f"{text!r} is no range of versions. {ACCEPTED}."
        raise ValueError(message)
    numbers = tuple(map(int, match["numbers"].split(".")))
    if expanded := split_date(match["numbers"].partition(".")[0]):
        numbers = (*expanded, *numbers[1:])
    return _COMPARISONS[match["operator"] or "="](numbers)


def _next(numbers: tuple[int, ...], index: int) -> tuple[int, ...]:
    """Return the first version above all that start with the numbers up to an index."""
    return (*numbers[:index], numbers[index] + 1)


def _caret_limit(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Return the first version above those that keep the first number other than zero."""
    return _next(numbers, next((index for index, number in enumerate(numbers) if number), len(numbers) - 1))


_COMPARISONS: dict[str, Callable[[tuple[int, ...]], _Comparison]] = {
    ">=": lambda numbers: _Comparison(numbers, _INFINITE),
    ">": lambda numbers: _Comparison(_next(numbers, len(numbers) - 1), _INFINITE),
    "<": lambda numbers: _Comparison((), numbers),
    "<=": lambda numbers: _Comparison((), _next(numbers, len(numbers) - 1)),
    "=": lambda numbers: _Comparison(numbers, _next(numbers, len(numbers) - 1)),
    "==": lambda numbers: _Comparison(numbers, _next(numbers, len(numbers) - 1)),
    "!=": lambda numbers: _Comparison(numbers, _next(numbers, len(numbers) - 1), is_excluded=True),
    "^": lambda numbers: _Comparison(numbers, _caret_limit(numbers)),
    "~": lambda numbers: _Comparison(numbers, _next(numbers, min(1, len(numbers) - 1))),
}
