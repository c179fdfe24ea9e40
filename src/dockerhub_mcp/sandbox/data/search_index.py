"""What a search can find: all public repositories, and the Docker Hardened Images."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dockerhub_mcp.sandbox.data.deterministic import DAY, HOUR, identifier, number
from dockerhub_mcp.sandbox.state import Platform, Repository, State

HARDENED = "hardened"
HARDENED_PLATFORMS = (Platform("linux", "amd64"), Platform("linux", "arm64"))
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
class Finding:
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
    platforms: Callable[[], set[Platform]]
    """Asked for only when it matters, since tags are made when first looked at."""

    def systems(self) -> set[str]:
        """The operating systems."""
        return {platform.os for platform in self.platforms()}

    def architectures(self) -> set[str]:
        """The architectures."""
        return {platform.architecture for platform in self.platforms()}


def findings(state: State) -> Iterator[Finding]:
    """Everything there is to find."""
    for repository in state.repositories.values():
        if not repository.is_private:
            yield _repository(state, repository)
    yield from (_hardened(state, *image) for image in HARDENED_IMAGES)


def _repository(state: State, repository: Repository) -> Finding:
    namespace, name = repository.namespace, repository.name
    organization, user = state.organizations.get(namespace), state.users.get(namespace)
    publisher = organization or user
    return Finding(
        id=identifier("finding", namespace, name),
        name=name,
        slug=name if namespace == "library" else f"{namespace}/{name}",
        type=repository.repository_type or "image",
        publisher=(publisher.uuid, publisher.full_name) if publisher else ("", namespace),
        created=repository.registered,
        updated=repository.updated,
        description=repository.description,
        badge=(organization.badge if organization else "") or "none",
        stars=repository.star_count,
        pulls=repository.pull_count,
        categories=repository.categories,
        platforms=lambda: {platform for tag in repository.tags for platform in tag.platforms},
    )


def _hardened(state: State, name: str, description: str, category: tuple[str, str]) -> Finding:
    # They come and go with the official images, which are updated about as often.
    updates = (found.updated for found in state.repositories.values() if found.namespace == "library")
    updated = max(updates, default=500 * DAY)
    return Finding(
        id=identifier("finding", "dhi", name),
        name=name,
        slug=f"dhi/{name}",
        type="dhi",
        publisher=(identifier("account", "dhi"), "Docker Hardened Images"),
        created=updated - 400 * DAY,
        updated=updated - HOUR,
        description=description,
        badge=HARDENED,
        stars=number("stars", "dhi", name, below=300),
        pulls=number("pulls", "dhi", name, below=4_000_000),
        categories=(category,),
        platforms=lambda: set(HARDENED_PLATFORMS),
    )
