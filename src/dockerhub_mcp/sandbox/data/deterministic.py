"""Values that look accidental but are always the same: everything is a hash of names."""

import hashlib
import uuid
from datetime import UTC, datetime

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0


def digest(*parts: object) -> str:
    """A content digest as a registry writes it."""
    return "sha256:" + _hash(parts).hexdigest()


def number(*parts: object, below: int) -> int:
    """A whole number from 0 up to, not including, `below`."""
    return int.from_bytes(_hash(parts).digest()[:8]) % below


def share(*parts: object) -> float:
    """A fraction from 0 up to, not including, 1."""
    return number(*parts, below=1_000_000) / 1_000_000


def identifier(*parts: object) -> str:
    """A UUID with dashes."""
    return str(uuid.UUID(bytes=_hash(parts).digest()[:16], version=4))


def stamp(at: float, digits: int = 6) -> str:
    """A time in RFC 3339 with at most `digits` digits of a second, trailing zeros dropped."""
    whole, millionths = divmod(round(at * 1_000_000), 1_000_000)
    text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{millionths:06d}"[:digits].rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def optional_stamp(at: float | None, digits: int = 6) -> str | None:
    """A time in RFC 3339, or nothing."""
    return None if at is None else stamp(at, digits)


def _hash(parts: tuple[object, ...]) -> "hashlib._Hash":
    return hashlib.sha256("\0".join(map(str, parts)).encode())
