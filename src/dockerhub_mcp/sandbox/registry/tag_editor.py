"""Changes of tags that other clients make, such as a pipeline between two requests of a client."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from dockerhub_mcp.sandbox.data.platforms import DESKTOP_PLATFORMS
from dockerhub_mcp.sandbox.media_types import DOCKER_MANIFEST, INDEX_TYPES, OCI_INDEX, OCI_MANIFEST
from dockerhub_mcp.sandbox.state import RepositoryRecord, SandboxState, TagRecord
from dockerhub_mcp.sandbox.timestamps import CONTENT_EPOCH

IMAGE_SIZE = 50_000_000
IMAGE_TYPES = {*INDEX_TYPES, OCI_MANIFEST, DOCKER_MANIFEST}
"""The media types of tags that get an image of the same platforms; others get one of two platforms."""


class UnknownTagError(ValueError):
    """A text is no tag with its repository, or the repository does not exist."""


@dataclass(frozen=True)
class TagEditor:
    """Pushes and removes tags without a request."""

    state: SandboxState
    now: Callable[[], float]

    def apply(self, push: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Push a new image to some tags, which need not exist, and remove others.

        Raises:
            UnknownTagError: A tag is not of the form `<namespace>/<repository>:<tag>`, or has no repository.
        """
        for reference in push:
            self._push_tag(*self._parse_reference(reference))
        for reference in remove:
            repository, name = self._parse_reference(reference)
            tag = _find_tag(repository, name)
            if tag is not None:
                repository.remove_tag(tag)

    def _push_tag(self, repository: RepositoryRecord, name: str) -> None:
        former = _find_tag(repository, name)
        is_image = former is not None and former.artifact is None and former.media_type in IMAGE_TYPES
        template = former if former is not None and is_image else _build_tag(repository, name)
        # The serial number makes the content a new one; what comes before the slash is the version.
        build_key = f"{template.build_key.partition('/')[0]}/push-{self.state.next_serial()}"
        tag = replace(
            template, build_key=build_key, pushed_at=self.now(), pulled_at=None, created_at=CONTENT_EPOCH
        )
        if former is not None:
            repository.remove_tag(former)
        repository.tags.append(tag)
        repository.updated_at = tag.pushed_at

    def _parse_reference(self, reference: str) -> tuple[RepositoryRecord, str]:
        path, _, name = reference.partition(":")
        namespace, _, repository_name = path.partition("/")
        repository = self.state.repositories.get((namespace, repository_name))
        if repository is None or not name:
            msg = f"{reference} is not a tag of a repository, such as milldale/controller:edge"
            raise UnknownTagError(msg)
        return repository, name


def _build_tag(repository: RepositoryRecord, name: str) -> TagRecord:
    return TagRecord(
        name=name,
        build_key=name,
        pushed_at=0.0,
        pulled_at=None,
        platforms=DESKTOP_PLATFORMS,
        size=IMAGE_SIZE,
        updater=f"{repository.namespace}-ci",
        created_at=CONTENT_EPOCH,
        media_type=OCI_INDEX,
    )


def _find_tag(repository: RepositoryRecord, name: str) -> TagRecord | None:
    return next((tag for tag in repository.tags if tag.name == name), None)
