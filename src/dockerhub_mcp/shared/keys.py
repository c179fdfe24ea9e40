"""Derive keys from those of `--state-key-file`, and digest names and secrets with them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import cached_property

_KEY_BYTES = 32
_INFO_PREFIX = b"dockerhub-mcp "  # keeps the derived keys apart from those of other programs and of the SDK


class KeyRing:
    """The keys that replicas share: the first is in use, the others are accepted while keys are rotated.

    Attributes:
        keys: The keys themselves, each of 32 bytes or more and each once.

    Args:
        keys: The keys, at least one.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            msg = "a key ring needs a key"
            raise ValueError(msg)
        self.keys = tuple(dict.fromkeys(keys))

    def derive(self, purpose: str) -> tuple[bytes, ...]:
        """Return a key of 32 bytes for a purpose from each key, the one in use first (HKDF-SHA256)."""
        # Loads OpenSSL, which servers without a store and without accounts of requests do not need.
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

        info = _INFO_PREFIX + purpose.encode()
        return tuple(
            HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(key) for key in self.keys
        )

    def digest(self, *parts: str) -> str:
        """Return a keyed digest of texts under the key in use: 64 hexadecimal digits.

        Different parts have different digests, case included: callers normalize names themselves.
        """
        return _digest(self._digest_keys[0], parts)

    def digests(self, *parts: str) -> tuple[str, ...]:
        """Return the digest of texts under each key, the one in use first."""
        return tuple(_digest(key, parts) for key in self._digest_keys)

    @cached_property
    def _digest_keys(self) -> tuple[bytes, ...]:
        return self.derive("digests of names")


def _digest(key: bytes, parts: Sequence[str]) -> str:
    """Return the HMAC-SHA256 of texts, each preceded by its length so that ("ab", "c") is not ("a", "bc")."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        content = part.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8) + content)
    return digest.hexdigest()
