"""The arguments of docker/hub-mcp's tools: its names and values, with the limits of this project."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    StringConstraints,
    model_validator,
)

from dockerhub_mcp.hub.api.coercion import coerce_arguments
from dockerhub_mcp.hub.api.marks import HIDDEN
from dockerhub_mcp.hub.api.namespaces import normalize_namespace
from dockerhub_mcp.hub.api.reference_arguments import expand_reference
from dockerhub_mcp.hub.api.types import (
    Architecture,
    CallModel,
    Namespace,
    NewRepositoryName,
    NonEmptyString,
    OperatingSystem,
    OrgName,
    Overview,
    PageNumber,
    RepositoryName,
    TagName,
)
from dockerhub_mcp.hub.methods import CreateRepository

MAX_PAGE_SIZE = 100  # of Docker Hub, which returns no more for a larger number

Ordering = Literal["last_updated", "-last_updated", "name", "-name", "pull_count", "-pull_count"]
_PageSize = Annotated[int, Field(ge=1, description="Items per page, at most 100.", examples=[25])]
_Description = Annotated[
    str | None,
    StringConstraints(max_length=100),
    Field(description="Short description, at most 100 characters.", examples=["Base images"]),
]
_Filter = Annotated[list[str] | None, Field(description="Only those with one of these.")]


class HubMcpArguments(CallModel):
    """One call of a tool of docker/hub-mcp; a repository may be a pasted reference."""

    _notes: list[str] = PrivateAttr(default_factory=list)

    @model_validator(mode="wrap")
    @classmethod
    def _normalize_and_validate(cls, arguments: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        notes: list[str] = []
        if isinstance(arguments, dict):
            is_mutation = "dry_run" in cls.model_fields
            arguments = coerce_arguments(cls, arguments, empty_is_absent=not is_mutation)
            if isinstance(name := arguments.get("name"), str) and "/" in name:
                arguments = CreateRepository.normalize(arguments, notes)
            if "repository" in cls.model_fields:
                accepts_tag = "tag" in cls.model_fields
                arguments = expand_reference(
                    arguments, notes, accepts_tag=accepts_tag, is_mutation=is_mutation
                )
            elif isinstance(namespace := arguments.get("namespace"), str):
                arguments = arguments | {"namespace": normalize_namespace(namespace)}
        call = validate(arguments)
        call._notes.extend(notes)  # noqa: SLF001 - an instance of this class
        return call

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about arguments that were changed, for the agent."""
        return tuple(self._notes)


class NoArguments(HubMcpArguments):
    """The arguments of a tool that takes none."""


class PageArguments(HubMcpArguments):
    """The page of a list."""

    page: PageNumber = 1
    page_size: _PageSize = 10


class ListRepositoriesArguments(PageArguments):
    """The arguments of listRepositoriesByNamespace."""

    namespace: Namespace
    ordering: Annotated[
        Ordering | None,
        Field(
            description="last_updated: newest first; name: A to Z; pull_count: most pulled first; - reverses "
            "it.",
            examples=["last_updated"],
        ),
    ] = None
    media_types: Annotated[
        str | None,
        Field(
            description="Only repositories with one of these media types, comma-separated.",
            examples=["application/vnd.oci.image.index.v1+json"],
        ),
    ] = None
    content_types: Annotated[
        str | None,
        Field(
            description="Only repositories with one of these content types, comma-separated.",
            examples=["image,helm"],
        ),
    ] = None


class RepositoryArguments(HubMcpArguments):
    """The arguments of getRepositoryInfo and checkRepository."""

    namespace: Namespace
    repository: RepositoryName


class TagArguments(RepositoryArguments):
    """The arguments of getRepositoryTag and checkRepositoryTag."""

    tag: TagName


class ListTagsArguments(PageArguments):
    """The arguments of listRepositoryTags."""

    namespace: Namespace = "library"
    repository: RepositoryName
    architecture: Architecture = None
    os: OperatingSystem = None


class _MutationArguments(HubMcpArguments):
    dry_run: Annotated[bool, HIDDEN] = False


class CreateRepositoryArguments(_MutationArguments):
    """The arguments of createRepository."""

    namespace: Annotated[
        Namespace, Field(description="User or organization to create it in.", examples=["acme"])
    ]
    name: NewRepositoryName | None = None
    description: _Description = None
    is_private: Annotated[
        bool | None, Field(description="Visible to the namespace only; public if left out.", examples=[True])
    ] = None
    full_description: Overview = None
    registry: Annotated[
        str | None, Field(description="Docker Hub, the only one there is.", examples=["docker.io"])
    ] = None


class UpdateRepositoryArguments(RepositoryArguments, _MutationArguments):
    """The arguments of updateRepositoryInfo."""

    description: _Description = None
    full_description: Overview = None
    status: Annotated[
        Literal["active", "inactive"] | None,
        Field(
            description="Only where the user asks for it explicitly; unchanged if null or left out.",
            examples=["inactive"],
        ),
    ] = None


class SearchArguments(HubMcpArguments):
    """The arguments of search."""

    query: Annotated[str, NonEmptyString, Field(description="Words to look for.", examples=["redis cache"])]
    badges: Annotated[
        list[Literal["official", "verified_publisher", "open_source"]] | None,
        Field(description="Only from these publishers.", examples=[["official"]]),
    ] = None
    type: Annotated[str | None, Field(description="Such as image, helm, plugin.", examples=["image"])] = None
    categories: Annotated[
        list[str] | None,
        Field(description="Only in one of these categories.", examples=[["databases-and-storage"]]),
    ] = None
    architectures: Annotated[_Filter, Field(examples=[["arm64"]])] = None
    operating_systems: Annotated[_Filter, Field(examples=[["linux"]])] = None
    images: Annotated[
        list[str] | None, Field(description="Not available: leave it out, and use the other filters.")
    ] = None
    extension_reviewed: Annotated[
        bool | None, Field(description="Only reviewed extensions.", examples=[True])
    ] = None
    from_: Annotated[int, Field(alias="from", ge=0, description="Results to skip.", examples=[25])] = 0
    size: Annotated[int, Field(ge=1, description="Results to return, at most 100.", examples=[10])] = 25
    sort: Annotated[
        Literal["pull_count", "updated_at"] | None,
        Field(description="By relevance if left out.", examples=["pull_count"]),
    ] = None
    order: Annotated[Literal["asc", "desc"] | None, Field(description="With sort.", examples=["desc"])] = None


class HardenedImagesArguments(HubMcpArguments):
    """The arguments of dockerHardenedImages."""

    organisation: OrgName
