"""The releases of the controller: versions and aliases, candidates, images of platforms, signatures."""

from dataclasses import replace

from dockerhub_mcp.sandbox.data.deterministic import derive_fraction
from dockerhub_mcp.sandbox.data.images.signatures import (
    ATTESTATION,
    FALLBACK,
    SIGNATURE,
    build_signature_tags,
)
from dockerhub_mcp.sandbox.data.milldale.derived_tags import build_platform_tags
from dockerhub_mcp.sandbox.data.releases import (
    NamedBuild,
    ReleaseLine,
    TagTemplate,
    build_named_tags,
    build_release_tags,
)
from dockerhub_mcp.sandbox.state import TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY

ATTESTED_MAX_AGE = 150 * DAY
"""The age of the oldest releases with attestations and signatures."""
FALLBACK_MAX_AGE = 60 * DAY
"""The age of the oldest releases with a signature in the form of cosign 3."""
PREFIXED_MAJORS = ("3.", "4.")
"""The releases that have a second tag with the prefix `v`."""
PLATFORM_TAG_MAJORS = ("1.", "2.")
"""The releases of which the image of each platform has a tag of its own."""
LTS_LINE = "3.8"
CANDIDATES = ("beta.1", "beta.2", "rc.1", "rc.2", "rc.3")
CANDIDATE_DAYS = 6
UNDATED_AGE = 4150.0
UNDATED_NAMES = tuple(f"0.{minor}.{patch}" for minor in range(1, 9) for patch in range(3))
MIN_USE_DAYS, MAX_USE_DAYS = 15, 500


def build_controller_releases(
    template: TagTemplate, release_lines: tuple[ReleaseLine, ...], now: float
) -> list[TagRecord]:
    """Return the tags of all releases. The release lines must be ordered from the newest to the oldest."""
    versions = build_release_tags(template, release_lines, now)
    for tag in versions:
        tag.is_attested = now - tag.pushed_at < ATTESTED_MAX_AGE
        tag.pulled_at = _derive_last_use(tag, now)
    plain = [tag for tag in versions if tag.build_key == f"{tag.name}/"]
    stable = next(tag for tag in versions if tag.name == "latest")
    lts = next(tag for tag in plain if tag.name.startswith(f"{LTS_LINE}."))
    aliases = [replace(tag, name=f"v{tag.name}") for tag in plain if tag.name.startswith(PREFIXED_MAJORS)]
    platforms = [
        own
        for tag in plain
        if tag.name.startswith(PLATFORM_TAG_MAJORS)
        for own in build_platform_tags(template.namespace, template.name, tag)
    ]
    return [
        *versions,
        *aliases,
        replace(stable, name="stable"),
        replace(lts, name="lts"),
        *_build_candidates(template, release_lines, now),
        *platforms,
        *_build_signatures(template, plain, now),
        *_build_undated_tags(template, now),
    ]


def _derive_last_use(tag: TagRecord, now: float) -> float:
    """Return the time of the last pull: images are used for some weeks to some months."""
    fraction = derive_fraction("use", tag.build_key)
    used_days = MIN_USE_DAYS + fraction * fraction * (MAX_USE_DAYS - MIN_USE_DAYS)
    return max(tag.pushed_at, min(tag.pushed_at + used_days * DAY, now - fraction * DAY))


def _build_candidates(
    template: TagTemplate, release_lines: tuple[ReleaseLine, ...], now: float
) -> list[TagRecord]:
    builds = []
    for line in release_lines:
        first_age = line.age_days + line.last_patch * line.interval_days
        for position, name in enumerate(reversed(CANDIDATES), 1):
            builds.append(NamedBuild(first_age + position * CANDIDATE_DAYS, f"{line.name}.0-{name}"))
    tags = build_named_tags(template, builds, now)
    for tag in tags:
        # Candidates are tried for a few days, and some never.
        fraction = derive_fraction("tried", tag.name)
        tag.pulled_at = min(tag.pushed_at + fraction * 20 * DAY, now) if fraction > 0.2 else None  # noqa: PLR2004
    return tags


def _build_signatures(template: TagTemplate, plain: list[TagRecord], now: float) -> list[TagRecord]:
    tags = []
    for tag in plain:
        if not tag.is_attested:
            continue
        is_new = now - tag.pushed_at < FALLBACK_MAX_AGE
        suffixes = (SIGNATURE, ATTESTATION, FALLBACK) if is_new else (SIGNATURE, ATTESTATION)
        tags += build_signature_tags(template.namespace, template.name, tag, suffixes)
    return tags


def _build_undated_tags(template: TagTemplate, now: float) -> list[TagRecord]:
    """Return tags from before the Hub recorded pushes."""
    builds = [NamedBuild(UNDATED_AGE - position, name) for position, name in enumerate(UNDATED_NAMES)]
    tags = build_named_tags(template, builds, now)
    for tag in tags:
        tag.is_undated, tag.digest_field = True, "null"
        tag.pulled_at = now - (3 + derive_fraction("undated", tag.name) * 900) * DAY
    return tags
