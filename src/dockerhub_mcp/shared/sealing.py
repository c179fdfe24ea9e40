"""Seal values, so that a store and its backups contain nothing readable, and no value moves to another key.

A sealed value consists of a version (1 byte), the id of the key (8 bytes), a nonce (12 bytes) and the
ciphertext with its tag. The name of the store's key and the header are authenticated with it.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dockerhub_mcp.shared.keys import KeyRing

_VERSION = b"\x01"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_HEADER_BYTES = len(_VERSION) + _KEY_ID_BYTES


class Sealer:
    """Seals values with AES-256-GCM under the first key of a ring, and unseals those of all its keys.

    Args:
        keys: The keys that replicas share.
    """

    def __init__(self, keys: KeyRing) -> None:
        headers = [_VERSION + key_id[:_KEY_ID_BYTES] for key_id in keys.derive("ids of sealing keys")]
        self._ciphers = dict(zip(headers, map(AESGCM, keys.derive("sealed values")), strict=True))
        self._header = headers[0]

    def seal(self, name: str, content: bytes) -> bytes:
        """Return content sealed for the store's key of a name."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._header].encrypt(nonce, content, self._header + name.encode())
        return self._header + nonce + sealed

    def unseal(self, name: str, sealed: bytes) -> bytes | None:
        """Return the content of a sealed value.

        Returns:
            None if the value was damaged, or was sealed for another name or with an unknown key.
        """
        header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
        cipher = self._ciphers.get(header)
        if cipher is None or len(rest) < _NONCE_BYTES:
            return None
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header + name.encode())
        except InvalidTag:
            return None
