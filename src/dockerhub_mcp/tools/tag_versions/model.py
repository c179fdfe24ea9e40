"""The parts of a tag that is a version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from dockerhub_mcp.tools.tag_versions.words import BASE_SYSTEMS, BRANCH_WORDS, CHANNELS, UNSTABLE_WORDS


class SuffixPiece(NamedTuple):
    """A piece of the suffix, such as `-alpine3.22` with its number left out.

    Attributes:
        separator: `-`, or nothing for a piece that directly follows a number.
        word: The word, in lower case; empty for a number alone.
        number: `N` or a date format, behind a separator if there is one; empty for a word alone.
    """

    separator: str
    word: str
    number: str

    def __str__(self) -> str:
        """Return the pattern of the piece, such as `-alpineN`."""
        return f"{self.separator}{self.word}{self.number}"


@dataclass(frozen=True, slots=True)
class Family:
    """What tags must have in common to be compared.

    Attributes:
        prefix: The words in front of the version, such as `bookworm` or `release`.
        has_v: Whether the numbers have a leading `v`.
        scheme: `calver` for dates, `semver` for all other versions.
        date_format: The format of the date, such as `YYYY`, `YYYYMMDD` or `YYYY-MM-DD`; empty for `semver`.
        precision: The number of numeric parts of the version.
        suffix: The pieces of the suffix, in order. Prereleases are not part of it.
    """

    prefix: tuple[str, ...]
    has_v: bool
    scheme: Literal["semver", "calver"]
    date_format: str
    precision: int
    suffix: tuple[SuffixPiece, ...]

    @property
    def flavour(self) -> tuple[str, ...]:
        """The words of the suffix, in order and without numbers, such as `("alpine",)`."""
        return tuple(piece.word for piece in self.suffix if piece.word)

    @property
    def versioned_words(self) -> int:
        """The number of pieces of the suffix with a number, as in `alpine3.22`, build numbers included."""
        return sum(bool(piece.number) for piece in self.suffix)

    @property
    def is_base_system(self) -> bool:
        """Whether the numbers are the version of a base system, as in `windowsservercore-1809`."""
        return self.scheme == "semver" and bool(self.prefix) and self.prefix[-1] in BASE_SYSTEMS

    @property
    def is_unstable(self) -> bool:
        """Whether all its tags are unstable, such as those of `nightly-20260101` and `3.13-dev`."""
        return (
            not UNSTABLE_WORDS.isdisjoint(self.prefix)
            or not BRANCH_WORDS.isdisjoint(self.prefix[:1])
            or not CHANNELS.isdisjoint(self.flavour)
        )

    @property
    def label(self) -> str:
        """A short pattern that people recognize, such as `N.N.N-alpineN` for `1.2.3-alpine3.22`."""
        prefix = "".join(f"{word}-" for word in self.prefix)
        # A date with separators is written in its format, with all its parts.
        is_whole = "-" in self.date_format or "T" in self.date_format
        numbers = (self.date_format or "N") + ("" if is_whole else ".N" * (self.precision - 1))
        return f"{prefix}{'v' if self.has_v else ''}{numbers}{''.join(map(str, self.suffix))}"


@dataclass(frozen=True, slots=True)
class TagVersion:
    """A tag that is a version.

    Attributes:
        tag: The tag.
        family: Its family.
        release: The numeric parts, such as (8, 2, 3).
        release_texts: The numeric parts as they are written, such as ("24", "04").
        is_stable: Whether it is a release by its name, not a prerelease, a branch or a commit.
        sort_key: The key for sorting from old to new within the family. Keys of different families can be
            compared as well: dates are below versions, and a shorter version, which is the newest of its
            series, is above the longer ones. Keys of different tags are never equal.
    """

    tag: str
    family: Family
    release: tuple[int, ...]
    release_texts: tuple[str, ...] = field(repr=False)
    is_stable: bool
    sort_key: tuple[Any, ...] = field(repr=False)

    def is_newer_than(self, other: TagVersion) -> bool:
        """Tell whether it is a newer version of the same family, not the same one with another spelling."""
        # The last part of a key is the tag, which only makes the order definite.
        return self.family == other.family and self.sort_key[:-1] > other.sort_key[:-1]


@dataclass(frozen=True, slots=True)
class NewerTags:
    """The newest tag of the same family at each distance; empty where no tag is newer.

    Attributes:
        patch: The newest with the same major and minor version.
        minor: The newest with the same major version.
        major: The newest of all.
    """

    patch: str = ""
    minor: str = ""
    major: str = ""
