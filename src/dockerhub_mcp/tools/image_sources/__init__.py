"""Find the image references of a text: Dockerfiles, compose files, Kubernetes manifests, lists.

Pure functions on texts: nothing is executed, and no file is read.
"""

from dockerhub_mcp.tools.image_sources.model import (
    MAX_TEXT_BYTES,
    FoundReference,
    ImageSource,
    ReferenceStatus,
    SourceError,
    SourceKind,
)
from dockerhub_mcp.tools.image_sources.reading import read_source

__all__ = [
    "MAX_TEXT_BYTES",
    "FoundReference",
    "ImageSource",
    "ReferenceStatus",
    "SourceError",
    "SourceKind",
    "read_source",
]
