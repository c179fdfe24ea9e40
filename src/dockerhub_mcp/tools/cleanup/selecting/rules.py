"""The rules of a clean-up: which tags are deleted, and which are kept, which always wins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from dockerhub_mcp.tools.tag_search.globs import GlobSet

KeepGroup = Literal["family", "major", "minor", "repository"]
UndatedTags = Literal["keep", "old"]
DEFAULT_KEPT_GLOBS = ("latest",)
DEFAULT_MAX_DELETE = 100
_NO_GLOBS = GlobSet(())


@dataclass(frozen=True, slots=True)
class DeleteRules:
    """What the tags that are deleted have in common; a rule that is empty matches every tag.

    Attributes:
        matching: The globs of which a name matches one.
        excluding: The globs of which a name matches none.
        older_than: The least time since the last push.
        not_pulled_for: The least time since the last pull; since the last push where no pull is recorded.
        only_unstable: Whether it must be a prerelease, a branch or a snapshot.
        only_superseded: Whether there must be a newer stable tag of the same family.
        only_inactive: Whether the Hub must call the tag inactive.
    """

    matching: GlobSet = _NO_GLOBS
    excluding: GlobSet = _NO_GLOBS
    older_than: timedelta | None = None
    not_pulled_for: timedelta | None = None
    only_unstable: bool = False
    only_superseded: bool = False
    only_inactive: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.matching
            or self.excluding
            or self.older_than is not None
            or self.not_pulled_for is not None
            or self.only_unstable
            or self.only_superseded
            or self.only_inactive
        )


@dataclass(frozen=True, slots=True)
class KeepRules:
    """What keeps a tag.

    Attributes:
        matching: The globs of which a name matches one.
        newest: The number of newest tags of each group.
        newest_per: What the tags of a group have in common.
        pulled_within: The most time since the last pull.
        younger_than: The most time since the last push.
        undated: `keep` for tags without a push date; `old` to treat them as older than any other.
    """

    matching: GlobSet = field(default_factory=lambda: GlobSet(DEFAULT_KEPT_GLOBS))
    newest: int = 0
    newest_per: KeepGroup = "family"
    pulled_within: timedelta | None = None
    younger_than: timedelta = timedelta(hours=24)
    undated: UndatedTags = "keep"


@dataclass(frozen=True, slots=True)
class CleanupRules:
    """The rules of a clean-up.

    Attributes:
        delete: What is deleted.
        keep: What is kept, which always wins.
        max_delete: The most tags, and manifests that had lost their tag before, that one plan deletes; the
            oldest tags first, then the manifests.
    """

    delete: DeleteRules
    keep: KeepRules = field(default_factory=KeepRules)
    max_delete: int = DEFAULT_MAX_DELETE


def subtract(moment: datetime, duration: timedelta) -> datetime:
    """Return a moment in the past; the first one that exists where the duration is too long."""
    try:
        return moment - duration
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
