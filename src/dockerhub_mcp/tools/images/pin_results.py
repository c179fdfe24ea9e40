"""What is known of an image that is to be pinned, or why nothing is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.tools.tag_versions.model import NewerTags

NO_NEWER_TAGS = NewerTags()


@dataclass(frozen=True, slots=True)
class Pin:
    """What is known of an image.

    Attributes:
        digest: The digest of the index, or of the image where there is no index.
        platforms: The platforms as Docker writes them; empty where unknown.
        newer: The newest tags of the family.
        remarks: What is unusual about it.
        gap: What could not be read, one sentence; empty if all was.
    """

    digest: str
    platforms: tuple[str, ...] = ()
    newer: NewerTags = NO_NEWER_TAGS
    remarks: tuple[str, ...] = ()
    gap: str = ""


@dataclass(frozen=True, slots=True)
class PinFailure:
    """Why there is no digest.

    Attributes:
        status: `missing_or_private`, `tag_missing`, `digest_missing`, `not_permitted`, `no_digest` or
            `failed`.
        reason: What happened, why, and what to do.
        error: The error behind it, if any.
    """

    status: str
    reason: str
    error: HubError | None = None

    @property
    def is_incomplete(self) -> bool:
        """Whether the same call may find more later."""
        return self.status == "failed"


PinResult = Pin | PinFailure


def add_remark(pin: Pin, remark: str) -> Pin:
    """Return what is known of an image, with a further remark."""
    return replace(pin, remarks=(*pin.remarks, remark))
