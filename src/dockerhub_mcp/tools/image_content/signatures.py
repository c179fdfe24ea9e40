"""Which signatures and other artifacts refer to an image. They are named, not verified."""

from __future__ import annotations

from collections import Counter

from dockerhub_mcp.registry import Referrers
from dockerhub_mcp.registry.media_types import name_artifact
from dockerhub_mcp.tools.results.sanitize import sanitize_line

_COSIGN_TAGS = {".sig": "cosign signature", ".att": "cosign attestation", ".sbom": "cosign SBOM"}
_UNKNOWN = "artifact of unknown type"
_MAX_TYPE_CHARS = 120
_MAX_KINDS = 20


def describe_referrers(referrers: Referrers) -> list[str]:
    """Return the kinds of artifacts that refer to an image, each with its number if there are several."""
    kinds = [
        name_artifact(each.artifact_type) or sanitize_line(each.artifact_type, _MAX_TYPE_CHARS) or _UNKNOWN
        for each in referrers.descriptors
    ]
    kinds += [_COSIGN_TAGS.get(f".{tag.rpartition('.')[2]}", _UNKNOWN) for tag in referrers.cosign_tags]
    counts = Counter(kinds)
    shown = [f"{count} x {kind}" if count > 1 else kind for kind, count in counts.items()]
    return shown[:_MAX_KINDS]
