"""Tags. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from dockerhub_mcp.hub.api.filters import describe_ignored_filter, quote
from dockerhub_mcp.hub.api.impact import Impact, StateReader
from dockerhub_mcp.hub.api.method import DELETE, GET, HEAD, UNDOCUMENTED, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.name_filters import normalize_tag_filter
from dockerhub_mcp.hub.api.ordering import OrderedMethod, SortOrder
from dockerhub_mcp.hub.api.platforms import describe_unknown_platform, normalize_platform_arguments
from dockerhub_mcp.hub.api.types import (
    Architecture,
    MaxItems,
    Namespace,
    OperatingSystem,
    PageNumber,
    PageSize,
    TagName,
)
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods.immutable_tags import covers_every_tag, find_matching_tags
from dockerhub_mcp.hub.methods.mixins import ExistenceCheck, NoContent, RepositoryMethod
from dockerhub_mcp.hub.methods.repository_changes import check_permission
from dockerhub_mcp.hub.methods.repository_reads import GetRepository
from dockerhub_mcp.hub.models import (
    Acknowledgement,
    CountedTag,
    Existence,
    HubModel,
    Page,
    Tag,
    TagOverview,
    TagSummary,
)
from dockerhub_mcp.hub.models.timestamp import format_day, is_never
from dockerhub_mcp.hub.quoting import quote_name

_SHORT_DIGEST = re.compile(r"(?=.*\d)[0-9a-f]{12,}")  # as lists show it


class ListTags(OrderedMethod, RepositoryMethod, Method[Page[Tag]]):
    """List the tags of a repository, newest first, with digests, sizes and platforms.

    To find a tag, use find_tags, or filter by name; anonymous callers reach the first 1,000.
    """

    http = GET("/v2/namespaces/{namespace}/repositories/{repository}/tags")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "List tags"
    allows_anonymous = True
    oat_scope = "scope-tag-read"
    anonymous_max_offset = 1000
    summary_model = TagSummary
    counted_model = CountedTag

    name: Annotated[
        str | None,
        Field(description="Only names that contain this (undocumented).", examples=["8.2"]),
        UNDOCUMENTED,
    ] = None
    architecture: Architecture = None
    os: OperatingSystem = None
    ordering: Annotated[
        Literal["newest", "oldest", "name", "name_descending"] | None,
        Field(description="Order of the list (undocumented).", examples=["newest"]),
        UNDOCUMENTED,
    ] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:
        """Turn patterns into a part of a name, and platforms into the Hub's names."""
        arguments = normalize_platform_arguments(super().normalize(arguments, notes), notes)
        name = arguments.get("name")
        if not isinstance(name, str):
            return arguments
        part = normalize_tag_filter(name, str(arguments.get("repository") or ""), notes)
        return arguments | {"name": part or None}

    @classmethod
    def available_orders(cls) -> dict[str, SortOrder]:
        """Return the orders; on this route `-name` is the ascending order."""
        return {
            "newest": SortOrder("last_updated", "last_updated", descending=True),
            "oldest": SortOrder("-last_updated", "last_updated", descending=False),
            "name": SortOrder("-name", "name", descending=False),
            "name_descending": SortOrder("name", "name", descending=True),
        }

    def choose_summary_model(self) -> type[HubModel] | None:
        """Choose a model without the sizes of images, where no filter needs them."""
        is_plain = self.summary_model is TagSummary and not (self.architecture or self.os)
        return TagOverview if is_plain else self.summary_model

    def list_explained_fields(self) -> list[str]:
        """Add the fields of the filters."""
        fields = [*super().list_explained_fields(), *(["name"] if self.name else [])]
        return [*fields, "images"] if self.architecture or self.os else fields

    def explain_result(self, result: Page[Any], reference: Any = None) -> list[str]:
        """Add which filters the Hub ignored, or what may be wrong with them where nothing matches."""
        notes = super().explain_result(result, reference)
        if result.results:
            for name, value, matches in (
                ("name", self.name, _contains_name),
                ("architecture", self.architecture, partial(_has_image, "architecture")),
                ("os", self.os, partial(_has_image, "os")),
            ):
                notes += describe_ignored_filter(name, value, result.results, matches)
        if result.results or self.page > 1:
            return notes
        notes += describe_unknown_platform(self.architecture, self.os)
        if self.name and _SHORT_DIGEST.fullmatch(self.name):
            notes.append("The Hub finds no tags by digest: list the newest tags and compare the digests.")
        if self.name and self.name != self.name.lower():
            notes.append(
                f"Tag names are case-sensitive; most are in lower case, such as {quote(self.name.lower())}."
            )
        return notes


