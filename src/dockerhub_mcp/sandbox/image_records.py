"""What a tag points at: platforms, base images and artifacts."""

from typing import NamedTuple


class PlatformRecord(NamedTuple):
    """A platform that an image runs on."""

    os: str
    architecture: str
    variant: str | None = None
    os_version: str | None = None


class BaseImageRecord(NamedTuple):
    """The image that an image is built from, such as debian:trixie-slim; `layer_size` is in bytes."""

    name: str
    layer_size: int


NO_BASE = BaseImageRecord("scratch", 0)


class ArtifactRecord(NamedTuple):
    """An artifact in place of an image; signatures have a subject, which is an index or a manifest."""

    kind: str
    subject_digest: str = ""
    subject_media_type: str = ""
    subject_size: int = 0
