"""Redaction of secrets and control characters in texts that leave the client."""

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
"""Substrings of every secret that the pattern matches; searching for them first is a hundred times faster."""


class Redactor:
    """Replaces known secrets in a text, and everything that looks like a token of Docker's."""

    def __init__(self) -> None:
        self._known_secrets: list[str] = []  # the longest first: one may contain another

    def add_secret(self, secret: str) -> None:
        """Register a secret, unless the pattern matches it anyway or it is too short to redact safely."""
        if len(secret) > 3 and secret not in self._known_secrets and not _SECRET_PATTERN.fullmatch(secret):  # noqa: PLR2004
            self._known_secrets = sorted([*self._known_secrets, secret], key=len, reverse=True)

    def __call__(self, text: str, *, min_length: int = 4) -> str:
        """Return the text without secrets.

        Args:
            text: The text to redact.
            min_length: Leave registered secrets shorter than this many characters in place.
        """
        for secret in self._known_secrets:
            if len(secret) >= min_length:
                text = text.replace(secret, MASK)
        return _SECRET_PATTERN.sub(MASK, text) if any(marker in text for marker in _SECRET_MARKERS) else text


def to_single_line(text: str, max_length: int = 300) -> str:
    """Return the text as one line without control or other invisible characters, cut to a maximum length."""
    kept = "".join(" " if unicodedata.category(char)[0] in "ZC" else char for char in text)
    line = " ".join(kept.split())
    return line if len(line) <= max_length else f"{line[: max_length - 1]}…"
