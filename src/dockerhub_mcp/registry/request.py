"""A request about a repository, as the client describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dockerhub_mcp.registry.media_types import ACCEPTED_MANIFESTS
from dockerhub_mcp.registry.references import is_digest

JSON = "application/json"
PULL = "pull"
DELETE = "pull,push,delete"
"""The actions of a token that allows to delete manifests, as Docker's documents name them."""

_MAX_MANIFEST_BYTES = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class RegistryRequest:
    """A request about a repository.

    Attributes:
        verb: GET, HEAD or DELETE.
        repository: The repository.
        path: The path after the repository, such as `manifests/latest`.
        path_template: The same as a template, for `on_attempt`.
        subject: What is asked for, for messages, such as `the tag latest`; empty for the whole repository.
        max_bytes: The most bytes of the answer.
        accept: The media types that the caller takes.
        query: The query parameters.
        accepted_statuses: Statuses of failures that the caller takes as an answer.
        follow_redirects: Whether to follow redirects within the registry; else they are returned.
        actions: The actions that the token must allow, the last one for this request.
    """

    verb: str
    repository: str
    path: str
    path_template: str
    subject: str
    max_bytes: int = 64 * 1024
    accept: str = JSON
    query: Mapping[str, str] = field(default_factory=dict)
    accepted_statuses: frozenset[int] = frozenset()
    follow_redirects: bool = True
    actions: str = PULL

    @property
    def full_path(self) -> str:
        """The path of the URL."""
        return f"/v2/{self.repository}/{self.path}"

    @property
    def action(self) -> str:
        """The action that the request itself needs, such as `pull`."""
        return self.actions.rpartition(",")[2]

    @property
    def is_change(self) -> bool:
        """Whether the request changes something, so that it must not be repeated."""
        return self.verb not in {"GET", "HEAD"}

    @property
    def line(self) -> str:
        """The HTTP method and the path, for messages."""
        return f"{self.verb} {self.full_path}"

    @classmethod
    def for_manifest(cls, verb: str, repository: str, reference: str) -> RegistryRequest:
        """Return the request for the manifest of a tag or digest."""
        return cls(
            verb,
            repository,
            f"manifests/{reference}",
            "manifests/{reference}",
            f"the {'digest' if is_digest(reference) else 'tag'} {reference}",
            max_bytes=_MAX_MANIFEST_BYTES,
            accept=ACCEPTED_MANIFESTS,
        )


def blob_request(repository: str, digest: str) -> RegistryRequest:
    """Return the request for a blob, for messages."""
    return RegistryRequest("GET", repository, f"blobs/{digest}", "blobs/{digest}", "the blob")
