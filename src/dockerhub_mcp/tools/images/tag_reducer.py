"""Reduce the tags of a page to the facts that the workflows compare, while a list is read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.tools.images.tag_facts import PlatformFacts, TagFacts


class TagReducer:
    """Reduces tags to their facts; tags of the same image share the facts of its platforms."""

    def __init__(self) -> None:
        self._platforms: dict[tuple[PlatformFacts, ...], tuple[PlatformFacts, ...]] = {}

    def reduce_items(self, items: Sequence[Any]) -> list[TagFacts]:
        """Return the facts of the tags of a page."""
        return [self.reduce_tag(item) for item in items]

    def count_kept(self, items: Sequence[TagFacts]) -> int:
        """Return how many of the tags are kept: all."""
        return len(items)

    def reduce_tag(self, tag: Any) -> TagFacts:
        """Return the facts of a tag, a `Tag` or a `TagDigests`."""
        images = tag.images or []
        runnable = [image for image in images if not image.is_attestation]
        platforms = tuple(
            PlatformFacts(
                sys.intern(image.platform),
                sys.intern(image.architecture or ""),
                sys.intern(image.os or ""),
                image.digest or "",
                image.size,
                sys.intern(image.status or "active"),
            )
            for image in runnable
        )
        return TagFacts(
            tag.name or "",
            tag.digest or "",
            _drop_never(tag.tag_last_pushed) or _drop_never(tag.last_updated),
            _drop_never(tag.tag_last_pulled),
            tag.full_size,
            self._platforms.setdefault(platforms, platforms),
            sys.intern(tag.media_type or ""),
            sys.intern(tag.content_type or ""),
            len(images) - len(runnable),
            sys.intern(tag.last_updater_username or ""),
        )


def _drop_never(value: datetime | None) -> datetime | None:
    return None if value is None or is_never(value) else value
