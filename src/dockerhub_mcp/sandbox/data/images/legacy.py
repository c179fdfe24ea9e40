"""Manifests of schema 1, which very old tags have."""

import base64
from dataclasses import dataclass
from functools import cached_property

from dockerhub_mcp.sandbox.data.deterministic import derive_digest
from dockerhub_mcp.sandbox.data.images.content import Content, ImageBuild, digest_bytes, encode_json
from dockerhub_mcp.sandbox.data.images.image import PlatformImage
from dockerhub_mcp.sandbox.media_types import DOCKER_SCHEMA_1
from dockerhub_mcp.sandbox.timestamps import format_seconds


@dataclass(frozen=True)
class SignedContent(Content):
    """A signed manifest; its digest is that of the manifest without the signature."""

    payload: bytes

    @cached_property
    def digest(self) -> str:
        """The digest of the payload."""
        return digest_bytes(self.payload)


def build_legacy_manifest(build: ImageBuild, image: PlatformImage) -> Content:
    """Return the manifest of schema 1 of an image. Its signature is not a real one."""
    # Layers are listed from the newest to the oldest, one for each step, also for those without files.
    layers = list(reversed(image.layers))
    empty_layer = derive_digest("empty layer")
    created = format_seconds(build.created_at)
    steps = [
        {
            "id": derive_digest("step", *build.seed, position)[7:],
            "created": created,
            "container_config": {"Cmd": ["/bin/sh", "-c", f"#(nop) {layer.command}"]},
        }
        for position, layer in enumerate(layers)
    ]
    manifest = {
        "schemaVersion": 1,
        "name": build.path,
        "tag": build.version,
        "architecture": image.platform.architecture,
        "fsLayers": [{"blobSum": layer.digest or empty_layer} for layer in layers],
        "history": [{"v1Compatibility": encode_json(step).decode()} for step in steps],
    }
    body = encode_json(manifest)[:-1]
    payload = body + b"\n}"
    protected = {"formatLength": len(body), "formatTail": _encode_base64(b"\n}"), "time": created}
    signature = {
        "header": {"alg": "ES256"},
        "signature": _encode_base64(derive_digest("signature", *build.seed).encode()),
        "protected": _encode_base64(encode_json(protected)),
    }
    signatures = encode_json([signature])
    return SignedContent(DOCKER_SCHEMA_1, b'%s,\n   "signatures": %s\n}' % (body, signatures), payload)


def _encode_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
