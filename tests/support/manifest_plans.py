"""The manifests of the sandbox's repositories, as a plan deletes them."""

from __future__ import annotations

from collections.abc import Iterable

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.inventory import get_inventory
from dockerhub_mcp.tools.cleanup.model import PlannedManifest


def plan_manifests(sandbox: Sandbox, image: str, tags: Iterable[str]) -> list[PlannedManifest]:
    """Return the manifests that only these tags need: their indexes, then the images of these."""
    namespace, _, name = image.partition("/")
    inventory = get_inventory(sandbox.state.repositories[namespace, name])
    wanted = set(tags)
    indexes = {digest for digest, names in inventory.tags.items() if wanted >= set(names)}
    images = [digest for digest, parents in inventory.parents.items() if parents <= indexes]
    with_images = {parent for digest in images for parent in inventory.parents[digest]}
    return [
        *(PlannedManifest(digest, "index" if digest in with_images else "image", 1000) for digest in indexes),
        *(PlannedManifest(digest, "image", 1000) for digest in images if digest not in inventory.tags),
    ]


def list_stored(sandbox: Sandbox, image: str) -> set[str]:
    """Return the digests of the manifests that the registry stores for a repository."""
    namespace, _, name = image.partition("/")
    repository = sandbox.state.repositories[namespace, name]
    return set(get_inventory(repository).manifests) - repository.deleted_digests
