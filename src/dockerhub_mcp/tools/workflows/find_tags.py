"""Find tags by what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

import anyio.to_thread
from pydantic import AfterValidator, Field, model_validator

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.api.filters import quote
from dockerhub_mcp.hub.api.platforms import normalize_platform, split_architecture
from dockerhub_mcp.hub.api.types import Namespace, RepositoryName, TagName
from dockerhub_mcp.hub.methods import GetTag, ListTags
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.tag_facts import TagListing
from dockerhub_mcp.tools.tag_search.criteria import Criteria, Match, Order
from dockerhub_mcp.tools.tag_search.digests import normalize_digest_prefix
from dockerhub_mcp.tools.tag_search.families import describe_families
from dockerhub_mcp.tools.tag_search.globs import GlobSet, find_name_part, validate_globs
from dockerhub_mcp.tools.tag_search.models import FoundTags
from dockerhub_mcp.tools.tag_search.moments import (
    parse_duration,
    parse_moment,
    validate_duration,
    validate_moment,
)
from dockerhub_mcp.tools.tag_search.notes import explain_outcome
from dockerhub_mcp.tools.tag_search.presentation import describe_extent, present_groups, present_tags
from dockerhub_mcp.tools.tag_search.reading import Place, complete_facts, read_all, read_newest, read_tag
from dockerhub_mcp.tools.tag_search.search import SearchOutcome, search_tags
from dockerhub_mcp.tools.tag_versions.model import TagVersion
from dockerhub_mcp.tools.tag_versions.ranges import VersionRange
from dockerhub_mcp.tools.tag_versions.selection import parse_tag
from dockerhub_mcp.tools.validation import ArgumentsError
from dockerhub_mcp.tools.workflows.base import Workflow, WorkflowResult


def _validate_range(text: str) -> str:
    try:
        VersionRange.parse(text)
    except ValueError as error:
        raise ValueError(str(error).rstrip(".")) from None
    return text


class FindTags(Workflow):
    """Find tags by version range, digest, age, size or platform, best first, with the reference to pin."""

    title = "Find tags"
    methods = (ListTags, GetTag)
    result_type = FoundTags
    area: ClassVar[Area | None] = Area.IMAGES

    namespace: Namespace = "library"
    repository: RepositoryName
    matching: Annotated[
        list[str] | None,
        AfterValidator(validate_globs),
        Field(description="Globs of whole names; one must match.", examples=[["*-alpine*"]]),
    ] = None
    excluding: Annotated[
        list[str] | None,
        AfterValidator(validate_globs),
        Field(description="Globs to leave out.", examples=[["*rc*"]]),
    ] = None
    version: Annotated[
        str | None,
        AfterValidator(_validate_range),
        Field(description="Range: >=7,<8 or ^8.2 or ~1.4.", examples=[">=7,<8"]),
    ] = None
    like: Annotated[
        TagName | None, Field(description="Only versions named like this tag.", examples=["8.2-alpine3.22"])
    ] = None
    same_as: Annotated[
        TagName | None, Field(description="Only tags of this tag's image.", examples=["latest"])
    ] = None
    digest: Annotated[
        str | None,
        AfterValidator(normalize_digest_prefix),
        Field(description="Index or platform digest, 12 characters or more.", examples=["57cd064e8d67"]),
    ] = None
    architecture: Annotated[str | None, Field(description="Such as arm64.", examples=["arm64"])] = None
    os: Annotated[str | None, Field(description="Such as linux.", examples=["linux"])] = None
    pushed_before: Annotated[
        str | None,
        AfterValidator(validate_moment),
        Field(description="Date, or age such as 180d.", examples=["2026-01-31"]),
    ] = None
    pushed_after: Annotated[
        str | None,
        AfterValidator(validate_moment),
        Field(description="Date, or age such as 7d.", examples=["7d"]),
    ] = None
    not_pulled_for: Annotated[
        str | None,
        AfterValidator(validate_duration),
        Field(description="Such as 90d.", examples=["90d"]),
    ] = None
    stable: Annotated[
        bool | None,
        Field(description="Leave out prereleases; default with version or like.", examples=[True]),
    ] = None
    order: Annotated[
        Literal["version", "newest", "oldest", "largest", "smallest"] | None,
        Field(description="Default newest; version with version or like.", examples=["smallest"]),
    ] = None
    group_by: Annotated[
        Literal["series", "digest", "family"] | None,
        Field(description="Count tags by release series, image or naming pattern.", examples=["series"]),
    ] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Most tags to list.", examples=[5])] = 20

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.same_as and self.digest:
            msg = "give same_as or digest, not both"
            raise ValueError(msg)
        normalize_platform(self.architecture, self.os, [])
        return self

    async def run(self, context: ToolContext) -> WorkflowResult:
        """Read the tags, choose among them, and complete what is shown."""
        place = Place(self.namespace, self.repository)
        name_part, needs_others = self._plan_reading()
        criteria = self._build_criteria(context)
        listing, outcome = TagListing((), None, is_complete=False), None
        if self._may_need_newest_only(criteria):
            listing = await read_newest(context, place, name_part=name_part)
            outcome = await search_tags(listing, criteria)
        if outcome is None or not self._is_answered(listing, criteria, outcome):
            listing = await read_all(context, place, name_part=name_part, needs_others=needs_others)
            criteria = await self._complete_criteria(context, place, criteria, listing)
            group_order = self.order or ("count" if self.group_by == "family" else "")
            outcome = await search_tags(listing, criteria, self.group_by, group_order)
        notes = explain_outcome(listing, criteria, outcome, self.group_by)
        notes += describe_extent(listing, "" if needs_others else name_part)
        shown = outcome.matches[: 0 if self.group_by else self.limit]
        shown = await complete_facts(context, place, shown, criteria)
        data = self._build_result(place, listing, criteria, outcome, shown)
        if listing.is_complete or not self._is_answered(listing, criteria, outcome):
            return WorkflowResult(data, notes, listing.incomplete_reason)
        return WorkflowResult(data, [*notes, f"{listing.incomplete_reason} The others change nothing here."])

    def _plan_reading(self) -> tuple[str, bool]:
        """Return the part that all names have that may be found, and whether other tags matter as well.

        Of prereleases, only the tags around `latest` tell that they are some.
        """
        current = parse_tag(self.like) if self.like else None
        if (self.like and current is None) or self.same_as or self.digest:
            return "", True
        parts = [find_name_part(self.matching or [])]
        if current is not None:
            words = (*current.family.prefix, *current.family.flavour)
            parts += [word for word in words if word in (self.like or "") and len(word) > 1]
        return max(parts, key=len), self._is_stable(current)

    def _is_stable(self, current: TagVersion | None) -> bool:
        """Return whether prereleases are left out: with `like`, unless that tag is one itself."""
        if self.stable is not None:
            return self.stable
        if current is not None:
            return current.is_stable and not current.family.is_unstable
        return self.version is not None

    def _build_criteria(self, context: ToolContext) -> Criteria:
        now, current = context.clock(), parse_tag(self.like) if self.like else None
        architecture, os = normalize_platform(self.architecture, self.os, [])
        default: Order = "version" if self.version or self.like else "newest"
        if self.same_as or self.digest:
            default = "exact"
        return Criteria(
            now,
            GlobSet(self.matching or ()),
            GlobSet(self.excluding or ()),
            VersionRange.parse(self.version) if self.version else None,
            current.family if current else None,
            self.digest or "",
            architecture=architecture or "",
            variant=split_architecture(self.architecture)[2] if self.architecture else "",
            os=os or "",
            pushed_before=parse_moment(self.pushed_before, now) if self.pushed_before else None,
            pushed_after=parse_moment(self.pushed_after, now) if self.pushed_after else None,
            unused_for=parse_duration(self.not_pulled_for) if self.not_pulled_for else None,
            stable=self._is_stable(current),
            order=self.order or default,
        )

    def _may_need_newest_only(self, criteria: Criteria) -> bool:
        """Tell whether the first page may be enough: later ones only have older tags."""
        return (
            criteria.order == "newest"
            and not (self.group_by or self.same_as or self.digest or self.like)
            and not (criteria.stable or criteria.pushed_before)
        )

    async def _complete_criteria(
        self, context: ToolContext, place: Place, criteria: Criteria, listing: TagListing
    ) -> Criteria:
        """Add what depends on the tags of the repository.

        Raises:
            ArgumentsError: `like` is no version, or `same_as` has no digest.
            NotFound: The tag of `same_as` does not exist.
        """
        if self.like and criteria.family is None:
            families = await anyio.to_thread.run_sync(
                describe_families, [tag.name for tag in listing.tags] + list(listing.further_names)
            )
            here = f"Versions here: {families}." if families else "No tag here is one."
            msg = (
                f"like: {quote(self.like)} is no version, so nothing can be compared with it. {here} "
                f"Name one of these, or same_as={self.like!r} for the tags of its image."
            )
            raise ArgumentsError(msg)
        if not self.same_as:
            return criteria
        facts = await read_tag(context, place, self.same_as, listing)
        if not facts.digest:
            msg = f"same_as: the Hub tells no digest of {quote(self.same_as)}, as of many very old tags."
            raise ArgumentsError(msg)
        return replace(criteria, index_digest=facts.digest)

    def _is_answered(self, listing: TagListing, criteria: Criteria, outcome: SearchOutcome) -> bool:
        """Tell whether tags that were not read would change nothing in what is listed."""
        if listing.is_complete:
            return True
        if self.group_by:
            return False
        if criteria.order == "newest" and len(outcome.matches) >= self.limit:
            return True
        if criteria.order == "version" and listing.has_all_names and not criteria.needs_facts:
            return True
        return self._reaches_pushes(listing, criteria)

    def _reaches_pushes(self, listing: TagListing, criteria: Criteria) -> bool:
        """Tell whether the newest tags, which were read, are all that were pushed after the wanted moment."""
        oldest = listing.tags[-1].pushed_at if listing.tags else None
        after = criteria.pushed_after
        return after is not None and oldest is not None and oldest < after and not listing.further_names

    def _build_result(
        self,
        place: Place,
        listing: TagListing,
        criteria: Criteria,
        outcome: SearchOutcome,
        shown: Sequence[Match],
    ) -> FoundTags:
        count, size = len(outcome.matches), len(outcome.groups if self.group_by else outcome.matches)
        is_exact = (
            listing.is_complete
            or self._reaches_pushes(listing, criteria)
            or (listing.has_all_names and not criteria.needs_facts)
        )
        searched = len(listing.tags) + len(listing.further_names)
        total = None if listing.total is None else listing.total - len(listing.signature_tags)
        data = FoundTags(
            image=place.familiar_name,
            matches=count if is_exact else None,
            matches_at_least=None if is_exact else count,
            group_count=len(outcome.groups) if self.group_by else None,
            listed=self.limit if size > self.limit else None,
            searched=searched,
            repository_tags=total if total is not None and total > searched else None,
        )
        if self.group_by:
            data.groups = present_groups(outcome.groups[: self.limit], self.group_by)
            return data
        data.tags, usual = present_tags(shown, criteria, outcome.report.prerelease_digests)
        data.usual_platforms = usual or None
        first = shown[0] if shown else None
        is_choice = len(shown) == 1 or criteria.order in {"version", "exact", "smallest"}
        is_choice = is_choice and criteria.unused_for is None and criteria.pushed_before is None
        if is_choice and first is not None and first.facts is not None and first.facts.digest:
            data.pinned = f"{place.familiar_name}:{first.name}@{first.facts.digest}"
        return data
