"""Values that look random but never change: each is derived from the hash of a seed, given in parts.

Numbers and UUIDs are cached, because tests build the same sample data thousands of times.
"""

import hashlib
import uuid
from functools import lru_cache

CACHE_SIZE = 2**14


def derive_digest(*parts: object) -> str:
    """Return a content digest in a registry's notation, `sha256:` and 64 hexadecimal digits."""
    return "sha256:" + _hash_parts(parts).hexdigest()


# Typed, because 1 and 1.0 are equal but hash to different values here.
@lru_cache(CACHE_SIZE, typed=True)
def derive_number(*parts: object, below: int) -> int:
    """Return an integer from 0 to `below` - 1."""
    return int.from_bytes(_hash_parts(parts).digest()[:8]) % below


def derive_fraction(*parts: object) -> float:
    """Return a number from 0 up to, but not including, 1."""
    return derive_number(*parts, below=1_000_000) / 1_000_000


@lru_cache(CACHE_SIZE, typed=True)
def derive_uuid(*parts: object) -> str:
    """Return a version 4 UUID with dashes."""
    return str(uuid.UUID(bytes=_hash_parts(parts).digest()[:16], version=4))


def _hash_parts(parts: tuple[object, ...]) -> "hashlib._Hash":
    return hashlib.sha256("\0".join(map(str, parts)).encode())
