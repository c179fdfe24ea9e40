"""What a registry stores of an image: manifests, configuration, attestations. Sizes are in bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from dockerhub_mcp.hub.models import Platform


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A reference to content: an image in an index, a configuration, a layer, a statement."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str = ""


@dataclass(frozen=True, slots=True)
class ManifestHead:
    """What a HEAD request says about a manifest."""

    digest: str
    media_type: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class ImageIndex:
    """An index, also called manifest list: the images of several platforms, and their attestations."""

    digest: str
    media_type: str
    descriptors: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str = ""
    subject: Descriptor | None = None


@dataclass(frozen=True, slots=True)
class ImageManifest:
    """The manifest of the image of one platform, or of another artifact, such as a Helm chart."""

    digest: str
    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str = ""
    subject: Descriptor | None = None

    @property
    def compressed_size(self) -> int:
        """The size of all layers, as they are downloaded."""
        return sum(layer.size for layer in self.layers)


@dataclass(frozen=True, slots=True)
class LegacyManifest:
    """A manifest of schema 1, which current engines cannot pull.

    Attributes:
        layer_digests: The digests of the layers, the base first.
    """

    digest: str
    media_type: str
    architecture: str
    layer_digests: tuple[str, ...]


Manifest: TypeAlias = ImageIndex | ImageManifest | LegacyManifest


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A step of the build of an image; its command is text of the publisher."""

    created: datetime | None
    created_by: str
    comment: str = ""
    is_empty_layer: bool = False


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """The configuration of an image. Everything in it is text of the publisher."""

    platform: Platform
    created: datetime | None = None
    author: str = ""
    user: str = ""
    exposed_ports: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    """The variables as `NAME=value`; values may be secrets."""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    working_dir: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = ""
    healthcheck: tuple[str, ...] = ()
    shell: tuple[str, ...] = ()
    diff_ids: tuple[str, ...] = ()
    history: tuple[HistoryEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Attestation:
    """The attestations of one image, as the publisher claims them; nothing is verified.

    Attributes:
        digest: The digest of the attestation manifest.
        subject_digest: The digest of the image.
        statements: The in-toto statements by predicate type, in the order of the manifest.
    """

    digest: str
    subject_digest: str
    statements: tuple[tuple[str, Descriptor], ...]

    @property
    def predicate_types(self) -> tuple[str, ...]:
        """The predicate types, without repetition."""
        return tuple(dict.fromkeys(predicate_type for predicate_type, _ in self.statements))


@dataclass(frozen=True, slots=True)
class Referrers:
    """The artifacts that refer to an image, such as signatures; nothing is verified.

    Attributes:
        descriptors: Their descriptors, with artifact types where the registry has them.
        cosign_tags: The names of tags in the form of older cosign versions: `.sig`, `.att` or `.sbom`.
        source: How they were found: `referrers` for the registry's own list, `tag` for the fallback tag.
    """

    descriptors: tuple[Descriptor, ...] = ()
    cosign_tags: tuple[str, ...] = ()
    source: str = "referrers"


@dataclass(frozen=True, slots=True)
class TagNames:
    """The names of the tags of a repository, in the order of the registry (by text)."""

    names: tuple[str, ...]
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class PullLimit:
    """The limit on pulls that the registry reported; without one, no limit is reported.

    Attributes:
        limit: The pulls that are allowed in the window.
        remaining: The pulls that are left, approximately.
        window_seconds: The length of the window.
        source: What is counted: an IP address, or the id of an account.
    """

    limit: int
    remaining: int
    window_seconds: int
    source: str = ""

    @property
    def window(self) -> str:
        """The length of the window, such as `6 hours`."""
        for unit, name in ((3600, "hour"), (60, "minute")):
            if self.window_seconds % unit == 0:
                count = self.window_seconds // unit
                return f"{count} {name}{'' if count == 1 else 's'}"
        return f"{self.window_seconds} seconds"

    def describe(self) -> str:
        """Return what is left, such as `76 of 100 pulls in 6 hours`."""
        return f"{self.remaining:,} of {self.limit:,} pulls in {self.window}"


JSONObject: TypeAlias = dict[str, Any]
