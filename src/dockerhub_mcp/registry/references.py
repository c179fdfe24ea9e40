"""Check repository names, tags and digests before they become part of a URL, and contents by their digest."""

from __future__ import annotations

import hashlib
import re

from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.redaction import to_single_line

_NAME_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_NAME_PART}(?:/{_NAME_PART})+")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_MAX_NAME_LENGTH = 512  # of a namespace and a name; the Hub has names of 255 characters


def is_digest(text: str) -> bool:
    """Return whether a text is a whole digest of a known algorithm."""
    return _DIGEST.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Return whether a text can be the name of a tag."""
    return _TAG.fullmatch(text) is not None


def is_repository(text: str) -> bool:
    """Return whether a text can be the name of a repository with its namespace."""
    return len(text) <= _MAX_NAME_LENGTH and _REPOSITORY.fullmatch(text) is not None


def check_repository(repository: str) -> None:
    """Check the name of a repository.

    Raises:
        InvalidRequest: It is not a namespace and a name.
    """
    if not is_repository(repository):
        what = f"{to_single_line(repository, 80)!r} cannot be the name of a repository; nothing was sent."
        raise InvalidRequest(what, remedy="Write it as namespace/name, such as library/redis.")


def check_reference(reference: str) -> None:
    """Check a tag or digest.

    Raises:
        InvalidRequest: It is neither.
    """
    if not is_tag(reference) and not is_digest(reference):
        what = f"{to_single_line(reference, 80)!r} is neither a tag nor a whole digest; nothing was sent."
        raise InvalidRequest(what, remedy="Give a tag, or sha256: with 64 hexadecimal digits.")


def check_digest(digest: str) -> None:
    """Check a digest.

    Raises:
        InvalidRequest: It is something else.
    """
    if not is_digest(digest):
        what = f"{to_single_line(digest, 80)!r} is not a whole digest; nothing was sent."
        raise InvalidRequest(what, remedy="Give sha256: with 64 hexadecimal digits.")


def compute_digest(content: bytes, algorithm: str = "sha256") -> str:
    """Return the digest of a content."""
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def has_digest(content: bytes, digest: str) -> bool:
    """Return whether a content has a digest, which is one of a known algorithm."""
    return compute_digest(content, digest.partition(":")[0]) == digest
