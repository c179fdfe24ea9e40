"""Pieces of content with their digests, and what is known of a build before its content is made."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from dockerhub_mcp.sandbox.image_records import ArtifactRecord, BaseImageRecord, PlatformRecord
from dockerhub_mcp.sandbox.state import RepositoryRecord, TagRecord

ARTIFACT_CONTENT_TYPES = ("helm", "plugin")
"""The content types of the Hub that are kinds of artifacts."""
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class ImageBuild(NamedTuple):
    """What the content of a tag depends on. Sizes are in bytes, the time in seconds since the epoch."""

    namespace: str
    repository: str
    build_key: str
    size: int
    platforms: tuple[PlatformRecord, ...]
    media_type: str
    artifact: ArtifactRecord | None
    is_attested: bool
    created_at: float
    base: BaseImageRecord

    @property
    def seed(self) -> tuple[str, str, str]:
        """The seed of values that are derived from the build."""
        return self.namespace, self.repository, self.build_key

    @property
    def path(self) -> str:
        """The name of the repository in the registry."""
        return f"{self.namespace}/{self.repository}"

    @property
    def version(self) -> str:
        """The version of the software, or the first name of a build that lists its names."""
        return self.build_key.partition("/")[0].split()[0]


@dataclass(frozen=True)
class Content:
    """A manifest or a blob."""

    media_type: str
    data: bytes

    @cached_property
    def digest(self) -> str:
        """The digest of the data."""
        return digest_bytes(self.data)

    def describe(self, **fields: Any) -> dict[str, Any]:
        """Return a descriptor of the content, with further fields."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data), **fields}


class Layer(NamedTuple):
    """A step of the build of an image, with the layer that it made; without one, the digest is empty."""

    command: str
    digest: str = ""
    size: int = 0


def describe_build(repository: RepositoryRecord, tag: TagRecord) -> ImageBuild:
    """Return what the content of a tag depends on."""
    return describe_tag(repository.namespace, repository.name, tag)


def describe_tag(namespace: str, repository: str, tag: TagRecord) -> ImageBuild:
    """Return what the content of a tag depends on, for the namespace and the name of its repository."""
    return ImageBuild(
        namespace,
        repository,
        tag.build_key,
        tag.size,
        tag.platforms,
        tag.media_type or "",
        tag.artifact or _find_artifact(tag.content_type),
        tag.is_attested,
        tag.created_at,
        tag.base,
    )


def _find_artifact(content_type: str) -> ArtifactRecord | None:
    return ArtifactRecord(content_type) if content_type in ARTIFACT_CONTENT_TYPES else None


def encode_json(value: Any) -> bytes:
    """Return a value as compact JSON."""
    return _ENCODER.encode(value).encode()


def digest_bytes(data: bytes) -> str:
    """Return the digest of data, `sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
