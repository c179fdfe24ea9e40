"""The image that an argument names."""

from __future__ import annotations

from dataclasses import dataclass

from dockerhub_mcp.hub.api.image_reference import parse_reference
from dockerhub_mcp.hub.api.pasted_text import extract_reference

DEFAULT_TAG = "latest"


@dataclass(frozen=True, slots=True)
class ImageTarget:
    """An image of Docker Hub.

    Attributes:
        namespace: The namespace; `library` for official images.
        repository: The name of the repository.
        tag: The tag; empty where only a digest is given.
        digest: The digest; empty where only a tag is given.
    """

    namespace: str
    repository: str
    tag: str
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> ImageTarget:
        """Return the image that a reference names, in any form that people paste; `latest` without a tag.

        Raises:
            ValueError: It is no reference, or one of another registry.
        """
        reference = parse_reference(extract_reference(text))
        tag = reference.tag or ("" if reference.digest else DEFAULT_TAG)
        return cls(reference.namespace or "library", reference.repository, tag, reference.digest or "")

    @property
    def full_name(self) -> str:
        """The repository as the registry names it, such as `library/redis`."""
        return f"{self.namespace}/{self.repository}"

    @property
    def is_official(self) -> bool:
        """Whether it is in the namespace of the official images."""
        return self.namespace == "library"

    @property
    def familiar_name(self) -> str:
        """The repository as Docker's command line shows it, such as `redis` or `acme/app`."""
        return self.repository if self.namespace == "library" else self.full_name

    @property
    def reference(self) -> str:
        """The digest or the tag: what a manifest is requested by."""
        return self.digest or self.tag

    def pin(self, digest: str) -> str:
        """Return the pinned reference, such as `redis:8.2@sha256:...`."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.familiar_name}{tag}@{digest}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.familiar_name}{tag}" + (f"@{self.digest}" if self.digest else "")
