"""What a search asks for, and the tags that it has found."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from dockerhub_mcp.tools.images.tag_facts import PlatformFacts, TagFacts
from dockerhub_mcp.tools.tag_search.globs import GlobSet
from dockerhub_mcp.tools.tag_versions.model import Family, TagVersion
from dockerhub_mcp.tools.tag_versions.ranges import VersionRange

Order = Literal["version", "newest", "oldest", "largest", "smallest", "exact"]
"""How the tags are ordered; `exact` has the most exact name of an image first."""

ABOVE_LATEST = "above latest, perhaps a prerelease"
"""What is known of a version above that of `latest`, if by its name it is a release."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a search asks for; a criterion that is empty matches every tag.

    Attributes:
        now: The current time.
        matching: The globs of which a name matches one.
        excluding: The globs of which a name matches none.
        version: The range of versions.
        family: The family of the versions.
        digest: A digest or the beginning of one, of a tag or of one of its images.
        index_digest: The whole digest of the tag.
        architecture: The architecture of one of the images.
        variant: The variant of the architecture, such as `v6`.
        os: The operating system of the same image.
        pushed_before: Pushed earlier than this.
        pushed_after: Pushed at this moment or later.
        unused_for: Not pulled for this long; a tag that was never pulled is older than this.
        stable: Whether prereleases are left out.
        order: How the tags are ordered.
    """

    now: datetime
    matching: GlobSet = field(default_factory=lambda: GlobSet(()))
    excluding: GlobSet = field(default_factory=lambda: GlobSet(()))
    version: VersionRange | None = None
    family: Family | None = None
    digest: str = ""
    index_digest: str = ""
    architecture: str = ""
    variant: str = ""
    os: str = ""
    pushed_before: datetime | None = None
    pushed_after: datetime | None = None
    unused_for: timedelta | None = None
    stable: bool = False
    order: Order = "newest"

    @property
    def chooses_versions(self) -> bool:
        """Whether tags that are no versions are left out."""
        return self.version is not None or self.family is not None

    @property
    def names_platform(self) -> bool:
        """Whether an image of a platform is wanted."""
        return bool(self.architecture or self.os)

    def accepts_image(self, image: PlatformFacts) -> bool:
        """Tell whether an image is of the platform that is wanted."""
        return (
            (not self.architecture or image.architecture == self.architecture)
            and (not self.os or image.os == self.os)
            and (not self.variant or image.platform.endswith(f"/{self.variant}"))
        )

    @property
    def needs_facts(self) -> bool:
        """Whether the name alone does not tell whether a tag matches."""
        return bool(
            self.digest
            or self.index_digest
            or self.names_platform
            or self.pushed_before
            or self.pushed_after
            or self.unused_for is not None
        )


@dataclass(frozen=True, slots=True)
class Match:
    """A tag that matches.

    Attributes:
        name: The name.
        facts: Its facts; None where only the name is known.
        version: The version that it is, if any, and if versions matter to the search.
        image: The image of the platform that sizes are about, if any.
        is_prerelease: Whether it is a prerelease, a branch or a snapshot.
    """

    name: str
    facts: TagFacts | None
    version: TagVersion | None = None
    image: PlatformFacts | None = None
    is_prerelease: bool = False
