"""Artifacts in place of images: charts, models, WebAssembly modules, plugins of Docker, and signatures.

Written from the documents of Helm, Docker Model Runner, the WebAssembly artifact layout, Docker's plugins,
and cosign.
"""

import base64
from typing import Any, NamedTuple

from dockerhub_mcp.sandbox.data.deterministic import derive_digest
from dockerhub_mcp.sandbox.data.images.content import Content, ImageBuild, Layer, encode_json
from dockerhub_mcp.sandbox.image_records import ArtifactRecord
from dockerhub_mcp.sandbox.media_types import (
    DOCKER_LAYER,
    DOCKER_MANIFEST,
    EMPTY_CONFIG,
    HELM_CONFIG,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    PLUGIN_CONFIG,
)

MODEL_CONFIG = "application/vnd.docker.ai.model.config.v0.1+json"
WASM_CONFIG = "application/vnd.wasm.config.v0+json"
SIGSTORE_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
SPDX_JSON = "text/spdx+json"
DSSE_ENVELOPE = "application/vnd.dsse.envelope.v1+json"
SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature"
PROVENANCE = "https://slsa.dev/provenance/v1"


class Artifact(NamedTuple):
    """The manifests of an artifact and its blobs.

    The tag points at the first manifest, and the first blob is the configuration. The layers of charts,
    models and modules are not stored, as those of images.
    """

    manifests: tuple[Content, ...]
    blobs: tuple[Content, ...]
    layers: tuple[Layer, ...]


def build_artifact(build: ImageBuild, artifact: ArtifactRecord) -> Artifact:
    """Return the content of a tag that is no image.

    Raises:
        KeyError: The kind of the artifact is unknown.
    """
    builders = {
        "helm": _build_chart,
        "model": _build_model,
        "wasm": _build_module,
        "cosign-signature": _build_cosign_signature,
        "cosign-attestation": _build_cosign_attestation,
        "cosign-sbom": _build_cosign_sbom,
        "plugin": _build_plugin,
        "referrers": _build_referrers,
    }
    return builders[artifact.kind](build, artifact)


def _build_chart(build: ImageBuild, _artifact: ArtifactRecord) -> Artifact:
    config = {
        "name": build.repository,
        "version": build.version,
        "description": f"A Helm chart of {build.namespace}",
        "apiVersion": "v2",
        "appVersion": build.version,
        "type": "application",
    }
    layer_type = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
    return _build_stored_nowhere(build, HELM_CONFIG, config, {layer_type: build.size})


def _build_model(build: ImageBuild, _artifact: ArtifactRecord) -> Artifact:
    config = {
        "config": {"format": "gguf", "quantization": "Q4_K_M", "parameters": "3.2 B", "size": "1.9 GiB"},
        "descriptor": {"created": "2025-05-12T08:00:00Z"},
        "rootfs": {"type": "rootfs", "diff_ids": [derive_digest("weights", *build.seed)]},
    }
    license_size = 11_000
    layers = {
        "application/vnd.docker.ai.gguf.v3": build.size - license_size,
        "application/vnd.docker.ai.license": license_size,
    }
    return _build_stored_nowhere(build, MODEL_CONFIG, config, layers)


def _build_module(build: ImageBuild, _artifact: ArtifactRecord) -> Artifact:
    config = {
        "created": "2025-06-02T10:00:00Z",
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [derive_digest("layer", *build.seed, "application/wasm")],
    }
    return _build_stored_nowhere(build, WASM_CONFIG, config, {"application/wasm": build.size})


def _build_plugin(build: ImageBuild, _artifact: ArtifactRecord) -> Artifact:
    config = {
        "Description": f"A volume plugin of {build.namespace}",
        "Documentation": f"https://github.com/{build.path}",
        "Entrypoint": [f"/{build.repository}"],
        "Interface": {"Types": ["docker.volumedriver/1.0"], "Socket": f"{build.repository}.sock"},
        "Network": {"Type": "host"},
        "PropagatedMount": "/mnt/volumes",
        "rootfs": {"type": "layers", "diff_ids": [derive_digest("plugin", *build.seed)]},
    }
    return _build_stored_nowhere(build, PLUGIN_CONFIG, config, {DOCKER_LAYER: build.size}, DOCKER_MANIFEST)


