"""The parts of a tag that is a version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Family:
    """What tags must have in common to be compared.

    Attributes:
        prefix: The words in front of the version, such as `bookworm` or `release`.
        has_v: Whether a `v` stands in front of the numbers.
        scheme: `calver` for dates, `semver` for all other versions.
        flavour: The words of the suffix, in order, such as `("alpine",)`.
        precision: The number of numeric parts of the version.
        versioned_words: The number of pieces of the suffix with a version of their own, as in `alpine3.22`.
    """

    prefix: tuple[str, ...]
    has_v: bool
    scheme: Literal["semver", "calver"]
    flavour: tuple[str, ...]
    precision: int
    versioned_words: int

    @property
    def label(self) -> str:
        """A short pattern that people recognize, such as `1.2.3-alpine3.22` written as `N.N.N-alpineN`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class TagVersion:
    """A tag that is a version. Within a family, `sort_key` orders from old to new.

    Attributes:
        tag: The tag.
        family: Its family.
        release: The numeric parts, such as (8, 2, 3).
        is_stable: Whether it is a release, not a prerelease.
        sort_key: The key for sorting within the family.
    """

    tag: str
    family: Family
    release: tuple[int, ...]
    is_stable: bool
    sort_key: tuple[Any, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewerTags:
    """The newest tag of the same family at each distance; empty where there is none newer.

    Attributes:
        patch: The newest with the same major and minor version.
        minor: The newest with the same major version.
        major: The newest of all.
    """

    patch: str = ""
    minor: str = ""
    major: str = ""
