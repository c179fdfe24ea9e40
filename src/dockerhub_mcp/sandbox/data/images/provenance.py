"""The provenance of images: SLSA 1.0 for newer builds, SLSA 0.2 for older ones."""

from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import derive_digest, derive_uuid
from dockerhub_mcp.sandbox.data.images.content import ImageBuild
from dockerhub_mcp.sandbox.data.images.recipes import make_recipe
from dockerhub_mcp.sandbox.image_records import PlatformRecord
from dockerhub_mcp.sandbox.timestamps import CONTENT_EPOCH, DAY, MINUTE, format_seconds

PROVENANCE_V1 = "https://slsa.dev/provenance/v1"
PROVENANCE_V02 = "https://slsa.dev/provenance/v0.2"
V1_MAX_AGE = 300 * DAY
"""The age of the oldest builds with a provenance in the version 1."""
BUILD_TYPE_V1 = "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md"
BUILD_TYPE_V02 = "https://mobyproject.org/buildkit@v1"
BUILD_TOOLS = ("docker/buildkit-syft-scanner@stable-1", "docker/dockerfile@1")
BUILD_MINUTES = 6


def build_provenance(
    build: ImageBuild, platform: PlatformRecord, base_digest: str | None
) -> tuple[str, dict[str, Any]]:
    """Return the predicate type and the predicate of the provenance of an image.

    `base_digest` is the digest of the base image, where the sandbox has that image.
    """
    recipe = make_recipe(build)
    commit = derive_digest("commit", *build.seed)[7:47]
    started, finished = (
        format_seconds(time) for time in (build.created_at - BUILD_MINUTES * MINUTE, build.created_at)
    )
    source = {"uri": f"{recipe.source}#refs/heads/main", "digest": {"sha1": commit}}
    request = {
        "frontend": "dockerfile.v0",
        "args": recipe.build_args,
        "locals": [{"name": "context"}, {"name": "dockerfile"}],
    }
    vcs = {"revision": commit, "source": recipe.source}
    dependencies = [
        {"uri": uri, "digest": digest} for uri, digest in _list_dependencies(build, platform, base_digest)
    ]
    dependencies.append(source)
    if CONTENT_EPOCH - build.created_at < V1_MAX_AGE:
        return PROVENANCE_V1, {
            "buildDefinition": {
                "buildType": BUILD_TYPE_V1,
                "externalParameters": {"configSource": {**source, "path": "Dockerfile"}, "request": request},
                "internalParameters": {"builderPlatform": "linux/amd64"},
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": {"id": f"{recipe.source.removesuffix('.git')}/actions/runs/{_derive_run(build)}"},
                "metadata": {
                    "invocationId": derive_uuid("invocation", *build.seed, *platform),
                    "startedOn": started,
                    "finishedOn": finished,
                    "buildkit_metadata": {"vcs": vcs},
                },
            },
        }
    return PROVENANCE_V02, {
        "builder": {"id": f"{recipe.source.removesuffix('.git')}/actions/runs/{_derive_run(build)}"},
        "buildType": BUILD_TYPE_V02,
        "materials": dependencies,
        "invocation": {
            "configSource": {**source, "entryPoint": "Dockerfile"},
            "parameters": request,
            "environment": {"platform": "linux/amd64"},
        },
        "metadata": {
            "buildInvocationID": derive_uuid("invocation", *build.seed, *platform),
            "buildStartedOn": started,
            "buildFinishedOn": finished,
            "completeness": {"parameters": True, "environment": True, "materials": False},
            "reproducible": False,
            "https://mobyproject.org/buildkit@v1#metadata": {"vcs": vcs},
        },
    }


def _derive_run(build: ImageBuild) -> int:
    return int(derive_digest("run", *build.seed)[7:15], 16)


def _list_dependencies(
    build: ImageBuild, platform: PlatformRecord, base_digest: str | None
) -> list[tuple[str, dict[str, str]]]:
    references: list[tuple[str, str | None]] = []
    if build.base.layer_size:
        name, _, tag = build.base.name.partition(":")
        # The platform of the base image is a part of its package URL.
        architecture = "%2F".join(filter(None, (platform.os, platform.architecture, platform.variant)))
        references.append((f"{name}@{tag or 'latest'}?platform={architecture}", base_digest))
    references += [(f"{tool}?platform=linux%2Famd64", None) for tool in BUILD_TOOLS]
    return [
        (f"pkg:docker/{reference}", {"sha256": (digest or derive_digest("image", reference))[7:]})
        for reference, digest in references
    ]
