"""The data of a clean-up plan: what it deletes, why, and for how long it may be carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

START_WITHIN = timedelta(minutes=15)
"""How long after a plan was made it can be started."""
RESUME_WITHIN = timedelta(hours=24)
"""How long after a plan was started it can be resumed."""

ManifestKind = Literal["index", "image"]


@dataclass(frozen=True, slots=True)
class PlannedTag:
    """A tag that a plan deletes, as it was when the plan was made.

    Attributes:
        name: The name.
        digest: The digest of its manifest; empty where the Hub does not tell.
        pushed_at: The time of the last push; None where the Hub does not tell.
        size: The sum of the sizes of its images in bytes; None where unknown.
    """

    name: str
    digest: str
    pushed_at: datetime | None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedManifest:
    """A manifest without a tag that a plan deletes by digest.

    Attributes:
        digest: The digest.
        kind: `index` or `image`; indexes go first.
        size: The size in bytes; None where unknown.
    """

    digest: str
    kind: ManifestKind
    size: int | None = None


@dataclass(frozen=True, slots=True)
class CleanupPlan:
    """What one clean-up of a repository deletes.

    Attributes:
        plan_id: The identifier: a keyed hash of everything below, so that a changed plan is noticed.
        account: The Hub, the account and the caller that the plan was made for, see `describe_account`.
        namespace: The namespace of the repository.
        repository: The name of the repository.
        rules: The arguments of `plan_tag_cleanup` that are set, as JSON values.
        created_at: When the plan was made, in UTC and whole seconds.
        tags: The tags to delete, in this order: the oldest first.
        manifests: The manifests to delete by digest after the tags, in this order.
        kept: How many tags are kept, by the reason in words; each tag counts for one reason.
        max_bytes: An upper bound of the bytes that only deleted tags and manifests hold; None where no size
            is known. Without `manifests` they stay stored, as images without a tag.
        takes_every_tag: Whether no tag of an image is left in the repository.
    """

    plan_id: str
    account: str
    namespace: str
    repository: str
    rules: Mapping[str, Any]
    created_at: datetime
    tags: tuple[PlannedTag, ...]
    manifests: tuple[PlannedManifest, ...] = ()
    kept: Mapping[str, int] = field(default_factory=dict)
    max_bytes: int | None = None
    takes_every_tag: bool = False

    @property
    def image(self) -> str:
        """The repository as `namespace/repository`."""
        return f"{self.namespace}/{self.repository}"

    @property
    def count(self) -> int:
        """How many tags and manifests are deleted, which `confirm_count` must equal."""
        return len(self.tags) + len(self.manifests)

    @property
    def start_before(self) -> datetime:
        """The time until which the plan can be started."""
        return self.created_at + START_WITHIN

    def is_usable(self, now: datetime, started_at: datetime | None) -> bool:
        """Tell whether the plan can be started, or resumed where it was started already."""
        if started_at is not None:
            return now <= started_at + RESUME_WITHIN
        return now <= self.start_before
