"""Digests of identifiers, for logs and traces."""

from __future__ import annotations

import hashlib


def digest_identifier(identifier: str) -> str:
    """Return a short digest of an identifier that gives access, such as that of a session, for logs."""
    return hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:16]
