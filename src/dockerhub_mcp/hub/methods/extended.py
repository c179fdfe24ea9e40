"""Methods with parameters of the Hub that no tool of this project offers under its own name.

They call the same operations as the methods they derive from, and share their tool names. Tools under the
names of docker/hub-mcp send them where a caller gives such a parameter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.filters import describe_ignored_filter, split_list
from dockerhub_mcp.hub.api.impact import Impact
from dockerhub_mcp.hub.api.method import UNDOCUMENTED
from dockerhub_mcp.hub.methods.repositories import ListRepositories
from dockerhub_mcp.hub.methods.repository_changes import UpdateRepository
from dockerhub_mcp.hub.methods.search import SearchRepositories
from dockerhub_mcp.hub.models import Page, Repository, RepositorySummary, SearchResult, SearchResults

_STATUS_NUMBERS = {"inactive": 0, "active": 1}
_STATUS_EFFECTS = {
    "inactive": "Docker does not document what that stops. A repository without images cannot be made active "
    "again.",
    "active": "The Hub refuses that for a repository without images.",
}


class ListRepositoriesByMediaType(ListRepositories):
    """List the repositories of a namespace that contain artifacts of some media types."""

    tool_name: ClassVar[str] = ListRepositories.tool_name

    media_types: Annotated[
        str | None,
        Field(description="Only these media types, comma-separated (undocumented)."),
        UNDOCUMENTED,
    ] = None

    def list_explained_fields(self) -> list[str]:
        """Add the field of the filter."""
        return [*super().list_explained_fields(), "media_types"]

    def explain_result(self, result: Page[Any], reference: Any = None) -> list[str]:
        """Add that the Hub ignored the filter."""
        notes = super().explain_result(result, reference)
        return notes + describe_ignored_filter(
            "media_types", self.media_types, result.results, _has_media_type
        )


def _has_media_type(repository: RepositorySummary, types: str) -> bool:
    """Tell whether a repository has an artifact of one of the types; one without types does not tell."""
    found = repository.media_types
    return not found or not set(split_list(types)).isdisjoint(found)


class SearchReviewedExtensions(SearchRepositories):
    """Search Docker Hub for extensions that Docker has reviewed."""

    tool_name: ClassVar[str] = SearchRepositories.tool_name

    extension_reviewed: Annotated[
        Literal[True], Field(description="Only reviewed extensions (undocumented)."), UNDOCUMENTED
    ] = True

    def explain_result(self, result: SearchResults, reference: Any = None) -> list[str]:
        """Add that the Hub ignored the filter."""
        notes = super().explain_result(result, reference)
        return notes + describe_ignored_filter("extension_reviewed", "true", result.results, _is_reviewed)


def _is_reviewed(row: SearchResult, _value: str) -> bool:
    """Tell whether a result is a reviewed extension; one without that fact does not tell."""
    return (row.model_extra or {}).get("extension_reviewed") is not False


class UpdateRepositoryStatus(UpdateRepository):
    """Change the status of a repository, and its description and overview with it."""

    tool_name: ClassVar[str] = UpdateRepository.tool_name
    gives = "pulls and pushes again, by making a repository active"
    takes = "the use of a repository, by making it inactive"

    status: Annotated[
        Literal["active", "inactive"] | None, Field(description="New status; unchanged if left out.")
    ] = None

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any("description", "full_description", "status")
        return self

    def build_body(self) -> dict[str, Any] | None:
        """Return the body with the number that the Hub has for the status."""
        body = super().build_body()
        if body is not None and self.status is not None:
            body["status"] = _STATUS_NUMBERS[self.status]
        return body

    def assess(self, current: Repository, facts: Any) -> Impact:
        """Describe the change; only one of the status gives or takes something."""
        impact = super().assess(current, facts)
        if self.status is None or current.status == _STATUS_NUMBERS[self.status]:
            return replace(impact, gives=False, takes=False)
        texts = self.model_copy(update={"status": None})
        changes = texts.describe_field_changes(current)
        return self._describe_status(f" Also {'; '.join(changes)}." if changes else "")

    def assess_unread(self, facts: Any) -> Impact:
        """Describe the new values where the current state could not be read."""
        impact = super().assess_unread(facts)
        if self.status is None:
            return replace(impact, gives=False, takes=False)
        unread = " The current state could not be read: this sign-in may not read it."
        fields = [name for name in ("description", "full_description") if getattr(self, name) is not None]
        verb = "change" if len(fields) > 1 else "changes"
        more = f" Also {' and '.join(fields)} {verb}." if fields else ""
        return self._describe_status(more + unread)

    def _describe_status(self, more: str) -> Impact:
        status = self.status or ""
        text = f"The repository {self.qualified_name} becomes {status}. {_STATUS_EFFECTS[status]}{more}"
        return Impact(text, gives=status == "active", takes=status == "inactive")

    @property
    def audited_changes(self) -> dict[str, Any]:
        """The new status, for the audit log."""
        return super().audited_changes | ({} if self.status is None else {"status": self.status})
