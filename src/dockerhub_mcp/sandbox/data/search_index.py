"""What a search can find: all public repositories, and the Docker Hardened Images."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dockerhub_mcp.sandbox.data.deterministic import DAY, HOUR, derive_number, derive_uuid
from dockerhub_mcp.sandbox.state import PlatformRecord, RepositoryRecord, SandboxState

HARDENED_BADGE = "hardened"
HARDENED_PLATFORMS = (PlatformRecord("linux", "amd64"), PlatformRecord("linux", "arm64"))
HARDENED_IMAGES: tuple[tuple[str, str, tuple[str, str]], ...] = (
    ("curl", "curl and nothing a shell would need", ("Networking", "networking")),
    ("nginx", "nginx without a shell or a package manager", ("Web servers", "web-servers")),
    (
        "node",
        "Node.js, stripped down to what runs it",
        ("Languages & frameworks", "languages-and-frameworks"),
    ),
    (
        "python",
        "Python, stripped down to what runs it",
        ("Languages & frameworks", "languages-and-frameworks"),
    ),
)


@dataclass(frozen=True)
class SearchEntry:
    """A repository as the search sees it."""

    id: str
    name: str
    slug: str
    type: str
    publisher: tuple[str, str]
    created: float
    updated: float
    description: str
    badge: str
    stars: int
    pulls: int
    categories: tuple[tuple[str, str], ...]
    load_platforms: Callable[[], set[PlatformRecord]]
    """Asked for only when it matters, since tags are made when first looked at."""

    def collect_operating_systems(self) -> set[str]:
        """The operating systems."""
        return {platform.os for platform in self.load_platforms()}

    def collect_architectures(self) -> set[str]:
        """The architectures."""
        return {platform.architecture for platform in self.load_platforms()}


def iter_search_entries(state: SandboxState) -> Iterator[SearchEntry]:
    """Everything there is to find."""
    for repository in state.repositories.values():
        if not repository.is_private:
            yield _index_repository(state, repository)
    yield from (_index_hardened_image(state, *image) for image in HARDENED_IMAGES)


def _index_repository(state: SandboxState, repository: RepositoryRecord) -> SearchEntry:
    namespace, name = repository.namespace, repository.name
    organization, user = state.organizations.get(namespace), state.users.get(namespace)
    publisher = organization or user
    return SearchEntry(
        id=derive_uuid("finding", namespace, name),
        name=name,
        slug=name if namespace == "library" else f"{namespace}/{name}",
        type=repository.repository_type or "image",
        publisher=(publisher.uuid, publisher.full_name) if publisher else ("", namespace),
        created=repository.registered_at,
        updated=repository.updated_at,
        description=repository.description,
        badge=(organization.badge if organization else "") or "none",
        stars=repository.star_count,
        pulls=repository.pull_count,
        categories=repository.categories,
        load_platforms=lambda: {platform for tag in repository.tags for platform in tag.platforms},
    )


def _index_hardened_image(
    state: SandboxState, name: str, description: str, category: tuple[str, str]
) -> SearchEntry:
    # They come and go with the official images, which are updated about as often.
    updates = (found.updated_at for found in state.repositories.values() if found.namespace == "library")
    updated = max(updates, default=500 * DAY)
    return SearchEntry(
        id=derive_uuid("finding", "dhi", name),
        name=name,
        slug=f"dhi/{name}",
        type="dhi",
        publisher=(derive_uuid("account", "dhi"), "Docker Hardened Images"),
        created=updated - 400 * DAY,
        updated=updated - HOUR,
        description=description,
        badge=HARDENED_BADGE,
        stars=derive_number("stars", "dhi", name, below=300),
        pulls=derive_number("pulls", "dhi", name, below=4_000_000),
        categories=(category,),
        load_platforms=lambda: set(HARDENED_PLATFORMS),
    )