def _build_stored_nowhere(
    build: ImageBuild,
    config_type: str,
    config: dict[str, Any],
    layer_sizes: dict[str, int],
    media_type: str = OCI_MANIFEST,
) -> Artifact:
    config_blob = Content(config_type, encode_json(config))
    layers = tuple(
        Layer(media_type, derive_digest("layer", *build.seed, media_type), size)
        for media_type, size in layer_sizes.items()
    )
    descriptors = [{"mediaType": each.command, "digest": each.digest, "size": each.size} for each in layers]
    return Artifact((_encode_manifest(config_blob, descriptors, media_type),), (config_blob,), layers)


def _build_cosign_signature(build: ImageBuild, artifact: ArtifactRecord) -> Artifact:
    payload = {
        "critical": {
            "identity": {"docker-reference": f"index.docker.io/{build.path}"},
            "image": {"docker-manifest-digest": artifact.subject_digest},
            "type": "cosign container image signature",
        },
        "optional": None,
    }
    return _build_cosign_manifest(
        SIMPLE_SIGNING, payload, {SIGNATURE_ANNOTATION: _make_signature(artifact.subject_digest)}
    )


def _build_cosign_attestation(_build: ImageBuild, artifact: ArtifactRecord) -> Artifact:
    envelope = _make_envelope(artifact)
    annotations = {SIGNATURE_ANNOTATION: "", "predicateType": PROVENANCE}
    return _build_cosign_manifest(DSSE_ENVELOPE, envelope, annotations)


def _build_cosign_sbom(build: ImageBuild, artifact: ArtifactRecord) -> Artifact:
    sbom = {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{build.path}@{artifact.subject_digest}",
        "packages": [],
    }
    return _build_cosign_manifest(SPDX_JSON, sbom, {})


def _build_cosign_manifest(layer_type: str, payload: dict[str, Any], annotations: dict[str, str]) -> Artifact:
    layer = Content(layer_type, encode_json(payload))
    rootfs = {"type": "layers", "diff_ids": [layer.digest]}
    config = Content(OCI_CONFIG, encode_json({"architecture": "", "os": "", "config": {}, "rootfs": rootfs}))
    manifest = _encode_manifest(config, [layer.describe(annotations=annotations)])
    return Artifact((manifest,), (config, layer), (Layer(layer_type, layer.digest, len(layer.data)),))


def _build_referrers(_build: ImageBuild, artifact: ArtifactRecord) -> Artifact:
    """Return the index of the fallback tag, with a signature in the form of cosign 3."""
    bundle = {"mediaType": SIGSTORE_BUNDLE, "dsseEnvelope": _make_envelope(artifact)}
    layer = Content(SIGSTORE_BUNDLE, encode_json(bundle))
    config = Content(EMPTY_CONFIG, b"{}")
    annotations = {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": PROVENANCE,
    }
    subject = {
        "mediaType": artifact.subject_media_type,
        "digest": artifact.subject_digest,
        "size": artifact.subject_size,
    }
    signature = _encode_manifest(
        config, [layer.describe()], artifactType=SIGSTORE_BUNDLE, subject=subject, annotations=annotations
    )
    descriptor = signature.describe(artifactType=SIGSTORE_BUNDLE, annotations=annotations)
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor]}
    layers = (Layer(SIGSTORE_BUNDLE, layer.digest, len(layer.data)),)
    return Artifact((Content(OCI_INDEX, encode_json(index)), signature), (config, layer), layers)


def _encode_manifest(
    config: Content, layers: list[dict[str, Any]], media_type: str = OCI_MANIFEST, **fields: Any
) -> Content:
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": config.describe(),
        "layers": layers,
        **fields,
    }
    return Content(media_type, encode_json(manifest))


def _make_envelope(artifact: ArtifactRecord) -> dict[str, Any]:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "", "digest": {"sha256": artifact.subject_digest.removeprefix("sha256:")}}],
        "predicateType": PROVENANCE,
        "predicate": {},
    }
    return {
        "payload": base64.b64encode(encode_json(statement)).decode(),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [{"sig": _make_signature(artifact.subject_digest, "envelope")}],
    }


def _make_signature(*seed: str) -> str:
    """Return a text in the form of a signature; it is not a real one."""
    return base64.b64encode(derive_digest("signature", *seed).encode()).decode()
