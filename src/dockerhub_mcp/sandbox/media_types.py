"""The media types of manifests, configurations and statements."""

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
INDEX_TYPES = {OCI_INDEX, DOCKER_MANIFEST_LIST}

OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
CONTAINER_CONFIG = "application/vnd.docker.container.image.v1+json"
HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
PLUGIN_CONFIG = "application/vnd.docker.plugin.v1+json"
EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
"""The type of the configuration `{}` of artifacts that have none."""

OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
IN_TOTO = "application/vnd.in-toto+json"
ATTESTATION_ARTIFACT = "application/vnd.docker.attestation.manifest.v1+json"
"""The artifact type of attestations in the newer of BuildKit's two forms."""
