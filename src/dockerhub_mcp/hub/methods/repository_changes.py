"""Mutations of repositories.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories. The OpenAPI document omits
the methods with `is_documented = False`; Docker's own clients use them.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from dockerhub_mcp.hub.api.method import DELETE, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation, format_value
from dockerhub_mcp.hub.api.types import Namespace, Overview
from dockerhub_mcp.hub.methods.mixins import NoContent, RepositoryMethod
from dockerhub_mcp.hub.methods.repositories import GetRepository
from dockerhub_mcp.hub.models import (
    Acknowledgement,
    MatchingTags,
    Repository,
)
from dockerhub_mcp.hub.models.timestamp import format_day


class RepositoryMutation(RepositoryMethod, Mutation):
    """A mutation of a repository, which is read first. The namespace is required."""

    area = Area.REPOSITORIES

    namespace: Annotated[
        Namespace, Field(description="User or organization that owns it.", examples=["acme"])
    ]

    def current_state_call(self) -> Method[Any]:
        """Return the call that reads the repository."""
        return GetRepository(namespace=self.namespace, repository=self.repository)

    @property
    def qualified_name(self) -> str:
        """The repository as namespace/name."""
        return f"{self.namespace}/{self.repository}"


class UpdateRepository(RepositoryMutation, Method[Repository]):
    """Change the description or the overview of a repository. Undocumented by Docker, used by its clients."""

    http = PATCH("/v2/namespaces/{namespace}/repositories/{repository}")
    effect = Effect.UPDATE
    scope = Scope.REPO_WRITE
    title = "Update repository"
    outcome_tool = "get_repository"
    oat_scope = "scope-repository-edit"
    is_documented = False
    is_enabled_by_default = False

    description: Annotated[
        str | None,
        StringConstraints(max_length=100),
        Field(description="Short description, at most 100 characters; empty clears it.", examples=["Images"]),
    ] = None
    full_description: Overview = None

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any("description", "full_description")
        return self


class DeleteRepository(RepositoryMutation, NoContent, Method[Acknowledgement]):
    """Delete a repository with all its tags, for good. Undocumented by Docker, used by its clients."""

    http = DELETE("/v2/namespaces/{namespace}/repositories/{repository}")
    effect = Effect.DELETE
    scope = Scope.REPO_ADMIN
    title = "Delete repository"
    outcome_tool = "get_repository"
    oat_scope = "scope-repository-admin"
    is_documented = False
    is_enabled_by_default = False

    def loss_text(self, current: Repository) -> str:
        """Describe the repository that is deleted."""
        facts = [] if current.pull_count is None else [f"{current.pull_count} pulls"]
        if day := format_day(current.last_updated):
            facts.append(f"last changed {day}")
        known = f" ({', '.join(facts)})" if facts else ""
        return (
            f"The repository {self.qualified_name}{known} is deleted with all its tags; they can no longer "
            "be pulled, and this cannot be undone."
        )


class SetRepositoryVisibility(RepositoryMutation, NoContent, Method[Acknowledgement]):
    """Make a repository private or public. Undocumented by Docker, used by its clients."""

    http = POST("/v2/repositories/{namespace}/{repository}/privacy")
    effect = Effect.UPDATE
    scope = Scope.REPO_ADMIN
    title = "Set repository visibility"
    acknowledging_fields = ("is_private", "name")
    outcome_tool = "get_repository"
    is_documented = False
    is_enabled_by_default = False

    is_private: Annotated[bool, Field(description="Private, or public when false.", examples=[True])]

    def loss_text(self, current: Repository) -> str:
        """Describe how the visibility changes."""
        if current.is_private == self.is_private:
            state = "private" if self.is_private else "public"
            return f"{self.qualified_name} is {state} already; nothing changes."
        if self.is_private:
            return f"{self.qualified_name} becomes private; it can only be pulled from within its namespace."
        return f"{self.qualified_name} becomes public; everyone can see and pull all its tags."


class UpdateImmutableTags(RepositoryMutation, Method[Repository]):
    """Set which tags of a repository cannot be overwritten or deleted; what you leave out stays as it is."""

    http = PATCH("/v2/namespaces/{namespace}/repositories/{repository}/immutabletags")
    effect = Effect.REPLACE
    scope = Scope.REPO_ADMIN
    title = "Update immutable tags"
    outcome_tool = "get_repository"
    requires_current = True
    oat_scope = "scope-repository-settings-admin"

    immutable_tags: Annotated[bool | None, Field(description="Whether the rules apply.", examples=[True])] = (
        None
    )
    immutable_tags_rules: Annotated[
        list[str] | None,
        Field(description="Regular expressions (RE2) without commas, replacing all.", examples=[["v.*"]]),
    ] = None

    def needs_current_state(self) -> bool:
        """Tell whether an argument was omitted."""
        return self.immutable_tags is None or self.immutable_tags_rules is None

    def merge_current(self, current: Repository | None) -> Self:
        """Fill in omitted settings; the Hub accepts both or none."""
        rules = current.immutable_tags_settings if current else None
        if rules is None:
            return self
        kept = {"immutable_tags": rules.enabled, "immutable_tags_rules": rules.rules}
        return self.model_copy(update={k: v for k, v in kept.items() if getattr(self, k) is None})

    def build_body(self) -> dict[str, Any] | None:
        """Return the switch and the rules, both of which are required."""
        self.require_all("immutable_tags", "immutable_tags_rules")
        return super().build_body()

    def loss_text(self, current: Repository) -> str:
        """Describe how the rules change."""
        now = current.immutable_tags_settings
        before = (
            f"{'on' if now.enabled else 'off'} with rules {format_value(now.rules or [])}"
            if now
            else "an unknown state"
        )
        self.require_all("immutable_tags", "immutable_tags_rules")
        after = (
            f"{'on' if self.immutable_tags else 'off'} with rules {format_value(self.immutable_tags_rules)}"
        )
        return f"Immutable tags of {self.qualified_name}: {before} becomes {after}."

    @model_validator(mode="after")
    def _validate_rules(self) -> Self:
        self.require_any("immutable_tags", "immutable_tags_rules")
        if any("," in rule for rule in self.immutable_tags_rules or []):
            msg = "a rule in immutable_tags_rules has a comma, where the Hub would split it; write two rules"
            raise ValueError(msg)
        return self


class VerifyImmutableTags(RepositoryMethod, Method[MatchingTags]):
    """List the tags that a rule for immutable tags would match; nothing is changed."""

    http = POST("/v2/namespaces/{namespace}/repositories/{repository}/immutabletags/verify")
    effect = Effect.READ
    scope = Scope.REPO_ADMIN
    area = Area.REPOSITORIES
    title = "Verify immutable tags"
    oat_scope = "scope-repository-settings-admin"
    is_enabled_by_default = False

    regex: Annotated[
        str,
        StringConstraints(min_length=1, pattern=r"^[^,]*$"),
        Field(description="Regular expression (RE2) without commas.", examples=["v.*"]),
    ]

    def explain_result(self, result: MatchingTags, reference: Any = None) -> list[str]:
        """Add how to write a pattern where a glob seems to be meant and no tag matches."""
        notes = super().explain_result(result, reference)
        if not result.tags and re.search(r"(?<![.)\]\\])[*?]", self.regex):
            notes.append("regex is a regular expression, where the * of a file pattern is written .*")
        return notes
