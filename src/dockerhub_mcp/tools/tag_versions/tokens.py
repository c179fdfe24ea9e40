"""Split tags into words, numbers, dates, platforms, commits and separators."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

MAX_TAG_LENGTH = 128

TokenKind = Literal["commit", "datetime", "platform", "number", "word", "separator"]

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
# No alternative can match the same text in two ways, and those that look ahead start only where a segment of
# the tag starts: the time is linear.
_TOKEN = re.compile(
    r"""
    (?P<commit>
        (?<![a-z0-9.])g?(?![0-9]+(?![a-f0-9]))[0-9a-f]{7,64}(?![a-z0-9])
        # A date tells that a short hexadecimal word behind it is a commit.
        |(?<=[0-9]{8}[-_.])(?![0-9]{6})[0-9a-f]{6}(?![a-z0-9])
    )
    |(?P<datetime>
        (?<![a-z0-9])(?:19|2[0-9])[0-9]{2}-(?:0[1-9]|1[0-2])
        (?:-(?:0[1-9]|[12][0-9]|3[01])(?:t[0-9]{2}-[0-9]{2}-[0-9]{2}z?)?)?
        (?![a-z0-9])
        |(?<![a-z0-9])(?:19|2[0-9])[0-9]{6}t[0-9]{4}(?:[0-9]{2})?z?(?![a-z0-9])
    )
    |(?P<platform>
        (?<![a-z0-9.])
        (?:x86[-_]64|x86|x64|32bit|64bit|win64|win32|i386|(?<=[-_])386|amd64|aarch64|arm64v8|arm64|arm32v[5-8]|armv[5-8]l?|armhf
        |armel|arm|s390x|ppc64le|ppc64|riscv64|mips64le|mips64|loong64)
        (?:[-_]v[2-9])?
        (?![a-z0-9])
    )
    |(?P<number>[0-9]+(?:\.[0-9]+)*)
    |(?P<word>[a-z]+)
    |(?P<separator>[-_.])
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """A part of a tag, in lower case.

    Attributes:
        kind: What it is.
        text: Its text.
        start: Its position in the tag.
    """

    kind: TokenKind
    text: str
    start: int


def split_tag(tag: str) -> list[Token]:
    """Return the tokens of a tag; an empty list if no image can have such a tag."""
    if len(tag) > MAX_TAG_LENGTH or _TAG.fullmatch(tag) is None:
        return []
    tokens = []
    for match in _TOKEN.finditer(tag.lower()):
        kind: TokenKind = match.lastgroup  # type: ignore[assignment]  # one of the groups matched
        tokens.append(Token(kind, match[0], match.start()))
    return tokens
