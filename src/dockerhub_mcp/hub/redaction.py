"""Keeping secrets and control characters out of every text that leaves the client."""

from __future__ import annotations

import re
import unicodedata

MASK = "***"
_SECRETS = re.compile(
    r"dckr_(?:pat|oat)_[\w-]+"  # personal and organization access tokens
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # JSON web tokens
    r"|(?<=[Bb]earer )[\w.~+/=-]{8,}"
    r"|(?<=[Bb]asic )[\w+/=]{8,}"
)


class Redactor:
    """Replaces known secrets, and whatever looks like one of Docker's, in a text."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, secret: str) -> None:
        """Remember a secret, unless its form gives it away or it is so short that words would be garbled."""
        if len(secret) > 3 and not _SECRETS.fullmatch(secret):  # noqa: PLR2004
            self._known.add(secret)

    def __call__(self, text: str, *, shortest: int = 4) -> str:
        """Return the text without secrets; known ones count from a length on."""
        for secret in sorted(self._known, key=len, reverse=True):
            if len(secret) >= shortest:
                text = text.replace(secret, MASK)
        return _SECRETS.sub(MASK, text)


def plain(text: str, longest: int = 300) -> str:
    """Return one line without control, invisible or direction-changing characters, cut at a length."""
    kept = "".join(" " if unicodedata.category(char)[0] in "ZC" else char for char in text)
    line = " ".join(kept.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
