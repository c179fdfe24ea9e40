"""The search index: all public repositories, and the Docker Hardened Images."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dockerhub_mcp.sandbox.data.deterministic import derive_number
from dockerhub_mcp.sandbox.data.files import find_categories, load_records
from dockerhub_mcp.sandbox.data.people import derive_account_uuid
from dockerhub_mcp.sandbox.image_records import PlatformRecord
from dockerhub_mcp.sandbox.media_types import OCI_INDEX
from dockerhub_mcp.sandbox.state import ARCHIVED_STATUS, RepositoryRecord, SandboxState
from dockerhub_mcp.sandbox.timestamps import DAY, HOUR

HARDENED_NAMESPACE = "dhi"
HARDENED_BADGE = "hardened"
HARDENED_PLATFORMS = (PlatformRecord("linux", "amd64"), PlatformRecord("linux", "arm64"))


@dataclass(frozen=True)
class SearchEntry:
    """A repository in the search index. Times are seconds since the epoch."""

    id: str
    """The full name, with the namespace."""
    name: str
    slug: str
    type: str
    publisher: tuple[str, str]
    """The UUID and the full name of the account."""
    created_at: float
    updated_at: float
    description: str
    badge: str
    star_count: int
    pull_count: int
    categories: tuple[tuple[str, str], ...]
    media_types: tuple[str, ...]
    content_types: tuple[str, ...]
    is_archived: bool
    load_platforms: Callable[[], set[PlatformRecord]]
    """Return the platforms of all tags; called only when needed, because it builds the tags."""

    @property
    def is_reviewed(self) -> bool:
        """Whether it is an extension that Docker has reviewed: here, that of a verified publisher."""
        return self.type == "extension" and self.badge == "verified_publisher"

    def collect_operating_systems(self) -> set[str]:
        """Return the operating systems of all tags."""
        return {platform.os for platform in self.load_platforms()}

    def collect_architectures(self) -> set[str]:
        """Return the architectures of all tags."""
        return {platform.architecture for platform in self.load_platforms()}


def iter_search_entries(state: SandboxState) -> Iterator[SearchEntry]:
    """Yield an entry for each public repository and each hardened image."""
    for repository in state.repositories.values():
        if not repository.is_private:
            yield _index_repository(state, repository)
    yield from _index_hardened_images(state)


def _index_repository(state: SandboxState, repository: RepositoryRecord) -> SearchEntry:
    namespace, name = repository.namespace, repository.name
    organization, user = state.organizations.get(namespace), state.users.get(namespace)
    publisher = organization or user
    return SearchEntry(
        id=f"{namespace}/{name}",
        name=name,
        slug=name if namespace == "library" else f"{namespace}/{name}",
        type=repository.repository_type or "image",
        publisher=(publisher.uuid, publisher.full_name) if publisher else ("", namespace),
        created_at=repository.registered_at,
        updated_at=repository.updated_at,
        description=repository.description,
        badge=(organization.badge if organization else "") or "none",
        star_count=repository.star_count,
        pull_count=repository.pull_count,
        categories=repository.categories,
        media_types=repository.media_types,
        content_types=repository.content_types,
        is_archived=repository.status == ARCHIVED_STATUS,
        load_platforms=lambda: {platform for tag in repository.tags for platform in tag.platforms},
    )


def _index_hardened_images(state: SandboxState) -> Iterator[SearchEntry]:
    # Hardened images are rebuilt about as often as the official images.
    official_updates = (
        repository.updated_at
        for repository in state.repositories.values()
        if repository.namespace == "library"
    )
    newest = max(official_updates, default=500 * DAY)
    for record in load_records("hardened_images"):
        name = record["name"]
        yield SearchEntry(
            id=f"{HARDENED_NAMESPACE}/{name}",
            name=name,
            slug=f"{HARDENED_NAMESPACE}/{name}",
            type="dhi",
            publisher=(derive_account_uuid(HARDENED_NAMESPACE), "Docker Hardened Images"),
            created_at=newest - 400 * DAY,
            updated_at=newest - HOUR,
            description=record["description"],
            badge=HARDENED_BADGE,
            star_count=derive_number("stars", HARDENED_NAMESPACE, name, below=300),
            pull_count=derive_number("pulls", HARDENED_NAMESPACE, name, below=4_000_000),
            categories=find_categories([record["category"]]),
            media_types=(OCI_INDEX,),
            content_types=("image",),
            is_archived=False,
            load_platforms=lambda: set(HARDENED_PLATFORMS),
        )
