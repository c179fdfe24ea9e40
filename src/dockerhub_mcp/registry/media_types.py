"""The media types of manifests, configurations and artifacts."""

from __future__ import annotations

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LEGACY_MANIFEST = "application/vnd.docker.distribution.manifest.v1+json"
SIGNED_LEGACY_MANIFEST = "application/vnd.docker.distribution.manifest.v1+prettyjws"

INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFEST_TYPES = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
LEGACY_TYPES = frozenset({LEGACY_MANIFEST, SIGNED_LEGACY_MANIFEST})

ACCEPTED_MANIFESTS = f"{OCI_INDEX}, {DOCKER_INDEX}, {OCI_MANIFEST}, {DOCKER_MANIFEST}"
"""Without the types of an index, a registry answers with the manifest of one platform."""

IMAGE_CONFIG_TYPES = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)
STATEMENT = "application/vnd.in-toto+json"

_ARTIFACTS = (
    ("application/vnd.cncf.helm.", "Helm chart"),
    ("application/vnd.docker.plugin.", "plugin of Docker Engine"),
    ("application/vnd.docker.ai.model.", "AI model"),
    ("application/vnd.cncf.model.", "AI model"),
    ("application/vnd.wasm.", "WebAssembly module"),
    ("application/vnd.bytecodealliance.", "WebAssembly module"),
    ("application/vnd.docker.compose.", "Compose application"),
    ("application/vnd.docker.volume.", "volume"),
    ("application/vnd.docker.attestation.", "attestation of an image"),
    ("application/vnd.dev.cosign.", "cosign signature"),
    ("application/vnd.dev.sigstore.", "Sigstore bundle"),
    ("application/vnd.cncf.notary.", "Notation signature"),
)
"""The names of artifacts by the beginning of their media types."""

EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
"""The type of the configuration of an artifact that has none."""


def normalize_media_type(text: str) -> str:
    """Return a media type in lower case, without parameters."""
    return text.partition(";")[0].strip().lower()


def name_artifact(media_type: str) -> str:
    """Return the name of a media type of an artifact, such as `Helm chart`; empty where it is not known."""
    return next((name for prefix, name in _ARTIFACTS if media_type.startswith(prefix)), "")


def describe_artifact(config_type: str, artifact_type: str = "") -> str:
    """Return what a manifest that is no container image holds, with its article; empty where it is unknown.

    Args:
        config_type: The media type of the configuration.
        artifact_type: The artifact type of the manifest, if any.
    """
    name = name_artifact(artifact_type) or name_artifact(config_type)
    if name:
        return f"{'an' if name[0] in 'Aa' else 'a'} {name}"
    return "an artifact without configuration" if config_type == EMPTY_CONFIG else ""