def _contains_name(tag: Any, part: str) -> bool:
    return part.lower() in (tag.name or "").lower()


def _has_image(attribute: str, tag: Any, value: str) -> bool:
    """Tell whether a tag has an image of a platform; one without images does not tell."""
    return not tag.images or any(getattr(image, attribute) == value for image in tag.images)


class GetTag(RepositoryMethod, Method[Tag]):
    """Read one tag: the digest to pin, and each platform with its own digest and size."""

    http = GET("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "Get tag"
    allows_anonymous = True
    oat_scope = "scope-tag-read"

    tag: TagName


class CheckTag(ExistenceCheck, RepositoryMethod, Method[Existence]):
    """Check whether a tag exists and is visible to the caller, without reading it."""

    http = HEAD("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "Check tag"
    allows_anonymous = True
    oat_scope = "scope-tag-read"

    tag: TagName

    def explain_result(self, result: Existence, reference: Any = None) -> list[str]:
        """Add that case matters where a name with capital letters is missing."""
        notes = super().explain_result(result, reference)
        if not result.exists and self.tag != self.tag.lower():
            notes.append("Tag names are case-sensitive; most are in lower case.")
        return notes


class CheckTags(ExistenceCheck, RepositoryMethod, Method[Existence]):
    """Check whether a repository has any tags and is visible to the caller, without reading them."""

    http = HEAD("/v2/namespaces/{namespace}/repositories/{repository}/tags")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "Check tags"
    allows_anonymous = True
    oat_scope = "scope-tag-read"
    is_enabled_by_default = False


class DeleteTag(RepositoryMethod, Mutation, NoContent, Method[Acknowledgement]):
    """Delete a tag for good; immutable ones stay. Undocumented by Docker, used by its clients."""

    http = DELETE("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
    effect = Effect.DELETE
    scope = Scope.REPO_ADMIN
    area = Area.TAGS
    title = "Delete tag"
    outcome_tool = "list_tags"
    oat_scope = "scope-tag-admin"
    is_documented = False
    takes = "the tag"

    namespace: Annotated[
        Namespace, Field(description="User or organization that owns it.", examples=["acme"])
    ]
    tag: TagName

    def current_state_call(self) -> GetTag:
        """Return the call that reads the tag."""
        return GetTag(namespace=self.namespace, repository=self.repository, tag=self.tag)

    async def examine(self, read: StateReader, current: Any) -> None:  # noqa: ARG002
        """Check that the account may delete the tag, and that it is not immutable.

        Raises:
            InvalidRequest: The permission is missing, or a rule of the repository protects the tag.
        """
        where = {"namespace": self.namespace, "repository": self.repository}
        repository = await read(GetRepository(**where))
        if repository is not None:
            check_permission(self, repository, read.principal)
        rules = repository.immutable_tags_settings if repository else None
        if rules is None or not rules.enabled:
            return
        is_immutable = covers_every_tag(rules.rules)
        if not is_immutable:
            is_immutable = self.tag in (
                await find_matching_tags(read, **where, rules=rules.rules or []) or ()
            )
        if is_immutable:
            what = f"The tag {self._qualified_name} is immutable; nothing was sent."
            raise InvalidRequest(
                what,
                why="A rule of the repository makes the tag immutable: it cannot be overwritten or deleted.",
                remedy="To delete it anyway, update the rules with update_immutable_tags first.",
            )

    def assess(self, current: Tag, facts: Any) -> Impact:
        """Describe the tag that is deleted."""
        pushed = f", pushed {day}" if (day := format_day(current.last_updated)) else ""
        pulled = f", last pulled {day}" if (day := format_day(current.tag_last_pulled)) else ""
        if current.tag_last_pulled is not None and is_never(current.tag_last_pulled):
            pulled = ", never pulled"
        facts = f"{quote_name(current.digest) if current.digest else 'no digest'}{pushed}{pulled}"
        text = (
            f"The tag {self._qualified_name} ({facts}) is deleted; it can no longer be pulled by this name."
        )
        return Impact(text, takes=True)

    @property
    def _qualified_name(self) -> str:
        return f"{quote_name(self.namespace)}/{quote_name(self.repository)}:{quote_name(self.tag)}"
