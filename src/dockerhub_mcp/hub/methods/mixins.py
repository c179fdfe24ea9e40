"""What several methods share."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

from dockerhub_mcp.hub.api.image_reference import expand_reference
from dockerhub_mcp.hub.api.method import Area, Method
from dockerhub_mcp.hub.api.types import Namespace, RepositoryName
from dockerhub_mcp.hub.models import Acknowledgement, Existence

_HUB_WEB_URL = "https://hub.docker.com"


class RepositoryMethod(Method[Any]):
    """A method on one repository, which may be given as a pasted image reference."""

    namespace: Namespace = "library"
    repository: RepositoryName

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:
        """Spread a reference over namespace, repository and, where the method takes one, tag."""
        takes_tag, writes = "tag" in cls.model_fields, cls.effect.is_mutation
        return expand_reference(arguments, notes, accepts_tag=takes_tag, is_mutation=writes)

    def build_web_url(self) -> str:
        """Return the page of the repository, or of its tags where these are meant."""
        namespace, repository = quote(self.namespace, safe=""), quote(self.repository, safe="")
        page = (
            f"{_HUB_WEB_URL}/_/{repository}"
            if namespace == "library"
            else f"{_HUB_WEB_URL}/r/{namespace}/{repository}"
        )
        tag = getattr(self, "tag", None)
        if tag is None:
            return f"{page}/tags" if self.area is Area.TAGS else page
        return f"{page}/tags?name={quote(str(tag), safe='')}"


class ExistenceCheck(Method[Any]):
    """A method that asks whether something is there; the answer has no body, only a status."""

    accepted_statuses: ClassVar[frozenset[int]] = frozenset({404})

    def parse(self, status: int, content: bytes) -> Existence:  # noqa: ARG002 - HEAD has none
        """Make 404 a plain no: missing, or private and not visible to this caller."""
        return Existence(exists=status != 404)  # noqa: PLR2004


class NoContent(Method[Any]):
    """A method whose answer says nothing but that it worked."""

    def parse(self, status: int, content: bytes) -> Acknowledgement:  # noqa: ARG002
        """Take any success, with a body or without."""
        return Acknowledgement()
