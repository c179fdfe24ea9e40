"""Media types of manifests that models remark on."""

from __future__ import annotations

SCHEMA_1_REMARK = "schema 1, which current engines cannot pull"
_SCHEMA_1_PREFIX = "application/vnd.docker.distribution.manifest.v1+"


def is_schema_1(media_type: str | None) -> bool:
    """Tell whether a media type is that of a manifest of schema 1."""
    return (media_type or "").startswith(_SCHEMA_1_PREFIX)
