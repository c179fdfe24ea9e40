"""Find the manifests without a tag that a clean-up deletes by digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dockerhub_mcp.tools.cleanup.model import PlannedManifest
from dockerhub_mcp.tools.cleanup.selection import Selection
from dockerhub_mcp.tools.cleanup.snapshot import RepositorySnapshot
from dockerhub_mcp.tools.context import ToolContext


@dataclass(slots=True)
class UntaggedManifests:
    """The manifests to delete.

    Attributes:
        manifests: The manifests: indexes first, then images.
        further_bytes: An upper bound of the bytes of those that no deleted tag has.
        notes: Notes for the agent.
    """

    manifests: Sequence[PlannedManifest] = ()
    further_bytes: int = 0
    notes: list[str] = field(default_factory=list)


async def find_untagged(
    context: ToolContext, namespace: str, repository: str, snapshot: RepositorySnapshot, selection: Selection
) -> UntaggedManifests:
    """Return the manifests that have no tag once the plan is applied."""
    raise NotImplementedError
