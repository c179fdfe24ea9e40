"""Tag listings for tests of pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from dockerhub_mcp.tools.images.tag_facts import PlatformFacts, TagFacts, TagListing

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def make_digest(number: int) -> str:
    """Return a digest that begins with a number of six digits."""
    return f"sha256:{number:06}".ljust(71, "a")


def make_image(platform: str, *, size: int | None = 100, digest: str = "") -> PlatformFacts:
    """Return the image of a platform such as `linux/arm/v7`."""
    os, architecture = platform.split("/")[:2]
    return PlatformFacts(platform, architecture, os.partition("(")[0], digest, size)


def make_tag(
    name: str,
    *,
    image: int = 0,
    age: float = 10,
    pulled: float | None = None,
    platforms: Iterable[PlatformFacts] = (),
) -> TagFacts:
    """Return a tag.

    Args:
        name: The name.
        image: The number of its image; tags with the same have the same digest.
        age: The days since it was pushed.
        pulled: The days since it was pulled; None for never.
        platforms: The images; by default one for linux/amd64.
    """
    return TagFacts(
        name,
        make_digest(image),
        NOW - timedelta(days=age),
        None if pulled is None else NOW - timedelta(days=pulled),
        100,
        tuple(platforms) or (make_image("linux/amd64"),),
    )


def make_listing(*tags: TagFacts | str, further_names: Iterable[str] = ()) -> TagListing:
    """Return a complete listing; a tag given by its name has an image of its own."""
    made = tuple(
        make_tag(tag, image=number) if isinstance(tag, str) else tag for number, tag in enumerate(tags, 1)
    )
    return TagListing(made, len(made), is_complete=not further_names, further_names=tuple(further_names))
