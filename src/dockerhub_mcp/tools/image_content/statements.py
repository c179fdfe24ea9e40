"""In-toto statements: what they are about, and the names of their types. Nothing in them is verified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dockerhub_mcp.registry.models import JSONObject

SPDX = "https://spdx.dev/Document"
CYCLONEDX = "https://cyclonedx.org/bom"
SLSA_V1 = "https://slsa.dev/provenance/v1"
SLSA = "https://slsa.dev/provenance/"

_NAMES = {
    SPDX: "SPDX SBOM",
    CYCLONEDX: "CycloneDX SBOM",
    "https://slsa.dev/verification_summary/": "SLSA verification summary",
    "https://openvex.dev/ns/": "OpenVEX",
    "https://in-toto.io/attestation/vulns/": "vulnerability scan",
    "https://docker.com/dhi/": "DHI",
    "https://scout.docker.com/": "Docker Scout",
}
_MAX_TYPE_CHARS = 120


def name_predicate_type(predicate_type: str) -> str:
    """Return a short name of a predicate type, such as `SLSA provenance v1`; an unknown one as it is."""
    if predicate_type.startswith(SLSA):
        return f"SLSA provenance {predicate_type[len(SLSA) :]}"[:_MAX_TYPE_CHARS]
    for prefix, name in _NAMES.items():
        if predicate_type.startswith(prefix):
            rest = predicate_type[len(prefix) :].strip("/") if prefix.endswith("/") else ""
            return f"{name} {rest}".strip()[:_MAX_TYPE_CHARS]
    return predicate_type[:_MAX_TYPE_CHARS]


def is_provenance(predicate_type: str) -> bool:
    """Tell whether statements of a type are SLSA provenance."""
    return predicate_type.startswith(SLSA)


def is_sbom(predicate_type: str) -> bool:
    """Tell whether statements of a type are an SBOM that can be read."""
    return predicate_type == SPDX or predicate_type.startswith(CYCLONEDX)


def is_about(statement: JSONObject, image_digest: str) -> bool:
    """Tell whether a statement names the image, and not another one, as its subject."""
    algorithm, _, value = image_digest.partition(":")
    digests = (get_text(subject, "digest", algorithm) for subject in get_objects(statement, "subject"))
    return any(digest.lower() == value for digest in digests)


def get_object(value: Any, *keys: str) -> JSONObject:
    """Return the object at a path in JSON data; an empty one if it is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def get_objects(value: Any, *keys: str) -> Iterator[JSONObject]:
    """Yield the objects of the list at a path in JSON data."""
    *outer, last = keys
    items = get_object(value, *outer).get(last)
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))


def get_text(value: Any, *keys: str) -> str:
    """Return the text at a path in JSON data; an empty one if it is missing."""
    *outer, last = keys
    text = get_object(value, *outer).get(last)
    return text if isinstance(text, str) else ""
