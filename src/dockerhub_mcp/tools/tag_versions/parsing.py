"""Parse tags as versions."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from dockerhub_mcp.tools.tag_versions.dates import date_format
from dockerhub_mcp.tools.tag_versions.model import Family, TagVersion
from dockerhub_mcp.tools.tag_versions.suffix import Suffix, parse_suffix
from dockerhub_mcp.tools.tag_versions.tokens import Token, split_tag
from dockerhub_mcp.tools.tag_versions.words import (
    BRANCH_WORDS,
    CODE_BRANCHES,
    COMMIT_WORDS,
    UNSTABLE_WORDS,
    VERSION_WORDS,
)

_COMMIT_DIGITS = 7
"""The digits of the shortest abbreviated commit."""


class _Release(NamedTuple):
    """The numbers of a version, and where they are among the tokens."""

    position: int
    texts: tuple[str, ...]
    scheme: Literal["semver", "calver"]
    date_format: str


def parse_tag(tag: str) -> TagVersion | None:
    """Return the version that a tag is, or None. It takes linear time and raises nothing.

    The version is the first number at the start of a segment of the tag: words in front of it are the prefix,
    all behind it is the suffix. Commits and the names of platforms are no versions.
    """
    tokens = split_tag(tag)
    release = _find_release(tokens)
    if release is None:
        return None
    prefix, has_v = _parse_prefix(tokens[: release.position])
    if prefix[:1] and prefix[0] in COMMIT_WORDS:
        return None  # a commit may have digits only
    if prefix[-1:] and prefix[-1] in CODE_BRANCHES and _may_be_commit(release):
        return None
    suffix = parse_suffix(tokens[release.position + 1 :])
    family = Family(prefix, has_v, release.scheme, release.date_format, len(release.texts), suffix.pieces)
    numbers = tuple(map(int, release.texts))
    has_commit = any(token.kind == "commit" for token in tokens)
    is_stable = not (suffix.prereleases or has_commit or family.is_unstable)
    key = (*_rank(family), *_release_key(numbers, suffix), tag)
    return TagVersion(tag, family, numbers, release.texts, is_stable, key)


def _may_be_commit(release: _Release) -> bool:
    """Tell whether a number may be a commit: of 27 abbreviated commits, one has digits only."""
    return not release.date_format and len(release.texts) == 1 and len(release.texts[0]) >= _COMMIT_DIGITS


def is_unstable_tag(tag: str) -> bool:
    """Tell whether a tag names a prerelease, a branch or a snapshot, version or not."""
    if (version := parse_tag(tag)) is not None:
        return not version.is_stable
    tokens = split_tag(tag)
    words = [token.text for token in tokens if token.kind == "word"]
    return (
        any(token.kind == "commit" for token in tokens)
        or not UNSTABLE_WORDS.isdisjoint(words)
        or not BRANCH_WORDS.isdisjoint(words[:1])
    )


def _rank(family: Family) -> tuple[int]:
    """Return the place of a family among the families of a repository."""
    return (0 if family.scheme == "calver" or family.is_base_system or family.is_unstable else 1,)


def _release_key(numbers: tuple[int, ...], suffix: Suffix) -> tuple[object, ...]:
    return ((*numbers, math.inf), not suffix.prereleases, suffix.prereleases, suffix.numbers)


def _find_release(tokens: list[Token]) -> _Release | None:
    for index, token in enumerate(tokens):
        if token.kind == "datetime" and _starts_segment(tokens, index):
            return _parse_datetime(index, token.text)
        if token.kind == "number" and _starts_version(tokens, index):
            texts = tuple(token.text.split("."))
            format_ = date_format(texts[0])
            return _Release(index, texts, "calver" if format_ else "semver", format_)
    return None


def _starts_segment(tokens: list[Token], index: int) -> bool:
    return index == 0 or tokens[index - 1].kind == "separator"


def _starts_version(tokens: list[Token], index: int) -> bool:
    """Tell whether a number is at the start of a segment, or behind a word such as `v` that is."""
    if _starts_segment(tokens, index):
        return True
    word = tokens[index - 1]
    return (
        word.kind == "word"
        and (word.text == "v" or word.text in VERSION_WORDS)
        and _starts_segment(tokens, index - 1)
    )


def _parse_datetime(index: int, text: str) -> _Release:
    date, _, time = text.rstrip("z").partition("t")
    texts = (*date.split("-"), *(time.split("-") if time else ()))
    separator = "-" if "-" in date else ""
    format_ = separator.join(("YYYY", "MM", "DD")[: len(date.split("-"))] if separator else ("YYYYMMDD",))
    if time:
        format_ += "Thh-mm-ssZ" if separator else "T" + "hhmmss"[: len(time)]
    return _Release(index, texts, "calver", format_)


def _parse_prefix(tokens: list[Token]) -> tuple[tuple[str, ...], bool]:
    """Return the words of a prefix without commits, and whether the version has a `v`."""
    has_v = bool(tokens) and tokens[-1].text == "v" and _starts_segment(tokens, len(tokens) - 1)
    words = [""]
    for token in tokens[:-1] if has_v else tokens:
        if token.kind == "separator" and token.text != ".":
            words.append("")
        elif token.kind != "commit":
            words[-1] += token.text
    return tuple(stripped for word in words if (stripped := word.strip("."))), has_v
