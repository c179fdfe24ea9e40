"""What the registry stores for a repository: the manifests of its tags, and those that lost their tag."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple, cast

from dockerhub_mcp.sandbox.data.images.content import ImageBuild, describe_build
from dockerhub_mcp.sandbox.data.images.layers import build_layers
from dockerhub_mcp.sandbox.data.images.recipes import make_recipe
from dockerhub_mcp.sandbox.data.images.tag_content import summarize_content
from dockerhub_mcp.sandbox.media_types import DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_MANIFEST
from dockerhub_mcp.sandbox.state import RepositoryRecord, TagRecord

CACHE_SIZE = 2**12
INVENTORY = "inventory"
"""The key of the inventory in the cache of a repository."""


class StoredManifest(NamedTuple):
    """A manifest in the registry. The size is that of its layers, or of all layers of an index."""

    digest: str
    media_type: str
    size: int
    tag: TagRecord
    """The newest tag, or former tag, that the manifest was pushed with."""


@dataclass
class Inventory:
    """The manifests of a repository, those that were deleted included.

    Attributes:
        manifests: The manifests by digest, the newest first.
        tags: The names of the tags that point at a manifest, by its digest.
        parents: The indexes that refer to a manifest, by its digest.
    """

    manifests: dict[str, StoredManifest] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    parents: dict[str, set[str]] = field(default_factory=dict)

    def is_referenced(self, digest: str, deleted: set[str]) -> bool:
        """Return whether a tag points at a manifest, or an index that was not deleted refers to it."""
        return digest in self.tags or not self.parents.get(digest, set()) <= deleted


def find_pushed_tag(repository: RepositoryRecord, digest: str) -> TagRecord | None:
    """Return the newest tag, or former tag, that a manifest or blob was pushed with, None without one."""
    # Without an inventory, most digests are found without making the content of older tags.
    if INVENTORY in repository.cache:
        stored = get_inventory(repository).manifests.get(digest)
        if stored is not None:
            return stored.tag
    for tag in _list_pushed_tags(repository):
        if digest in summarize_content(describe_build(repository, tag)).digests:
            return tag
    return None


def get_inventory(repository: RepositoryRecord) -> Inventory:
    """Return the manifests of a repository; they are listed again after its tags changed."""
    tags = (*repository.tags, *repository.former_tags)
    # Tags are compared by identity first, so this is fast; their builds may change in place.
    key = (len(repository.tags), tags, tuple(map(attrgetter("build_key"), tags)))
    cached_key, inventory = repository.cache.get(INVENTORY, (None, None))
    if inventory is None or cached_key != key:
        inventory = _build_inventory(repository)
        repository.cache[INVENTORY] = key, inventory
    return cast("Inventory", inventory)


def measure_storage(repository: RepositoryRecord) -> int:
    """Return the size of all images that the registry stores for a repository, in bytes.

    Layers that images share count once. Attestations and signatures, which are small, do not count.
    """
    layers: dict[str, int] = {}
    for build in _list_builds(repository):
        images = _list_image_layers(build)
        if repository.deleted_digests:
            # Attestations follow the image that they belong to.
            summaries = summarize_content(build).images[:: 1 + build.is_attested]
            deleted = [image.digest in repository.deleted_digests for image in summaries]
            images = tuple(own for own, is_deleted in zip(images, deleted, strict=True) if not is_deleted)
        for own in images:
            layers |= own
    return sum(layers.values())


def _list_pushed_tags(repository: RepositoryRecord) -> list[TagRecord]:
    """Return the tags and former tags, the newest first."""
    pushed = (*repository.tags, *repository.former_tags)
    return sorted(pushed, key=attrgetter("pushed_at"), reverse=True)


def _list_builds(repository: RepositoryRecord) -> Iterable[ImageBuild]:
    """Return the builds of the tags and former tags, each once."""
    tags = (*repository.tags, *repository.former_tags)
    return dict.fromkeys(describe_build(repository, tag) for tag in tags)


@lru_cache(CACHE_SIZE)
def _list_image_layers(build: ImageBuild) -> tuple[dict[str, int], ...]:
    """Return the sizes of the layers of each image by digest; an artifact counts as one layer."""
    if build.artifact is not None:
        return ({f"{build.path}:{build.build_key}": build.size},)
    recipe = make_recipe(build)
    return tuple(
        {layer.digest: layer.size for layer in build_layers(build, platform, recipe) if layer.digest}
        for platform in build.platforms
    )


def _build_inventory(repository: RepositoryRecord) -> Inventory:
    inventory = Inventory()
    for tag in repository.tags:
        digest = summarize_content(describe_build(repository, tag)).digest
        inventory.tags.setdefault(digest, []).append(tag.name)
    for tag in _list_pushed_tags(repository):
        summary = summarize_content(describe_build(repository, tag))
        sizes = {image.digest: image.size for image in summary.images}
        if summary.digest not in inventory.manifests:
            size = sum(sizes.values())
            stored = StoredManifest(summary.digest, tag.media_type or "", size, tag)
            inventory.manifests[summary.digest] = stored
        child_type = DOCKER_MANIFEST if tag.media_type == DOCKER_MANIFEST_LIST else OCI_MANIFEST
        for digest in summary.children:
            inventory.parents.setdefault(digest, set()).add(summary.digest)
            if digest not in inventory.manifests:
                stored = StoredManifest(digest, child_type, sizes.get(digest, tag.size), tag)
                inventory.manifests[digest] = stored
    return inventory
