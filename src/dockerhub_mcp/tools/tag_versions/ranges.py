"""Ranges of versions, such as `>=7,<8`, `^8.2` and `~1.4`."""

from __future__ import annotations

from dataclasses import dataclass

from dockerhub_mcp.tools.tag_versions.model import TagVersion


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A range of versions."""

    text: str

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Return the range that a text describes.

        Raises:
            ValueError: It is no range; the message says what is accepted.
        """
        raise NotImplementedError

    def contains(self, version: TagVersion) -> bool:
        """Tell whether a version is in the range."""
        raise NotImplementedError
