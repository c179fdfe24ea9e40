"""The image of one platform: its configuration and its manifest."""

from functools import lru_cache
from typing import Any, NamedTuple

from dockerhub_mcp.sandbox.data.deterministic import derive_digest
from dockerhub_mcp.sandbox.data.images.content import Content, ImageBuild, Layer, encode_json
from dockerhub_mcp.sandbox.data.images.layers import build_layers
from dockerhub_mcp.sandbox.data.images.recipes import make_recipe
from dockerhub_mcp.sandbox.image_records import PlatformRecord
from dockerhub_mcp.sandbox.media_types import (
    CONTAINER_CONFIG,
    DOCKER_LAYER,
    DOCKER_MANIFEST,
    DOCKER_MANIFEST_LIST,
    OCI_CONFIG,
    OCI_LAYER,
    OCI_MANIFEST,
)
from dockerhub_mcp.sandbox.timestamps import format_seconds

CACHE_SIZE = 16
BUILDKIT_COMMENT = "buildkit.dockerfile.v0"


class PlatformImage(NamedTuple):
    """The image of one platform."""

    platform: PlatformRecord
    manifest: Content
    config: Content
    layers: tuple[Layer, ...]


def build_image(build: ImageBuild, platform: PlatformRecord) -> PlatformImage:
    """Return the image of a platform."""
    is_docker = build.media_type in {DOCKER_MANIFEST, DOCKER_MANIFEST_LIST}
    recipe = make_recipe(build)
    layers = build_layers(build, platform, recipe)
    config = Content(CONTAINER_CONFIG if is_docker else OCI_CONFIG, _encode_config(build, platform, layers))
    layer_type = DOCKER_LAYER if is_docker else OCI_LAYER
    manifest = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST if is_docker else OCI_MANIFEST,
        "config": config.describe(),
        "layers": [
            {"mediaType": layer_type, "digest": layer.digest, "size": layer.size}
            for layer in layers
            if layer.digest
        ],
    }
    if not is_docker:
        manifest["annotations"] = _list_annotations(build, recipe.source)
    return PlatformImage(platform, Content(str(manifest["mediaType"]), encode_json(manifest)), config, layers)


def describe_platform(platform: PlatformRecord) -> dict[str, str]:
    """Return a platform as indexes and configurations have it."""
    fields = {
        "architecture": platform.architecture,
        "os": platform.os,
        "os.version": platform.os_version,
        "variant": platform.variant,
    }
    return {name: value for name, value in fields.items() if value}


def _encode_config(build: ImageBuild, platform: PlatformRecord, layers: tuple[Layer, ...]) -> bytes:
    created = format_seconds(build.created_at)
    own = {
        **describe_platform(platform),
        "created": created,
        "rootfs": {
            "type": "layers",
            "diff_ids": [derive_digest("diff", layer.digest) for layer in layers if layer.digest],
        },
    }
    # The largest parts are the same for all platforms of a build, so they are encoded once.
    commands = tuple((layer.command, not layer.digest) for layer in layers)
    return b"%s,%s}" % (encode_json(own)[:-1], _encode_shared_fields(build, commands, created))


@lru_cache(CACHE_SIZE)
def _encode_shared_fields(build: ImageBuild, commands: tuple[tuple[str, bool], ...], created: str) -> bytes:
    history: list[dict[str, Any]] = []
    for command, is_empty in commands:
        entry: dict[str, Any] = {"created": created, "created_by": command}
        if not command.startswith("#"):
            entry["comment"] = BUILDKIT_COMMENT
        if is_empty:
            entry["empty_layer"] = True
        history.append(entry)
    return encode_json({"config": make_recipe(build).config, "history": history})[1:-1]


@lru_cache(CACHE_SIZE)
def _list_annotations(build: ImageBuild, recipe_source: str) -> dict[str, str]:
    return {
        "org.opencontainers.image.created": format_seconds(build.created_at),
        "org.opencontainers.image.revision": derive_digest("commit", *build.seed)[7:47],
        "org.opencontainers.image.source": recipe_source,
        "org.opencontainers.image.version": build.version,
    }
