"""The tags of signatures and attestations, which are named after the digest that they are about."""

from __future__ import annotations

import re

_SIGNATURE_TAG = re.compile(r"sha256-([0-9a-f]{64})(?:\.[a-z0-9]{1,16})?(?:[.-][\w.-]*)?", re.ASCII)
"""The tags of cosign, such as `sha256-<hex>.sig`, and the fallback tags of the OCI referrers."""


def find_subject(name: str) -> str:
    """Return the digest that a tag of a signature or attestation is about; empty for other tags."""
    found = _SIGNATURE_TAG.fullmatch(name)
    return f"sha256:{found[1]}" if found else ""
