"""Keep what kept tags need: tags of the same manifest, of its parts, of its signatures and attestations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from dockerhub_mcp.tools.cleanup.selecting.matching import KeepReason
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag


class TagGraph:
    """Which tags must stay where another one stays.

    Args:
        tags: The tags of the repository.
    """

    def __init__(self, tags: Iterable[ListedTag]) -> None:
        self._tags = {tag.name: tag for tag in tags}
        self._by_digest: defaultdict[str, list[ListedTag]] = defaultdict(list)
        self._by_content: defaultdict[str, list[ListedTag]] = defaultdict(list)
        self._by_subject: defaultdict[str, list[ListedTag]] = defaultdict(list)
        for tag in self._tags.values():
            if digest := tag.manifest_digest:
                self._by_digest[digest].append(tag)
            for digest in tag.iter_digests():
                self._by_content[digest].append(tag)
            if tag.subject:
                self._by_subject[tag.subject].append(tag)

    def has_subject(self, tag: ListedTag) -> bool:
        """Tell whether the image that a tag of a signature is about belongs to a tag."""
        return tag.subject in self._by_content

    def find_protected(self, kept: Iterable[str]) -> dict[str, KeepReason]:
        """Return the further tags that must stay where tags are kept, with the reason.

        Args:
            kept: The names of the kept tags.
        """
        kept = set(kept)
        found: dict[str, KeepReason] = {}
        waiting = [self._tags[name] for name in sorted(kept) if name in self._tags]
        while waiting:
            for needed, reason in self._iter_needed(waiting.pop()):
                if needed.name not in kept:
                    kept.add(needed.name)
                    found[needed.name] = reason
                    waiting.append(needed)
        return found

    def _iter_needed(self, tag: ListedTag) -> Iterator[tuple[ListedTag, KeepReason]]:
        """Yield the tags of its manifest, of parts of it and of signatures, each with the reason."""
        for digest in tag.iter_digests():
            reason = KeepReason.SAME_DIGEST if digest == tag.manifest_digest else KeepReason.PART
            for other in self._by_digest.get(digest, ()):
                yield other, reason
            for other in self._by_subject.get(digest, ()):
                yield other, KeepReason.SIGNATURE

    def find_holders(self, tag: ListedTag, limit: int) -> set[str]:
        """Return the names of the tags that would keep a tag if they stayed, the tag itself included.

        The search ends when there are more than `limit`.
        """
        holders = {tag.name}
        waiting = [tag]
        while waiting and len(holders) <= limit:
            held = waiting.pop()
            for digest in filter(None, (held.manifest_digest, held.subject)):
                for other in self._by_content.get(digest, ()):
                    if other.name not in holders:
                        holders.add(other.name)
                        waiting.append(other)
        return holders
