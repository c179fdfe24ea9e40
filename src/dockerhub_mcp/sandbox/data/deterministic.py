"""Values that look accidental but are always the same: everything is a hash of names."""

import hashlib
import uuid
from datetime import UTC, datetime

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0


def derive_digest(*parts: object) -> str:
    """A content digest as a registry writes it."""
    return "sha256:" + _hash_parts(parts).hexdigest()


def derive_number(*parts: object, below: int) -> int:
    """A whole number from 0 up to, not including, `below`."""
    return int.from_bytes(_hash_parts(parts).digest()[:8]) % below


def derive_fraction(*parts: object) -> float:
    """A fraction from 0 up to, not including, 1."""
    return derive_number(*parts, below=1_000_000) / 1_000_000


def derive_uuid(*parts: object) -> str:
    """A UUID with dashes."""
    return str(uuid.UUID(bytes=_hash_parts(parts).digest()[:16], version=4))


def format_timestamp(timestamp: float, digits: int = 6) -> str:
    """A time in RFC 3339 with at most `digits` digits of a second, trailing zeros dropped."""
    whole, millionths = divmod(round(timestamp * 1_000_000), 1_000_000)
    text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{millionths:06d}"[:digits].rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def format_optional_timestamp(timestamp: float | None, digits: int = 6) -> str | None:
    """A time in RFC 3339, or nothing."""
    return None if timestamp is None else format_timestamp(timestamp, digits)


def _hash_parts(parts: tuple[object, ...]) -> "hashlib._Hash":
    return hashlib.sha256("\0".join(map(str, parts)).encode())
