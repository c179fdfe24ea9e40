"""Keeping secrets and control characters out of every text that leaves the client."""

from __future__ import annotations

import re
import unicodedata

MASK = "***"
_SECRET_PATTERN = re.compile(
    r"dckr_(?:pat|oat)_[\w-]+"  # personal and organization access tokens
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # JSON web tokens
    r"|(?<=[Bb]earer )[\w.~+/=-]{8,}"
    r"|(?<=[Bb]asic )[\w+/=]{8,}"
)
_SECRET_MARKERS = ("dckr_", "eyJ", "earer ", "asic ")
"""Without one of these in a text, none of them is there."""


class Redactor:
    """Replaces known secrets, and whatever looks like one of Docker's, in a text."""

    def __init__(self) -> None:
        self._known_secrets: list[str] = []  # the longest first: one may hold another

    def add_secret(self, secret: str) -> None:
        """Remember a secret, unless its form gives it away or it is so short that words would be garbled."""
        if len(secret) > 3 and secret not in self._known_secrets and not _SECRET_PATTERN.fullmatch(secret):  # noqa: PLR2004
            self._known_secrets = sorted([*self._known_secrets, secret], key=len, reverse=True)

    def __call__(self, text: str, *, min_length: int = 4) -> str:
        """Return the text without secrets; known ones count from a length on."""
        for secret in self._known_secrets:
            if len(secret) >= min_length:
                text = text.replace(secret, MASK)
        # Looking for these words first takes a hundredth of what the pattern takes to find nothing.
        return _SECRET_PATTERN.sub(MASK, text) if any(sign in text for sign in _SECRET_MARKERS) else text


def to_single_line(text: str, max_length: int = 300) -> str:
    """Return one line without control, invisible or direction-changing characters, cut at a length."""
    kept = "".join(" " if unicodedata.category(char)[0] in "ZC" else char for char in text)
    line = " ".join(kept.split())
    return line if len(line) <= max_length else f"{line[: max_length - 1]}…"
