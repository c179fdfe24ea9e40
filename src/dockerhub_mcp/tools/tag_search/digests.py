"""Digests, in full or by their first characters."""

from __future__ import annotations

import re

_PREFIX = re.compile(r"(?:[\w./:-]*@)?(?:sha256:)?([0-9a-f]{1,64})…?", re.IGNORECASE)
MIN_DIGEST_CHARS = 12
_ALGORITHM = "sha256:"


def normalize_digest_prefix(text: str) -> str:
    """Return a digest, or the beginning of one, with its algorithm and in lower case.

    Raises:
        ValueError: It is no digest, or too short.
    """
    found = _PREFIX.fullmatch(text.strip())
    if found is None:
        msg = "must be a sha256 digest, or its first 12 characters or more"
        raise ValueError(msg)
    if len(found[1]) < MIN_DIGEST_CHARS:
        msg = f"must have at least {MIN_DIGEST_CHARS} hexadecimal characters, so that it is unambiguous"
        raise ValueError(msg)
    return f"{_ALGORITHM}{found[1].lower()}"


def shorten_digest(digest: str) -> str:
    """Return the first characters of a digest, without its algorithm."""
    return digest.removeprefix(_ALGORITHM)[:MIN_DIGEST_CHARS]
