"""Immutable tags: rules for the tags of a repository that can be neither overwritten nor deleted.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from dockerhub_mcp.hub.api.impact import Impact, StateReader
from dockerhub_mcp.hub.api.method import PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.errors import BadRequest, InvalidRequest
from dockerhub_mcp.hub.methods.mixins import RepositoryMethod
from dockerhub_mcp.hub.methods.repository_changes import RepositoryMutation
from dockerhub_mcp.hub.models import MatchingTags, Repository
from dockerhub_mcp.hub.quoting import list_names, quote_text

_EVERY_TAG = [".*"]
"""The rule that the Hub shows, and applies, where a repository has no rules."""
_MAX_VERIFIED_RULES = 10


class UpdateImmutableTags(RepositoryMutation, Method[Repository]):
    """Set which tags of a repository cannot be overwritten or deleted; what you leave out stays as it is."""

    http = PATCH("/v2/namespaces/{namespace}/repositories/{repository}/immutabletags")
    introduced = "2025-07-29"
    effect = Effect.REPLACE
    scope = Scope.REPO_ADMIN
    title = "Update immutable tags"
    outcome_tool = "get_repository"
    requires_current = True
    oat_scope = "scope-repository-settings-admin"
    takes = "the possibility to move and delete tags, or the protection from that"
    unasked = "rules of a setting that is off, and stays off"

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

    async def examine(self, read: StateReader, current: Any) -> list[str] | None:
        """Return the tags that the new rules match today, by name; None where that is unknown.

        Raises:
            InvalidRequest: The Hub would refuse a rule.
        """
        await super().examine(read, current)
        if not self.immutable_tags or covers_every_tag(self.immutable_tags_rules):
            return None
        return await find_matching_tags(
            read, self.namespace, self.repository, self.immutable_tags_rules or []
        )

    def assess(self, current: Repository | None, facts: Any) -> Impact:
        """Describe how the rules change, and which tags they match."""
        self.require_all("immutable_tags", "immutable_tags_rules")
        now = current.immutable_tags_settings if current else None
        before = _describe_rules(now.enabled, now.rules) if now else "an unknown state"
        after = _describe_rules(self.immutable_tags, self.immutable_tags_rules)
        name = f"Immutable tags of {self.qualified_name}"
        stored = now is not None and now.enabled == self.immutable_tags
        if (
            stored
            and now is not None
            and _normalize_rules(now.rules) == _normalize_rules(self.immutable_tags_rules)
        ):
            return Impact(f"{name}: {after} already.", is_change=False)
        if stored and not self.immutable_tags:
            rules = list_names(self.immutable_tags_rules or [])
            return Impact(f"{name}: off, and stay off; the rules ({rules}) have no effect until they are on.")
        return Impact(f"{name}: {before} becomes {after}. {self._describe_effect(facts)}", takes=True)

    def assess_unread(self, facts: Any) -> Impact:
        """Describe the new rules, and which tags they match."""
        return self.assess(None, facts)

    def _describe_effect(self, matching: list[str] | None) -> str:
        """Return which tags can no longer be changed, as a sentence."""
        if not self.immutable_tags:
            return "Every tag can then be moved and deleted."
        if covers_every_tag(self.immutable_tags_rules):
            return "This means every tag, `latest` included; none can be moved or deleted."
        if matching is None:
            return "Tags that the rules match can be neither moved nor deleted."
        if not matching:
            return "The rules match no tag today; those they match later can be neither moved nor deleted."
        count = "the tag" if len(matching) == 1 else f"{len(matching)} tags"
        return (
            f"The rules match {count} {list_names(matching)} today; what they match can be neither moved nor "
            "deleted."
        )

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
    introduced = "2025-07-29"
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


async def find_matching_tags(
    read: StateReader, namespace: str, repository: str, rules: Sequence[str]
) -> list[str] | None:
    """Return the tags that rules match today, by name; None where the Hub does not tell.

    Raises:
        InvalidRequest: The Hub refuses a rule.
    """
    matching: set[str] = set()
    for rule in rules[:_MAX_VERIFIED_RULES]:
        if not rule.strip():
            return None
        answer = await read.try_read(
            VerifyImmutableTags(namespace=namespace, repository=repository, regex=rule)
        )
        if isinstance(answer, BadRequest):
            what = f"The Hub does not take the rule {quote_text(rule)}; nothing was sent."
            remedy = "Write it as a regular expression (RE2) without commas."
            raise InvalidRequest(what, remedy=remedy, hub_message=answer.hub_message)
        if not isinstance(answer, MatchingTags):
            return None
        matching.update(answer.tags)
    return sorted(matching) if len(rules) <= _MAX_VERIFIED_RULES else None


def covers_every_tag(rules: Sequence[str] | None) -> bool:
    """Tell whether rules match every tag; without rules they do."""
    return _normalize_rules(rules) == _EVERY_TAG


def _normalize_rules(rules: Sequence[str] | None) -> list[str]:
    return list(rules or _EVERY_TAG)


def _describe_rules(is_enabled: bool | None, rules: Sequence[str] | None) -> str:
    """Return a setting for the inside of a sentence; rules count as none while it is off."""
    if not is_enabled:
        return "off"
    if covers_every_tag(rules):
        return "on for every tag"
    return f"on for the rules {', '.join(map(quote_text, rules or ()))}"
