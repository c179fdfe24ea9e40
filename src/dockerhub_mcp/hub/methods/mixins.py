"""Base classes that several methods share."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

from dockerhub_mcp.hub.api.method import Area, Method
from dockerhub_mcp.hub.api.reference_arguments import expand_reference
from dockerhub_mcp.hub.api.types import Namespace, RepositoryName
from dockerhub_mcp.hub.decoding import decode_json_object
from dockerhub_mcp.hub.models import Acknowledgement, Existence

_HUB_WEB_URL = "https://hub.docker.com"


class RepositoryMethod(Method[Any]):
    """A method on one repository, which may be given as a pasted image reference."""

    namespace: Namespace = "library"
    repository: RepositoryName

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:
        """Split a reference into namespace, repository and, if the method has one, tag."""
        accepts_tag, is_mutation = "tag" in cls.model_fields, cls.effect.is_mutation
        return expand_reference(arguments, notes, accepts_tag=accepts_tag, is_mutation=is_mutation)

    def build_web_url(self) -> str:
        """Return the page of the repository, or of its tags for a method on tags."""
        namespace, repository = quote(self.namespace, safe=""), quote(self.repository, safe="")
        page = (
            f"{_HUB_WEB_URL}/_/{repository}"
            if namespace == "library"
            else f"{_HUB_WEB_URL}/r/{namespace}/{repository}"
        )
        tag = self.__dict__.get("tag")  # a model takes long to say that it has no such attribute
        if tag is None:
            return f"{page}/tags" if self.area is Area.TAGS else page
        return f"{page}/tags?name={quote(str(tag), safe='')}"


class ExistenceCheck(Method[Any]):
    """A method that checks for existence; the response has only a status and no body."""

    accepted_statuses: ClassVar[frozenset[int]] = frozenset({404})

    def parse(self, status: int, content: bytes) -> Existence:  # noqa: ARG002 - HEAD has none
        """Turn 404 into a negative result: missing, or private and not visible to the caller."""
        return Existence(exists=status != 404)  # noqa: PLR2004


class NoContent(Method[Any]):
    """A method that returns nothing but its success."""

    acknowledging_fields: ClassVar[tuple[str, ...]] = ()
    """Fields of the changed object, one of which a body must have, for methods that may return it."""

    def parse(self, status: int, content: bytes) -> Acknowledgement:  # noqa: ARG002
        """Accept an empty body, or the changed object.

        Raises:
            ValueError: The body is something else: a message, or the empty object of a withdrawn route.
        """
        if content.strip():
            data = decode_json_object(content)
            if not any(data.get(name) is not None for name in self.acknowledging_fields):
                msg = "the answer does not say that it is done"
                raise ValueError(msg)
        return Acknowledgement()
