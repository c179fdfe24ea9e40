"""How many bytes only deleted tags hold: an upper bound, because images share layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag


@dataclass(slots=True)
class HeldBytes:
    """The bytes of images that no staying tag has.

    Attributes:
        total: The sum; each image counts once.
        has_unknown: Whether an image without a known size is not counted.
    """

    total: int = 0
    has_unknown: bool = False


class SizeMeter:
    """Measures deleted tags one group after the other; an image of several groups counts for the first one.

    Args:
        staying: The tags that stay.
    """

    def __init__(self, staying: Iterable[ListedTag]) -> None:
        self._counted = {digest for tag in staying for digest in tag.iter_digests()}

    def measure(self, tags: Iterable[ListedTag]) -> HeldBytes:
        """Return the bytes that deleted tags hold and that were not counted yet."""
        held = HeldBytes()
        for tag in tags:
            for digest, size in _iter_sizes(tag):
                if digest in self._counted:
                    continue
                if digest:
                    self._counted.add(digest)
                held.total += size or 0
                held.has_unknown |= size is None
        return held


def measure_tag(tag: ListedTag) -> int | None:
    """Return the sum of the sizes of the images of a tag in bytes; None where one is unknown."""
    sizes = dict(_iter_sizes(tag)).values()
    return None if None in sizes else sum(size or 0 for size in sizes)


def _iter_sizes(tag: ListedTag) -> Iterator[tuple[str, int | None]]:
    """Yield the digest and size of each image; of a tag without images, its own."""
    if tag.images:
        yield from tag.images
    else:
        yield tag.manifest_digest, tag.size
