"""Find tags by what they are."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.api.platforms import normalize_platform
from dockerhub_mcp.hub.api.reference_arguments import parse_repository_argument
from dockerhub_mcp.hub.api.types import Namespace, RepositoryName, TagName
from dockerhub_mcp.hub.methods import GetTag, ListTags
from dockerhub_mcp.tools.tag_search.digests import normalize_digest_prefix
from dockerhub_mcp.tools.tag_search.globs import validate_globs
from dockerhub_mcp.tools.tag_search.models import FoundTags
from dockerhub_mcp.tools.tag_search.moments import (
    validate_duration,
    validate_moment,
)
from dockerhub_mcp.tools.tag_versions.ranges import VersionRange
from dockerhub_mcp.tools.workflows.base import Workflow


def _validate_range(text: str) -> str:
    try:
        VersionRange.parse(text)
    except ValueError as error:
        raise ValueError(str(error).rstrip(".")) from None
    return text


class FindTags(Workflow):
    """Find tags by version, digest, age, size or platform, best first, with the reference to pin.

    One call finds the newest release, the other names of an image, or the tags that are not pulled.
    """

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
        TagName | None,
        Field(description="Only versions in the naming pattern of this tag.", examples=["8.2-alpine3.22"]),
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
        Field(description="Not pulled for this long, such as 90d.", examples=["90d"]),
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

    @classmethod
    def prepare_arguments(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """Take a digest in `repository` as `digest`, and refuse a tag there that may be the question."""
        reference = parse_repository_argument(arguments)
        if reference is None or any(
            arguments.get(name) for name in ("matching", "version", "like", "same_as", "digest")
        ):
            return arguments
        if reference.digest:
            place = f"{reference.namespace or arguments.get('namespace') or 'library'}/{reference.repository}"
            return arguments | {"repository": place, "digest": reference.digest}
        if reference.tag:
            tag = repr(reference.tag)
            msg = f"repository names a tag: give like={tag} for newer versions or same_as={tag} for its image"
            raise ValueError(msg)
        return arguments

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.same_as and self.digest:
            msg = "give same_as or digest, not both"
            raise ValueError(msg)
        normalize_platform(self.architecture, self.os, [])
        return self
