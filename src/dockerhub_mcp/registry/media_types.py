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

_ARTIFACTS = {
    "application/vnd.cncf.helm.config.v1+json": "a Helm chart",
    "application/vnd.docker.ai.model.config.v0.1+json": "an AI model",
    "application/vnd.cncf.model.config.v1+json": "an AI model",
    "application/vnd.wasm.config.v0+json": "a WebAssembly module",
    "application/vnd.wasm.config.v1+json": "a WebAssembly module",
    "application/vnd.docker.plugin.v1+json": "a Docker Engine plugin",
    "application/vnd.oci.empty.v1+json": "an artifact without configuration",
    "application/vnd.cncf.notary.signature": "a Notary signature",
    "application/vnd.docker.attestation.manifest.v1+json": "an attestation",
}


def normalize_media_type(text: str) -> str:
    """Return a media type in lower case, without parameters."""
    return text.partition(";")[0].strip().lower()


def describe_artifact(config_type: str, artifact_type: str = "") -> str:
    """Return what a manifest that is no container image holds, with its article; empty where it is unknown.

    Args:
        config_type: The media type of the configuration.
        artifact_type: The artifact type of the manifest, if any.
    """
    return _ARTIFACTS.get(artifact_type) or _ARTIFACTS.get(config_type, "")
