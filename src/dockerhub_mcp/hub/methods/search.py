"""Search.

The OpenAPI document omits this method; Docker's own clients use it.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from dockerhub_mcp.hub.api.filters import (
    BADGE_ALIASES,
    BADGES,
    SEARCH_TYPES,
    TYPE_ALIASES,
    describe_ignored_filter,
    describe_unknown_values,
    find_alias,
    normalize_list,
    normalize_slug,
    split_list,
)
from dockerhub_mcp.hub.api.method import GET, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.ordering import OrderCheck, SortOrder
from dockerhub_mcp.hub.api.platforms import describe_unknown_platform, normalize_platform
from dockerhub_mcp.hub.api.types import NonEmptyString
from dockerhub_mcp.hub.models import SearchResult, SearchResults


class SearchRepositories(Method[SearchResults]):
    """Search Docker Hub by keywords. Undocumented by Docker, used by its clients."""

    http = GET("/api/search/v4")
    effect = Effect.READ
    scope = Scope.NONE
    area = Area.SEARCH
    title = "Search repositories"
    allows_anonymous = True
    oat_scope = ""
    is_documented = False

    words: Annotated[
        str, NonEmptyString, Field(alias="query", description="Words to look for.", examples=["redis cache"])
    ]
    type: Annotated[str | None, Field(description="Such as image, helm, plugin.", examples=["image"])] = None
    badges: Annotated[
        str | None,
        Field(
            description="Any of official, verified_publisher, open_source, hardened; comma-separated.",
            examples=["official"],
        ),
    ] = None
    categories: Annotated[
        str | None, Field(description="Category slugs, comma-separated.", examples=["databases-and-storage"])
    ] = None
    architectures: Annotated[str | None, Field(description="Comma-separated.", examples=["arm64"])] = None
    operating_systems: Annotated[str | None, Field(description="Comma-separated.", examples=["linux"])] = None
    sort: Annotated[
        Literal["pull_count", "updated_at"] | None,
        Field(description="By relevance if left out.", examples=["pull_count"]),
    ] = None
    order: Annotated[Literal["asc", "desc"] | None, Field(description="With sort.", examples=["desc"])] = None
    from_: Annotated[int, Field(alias="from", ge=0, description="Results to skip.", examples=[25])] = 0
    size: Annotated[int, Field(ge=1, le=100, description="Results to return.", examples=[10])] = 10

    @property
    def starts_list(self) -> bool:
        """Whether no result is skipped."""
        return self.from_ == 0

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:
        """Turn the values of filters into the Hub's words."""
        normalized = dict(arguments)
        for name, normalize in _NORMALIZERS.items():
            if name in normalized:
                normalized[name] = normalize_list(normalized[name], normalize) or None
        if arguments.get("order") and not arguments.get("sort"):
            notes.append("order has no effect without sort; the results are by relevance.")
        return _normalize_platforms(normalized, notes)

    def explain_result(self, result: SearchResults, reference: Any = None) -> list[str]:
        """Add what may be wrong with the query where nothing matches, or that it was not sorted as asked."""
        notes = super().explain_result(result, reference)
        if result.results:
            notes += describe_ignored_filter("type", self.type, result.results, partial(_has_word, "type"))
            notes += describe_ignored_filter(
                "badges", self.badges, result.results, partial(_has_word, "badge")
            )
            return [*notes, *self._explain_order(result)]
        if result.total and self.from_ >= result.total:
            return notes
        notes += describe_unknown_values("badges", self.badges, BADGES)
        notes += describe_unknown_values("type", self.type, SEARCH_TYPES)
        for architecture in split_list(self.architectures):
            notes += describe_unknown_platform(architecture, None)
        for os in split_list(self.operating_systems):
            notes += describe_unknown_platform(None, os)
        if self.categories:
            notes.append("categories takes slugs, as in the categories of other results (detail=full).")
        if re.search(r"[/:@*]", self.words):
            notes.append(
                "The search finds public repositories by words; read one whose name is known, or a private "
                "one, with get_repository."
            )
        return notes

    def _explain_order(self, result: SearchResults) -> list[str]:
        attribute = {"pull_count": "raw_pull_count"}.get(self.sort or "", self.sort or "")
        order = SortOrder("", attribute, descending=self.order == "desc")
        if not self.order or not self.sort or order.check(result.results) is not OrderCheck.IGNORED:
            return []
        return [f"The Hub did not sort the results as asked (sort={self.sort}, order={self.order})."]


def _has_word(attribute: str, row: SearchResult, words: str) -> bool:
    """Tell whether a result has one of the words; one without the attribute does not tell."""
    word = getattr(row, attribute)
    return word is None or word in split_list(words)


_NORMALIZERS = {
    "type": find_alias(TYPE_ALIASES),
    "badges": find_alias(BADGE_ALIASES),
    "categories": normalize_slug,
}


def _normalize_platforms(arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Split the parts of platforms such as `linux/arm64` between the two filters.

    Raises:
        ValueError: No image can match.
    """
    found: dict[str, list[str]] = {"architectures": [], "operating_systems": []}
    for name in found:
        value = arguments.get(name)
        parts = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else []
        for part in filter(str.strip, map(str, parts)):
            architecture, os = (part, None) if name == "architectures" else (None, part)
            pair = normalize_platform(architecture, os, notes)
            for target, each in zip(found.values(), pair, strict=True):
                if each:
                    target.append(each)
    return arguments | {name: ",".join(dict.fromkeys(values)) for name, values in found.items() if values}
