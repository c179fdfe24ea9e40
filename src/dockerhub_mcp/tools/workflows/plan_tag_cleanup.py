"""Plan which tags of a repository a clean-up deletes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.api.reference_arguments import parse_repository_argument
from dockerhub_mcp.hub.api.types import Namespace, RepositoryName
from dockerhub_mcp.hub.methods import GetRepository, GetTag, ListTags, VerifyImmutableTags
from dockerhub_mcp.tools.cleanup.results import TagCleanupPlan
from dockerhub_mcp.tools.tag_search.globs import validate_globs
from dockerhub_mcp.tools.tag_search.moments import validate_duration
from dockerhub_mcp.tools.workflows.base import Workflow

_DELETE_RULES = (
    "delete_matching",
    "delete_excluding",
    "older_than",
    "not_pulled_for",
    "only_unstable",
    "only_superseded",
    "only_inactive",
    "untagged",
)
_Duration = AfterValidator(validate_duration)
_Globs = AfterValidator(validate_globs)


class PlanTagCleanup(Workflow):
    """Plan which tags to delete: those that all delete rules match, unless a keep rule keeps them."""

    title = "Plan tag clean-up"
    methods = (GetRepository, ListTags, GetTag, VerifyImmutableTags)
    optional_methods = (GetTag, VerifyImmutableTags)
    result_type = TagCleanupPlan
    area = Area.CLEANUP
    is_enabled_by_default = True
    is_cached = False

    namespace: Namespace
    repository: RepositoryName
    delete_matching: Annotated[
        list[str] | None, _Globs, Field(description="Globs of names.", examples=[["pr-*"]])
    ] = None
    delete_excluding: Annotated[
        list[str] | None, _Globs, Field(description="All but these globs.", examples=[["v*"]])
    ] = None
    older_than: Annotated[
        str | None, _Duration, Field(description="Since the push, such as 180d.", examples=["180d"])
    ] = None
    not_pulled_for: Annotated[str | None, _Duration, Field(description="As 90d.", examples=["90d"])] = None
    only_unstable: Annotated[
        bool, Field(description="Prereleases, branches, snapshots.", examples=[True])
    ] = False
    only_superseded: Annotated[
        bool, Field(description="With a newer stable tag named alike.", examples=[True])
    ] = False
    only_inactive: Annotated[bool, Field(description="By the Hub's status.", examples=[True])] = False
    keep_matching: Annotated[list[str], _Globs, Field(description="Globs.", examples=[["latest"]])] = Field(
        default=["latest"]
    )
    keep_newest: Annotated[
        int, Field(ge=0, le=10_000, description="Newest versions of each group.", examples=[5])
    ] = 0
    keep_newest_per: Annotated[
        Literal["family", "major", "minor", "repository"],
        Field(description="Family: named alike; repository: by push date.", examples=["minor"]),
    ] = "family"
    keep_pulled_within: Annotated[str | None, _Duration, Field(description="As 30d.", examples=["30d"])] = (
        None
    )
    keep_younger_than: Annotated[str, _Duration, Field(description="Since the push.", examples=["7d"])] = (
        "24h"
    )
    undated: Annotated[
        Literal["keep", "old"], Field(description="Tags without push date.", examples=["old"])
    ] = "keep"
    max_delete: Annotated[int, Field(ge=1, le=20_000, description="Oldest first.", examples=[3000])] = 100
    allow_everything: Annotated[bool, Field(description="Even the last tag.", examples=[True])] = False
    untagged: Annotated[
        bool, Field(description="Also images without a tag, which frees storage.", examples=[True])
    ] = False

    @classmethod
    def prepare_arguments(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """Refuse a tag or digest in `repository`: the plan would be one of the whole repository."""
        reference = parse_repository_argument(arguments)
        if reference is not None and (part := reference.tag or reference.digest):
            msg = f"repository names {part!r}, but a plan is for all tags; name the tag in delete_matching"
            raise ValueError(msg)
        return arguments

    @model_validator(mode="after")
    def _require_delete_rule(self) -> Self:
        if not any(getattr(self, name) for name in _DELETE_RULES):
            msg = (
                f"a plan needs a delete rule: one of {', '.join(_DELETE_RULES)}. To delete all but what is "
                'kept, set delete_matching to ["*"] with keep rules such as keep_newest'
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _require_keep_newest(self) -> Self:
        if self.keep_newest_per != "family" and "keep_newest" not in self.model_fields_set:
            group = self.keep_newest_per
            msg = f"without keep_newest, keep_newest_per={group} keeps nothing; add keep_newest=5"
            raise ValueError(msg)
        return self
