"""Tags as a project's releases leave them: a tag per version and variant, and aliases for the newest ones."""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

from dockerhub_mcp.sandbox.data.base_images import choose_base_image
from dockerhub_mcp.sandbox.data.deterministic import derive_fraction, derive_number
from dockerhub_mcp.sandbox.data.files import load_records
from dockerhub_mcp.sandbox.data.platforms import (
    ALPINE_PLATFORMS,
    AMD64,
    DEBIAN_PLATFORMS,
    RISCV64,
    WINDOWS_PLATFORMS,
)
from dockerhub_mcp.sandbox.image_records import PlatformRecord
from dockerhub_mcp.sandbox.media_types import (
    DOCKER_MANIFEST,
    DOCKER_MANIFEST_LIST,
    DOCKER_SCHEMA_1,
    OCI_INDEX,
    OCI_MANIFEST,
)
from dockerhub_mcp.sandbox.state import TagRecord
from dockerhub_mcp.sandbox.timestamps import CONTENT_EPOCH, DAY, HOUR, MINUTE

# Older builds, with ages in seconds, lack features that registries and builders introduced later.
RISCV_MAX_AGE = 2 * 365 * DAY
ATTESTATION_MAX_AGE = int(2.5 * 365) * DAY
OCI_MAX_AGE = 3 * 365 * DAY
MULTI_PLATFORM_MAX_AGE = 8 * 365 * DAY
SCHEMA_2_MAX_AGE = 9.5 * 365 * DAY
NEVER_PULLED_FRACTION = 0.4
"""The fraction of single-platform builds that no longer have a last pull."""
OFFICIAL_UPDATER = "doijanky"
BUILD_MINUTES = 20

BuildVariants = tuple[tuple[str, ...], ...]
"""The suffixes of a release's tags: each inner tuple is one build, the empty suffix is the plain version."""


class ReleaseLine(NamedTuple):
    """A series of releases, `<name>.<first_patch>` to `<name>.<last_patch>`.

    The newest release is `age_days` old, and each earlier one `interval_days` older.
    """

    name: str
    last_patch: int
    age_days: float
    interval_days: float
    variants: BuildVariants
    first_patch: int = 0


class NamedBuild(NamedTuple):
    """A build with a list of its tag names, separated by spaces."""

    age_days: float
    names: str


class TagTemplate(NamedTuple):
    """The repository of a group of tags, and what all of them have in common."""

    namespace: str
    name: str
    size: int
    platforms: tuple[PlatformRecord, ...] = DEBIAN_PLATFORMS
    has_windows: bool = False
    updater: str = OFFICIAL_UPDATER


def parse_release_lines(records: Iterable[dict[str, Any]]) -> tuple[ReleaseLine, ...]:
    """Return release lines from records that name their variants."""
    variants = _load_build_variants()
    return tuple(ReleaseLine(**{**record, "variants": variants[record["variants"]]}) for record in records)


def build_release_tags(
    template: TagTemplate, release_lines: tuple[ReleaseLine, ...], now: float
) -> list[TagRecord]:
    """Return the tags of all releases. The release lines must be ordered from the newest to the oldest."""
    return [tag.date(now) for tag in _derive_release_tags(template, release_lines)]


def build_named_tags(template: TagTemplate, builds: Iterable[NamedBuild], now: float) -> list[TagRecord]:
    """Return the tags of builds that list their tag names."""
    return [tag.date(now) for tag in _derive_named_tags(template, tuple(builds))]


class _UndatedTag(NamedTuple):
    """A tag without its times, which sandboxes share. Ages and delays are in seconds.

    Attributes:
        fields: The fields of its record but the times of the push and of the last pull.
        age: The age of its release.
        delay: The time from the build before this one in its release.
        push_delay: The time from the start of the build's pushes.
        pull_age: The time since the last pull, None without one.
    """

    fields: dict[str, Any]
    age: float
    delay: float
    push_delay: float
    pull_age: float | None

    def date(self, now: float) -> TagRecord:
        """Return a record of the caller's own, much faster than with its constructor."""
        fields = self.fields.copy()
        fields["pushed_at"] = now - self.age - self.delay + self.push_delay
        fields["pulled_at"] = None if self.pull_age is None else now - MINUTE - self.pull_age
        tag = object.__new__(TagRecord)
        tag.__dict__ = fields
        return tag


@lru_cache(maxsize=64)
def _derive_release_tags(
    template: TagTemplate, release_lines: tuple[ReleaseLine, ...]
) -> tuple[_UndatedTag, ...]:
    tags: dict[str, _UndatedTag] = {}
    majors: set[str] = set()
    for position, line in enumerate(release_lines):
        major = line.name.partition(".")[0]
        for patch in range(line.last_patch, line.first_patch - 1, -1):
            version = f"{line.name}.{patch}"
            names = [version]
            if patch == line.last_patch:
                names += [line.name] if major in majors else [line.name, major]
                names += [""] if position == 0 else []
            age = (line.age_days + (line.last_patch - patch) * line.interval_days) * DAY
            for suffixes in line.variants:
                aliases = tuple(_join_tag_name(name, suffix) for name in names for suffix in suffixes)
                for tag in _derive_tags(template, version + "/" + suffixes[0], aliases, age):
                    tags.setdefault(tag.fields["name"], tag)
        majors.add(major)
    return tuple(tags.values())


@lru_cache(maxsize=512)
def _derive_named_tags(template: TagTemplate, builds: tuple[NamedBuild, ...]) -> tuple[_UndatedTag, ...]:
    return tuple(
        tag
        for build in builds
        for tag in _derive_tags(template, build.names, tuple(build.names.split()), build.age_days * DAY)
    )


def _derive_tags(
    template: TagTemplate, build_key: str, names: tuple[str, ...], age: float
) -> list[_UndatedTag]:
    """Return the tags of one build. They share digest and images, and were pushed within 40 seconds."""
    seed = (template.namespace, template.name, build_key)
    # The builds of a release take an afternoon, one variant after the other.
    delay = derive_fraction(*seed, "start") * 5 * HOUR
    platforms = _select_platforms(template, build_key, age)
    is_attested = age < ATTESTATION_MAX_AGE and template.updater == OFFICIAL_UPDATER
    is_single = len(platforms) == 1 and not is_attested
    digest_field: Literal["value", "null", "missing"] = "value"
    if age > SCHEMA_2_MAX_AGE:
        digest_field = "missing" if derive_number(*seed, "field", below=2) else "null"
    size = template.size * (90 + derive_number(*seed, below=20)) // 100
    is_alpine = "alpine" in build_key
    common = TagRecord(
        name="",
        build_key=build_key,
        pushed_at=0.0,
        pulled_at=None,
        platforms=platforms,
        size=size // 3 if is_alpine else size,
        updater=template.updater,
        # An image is built some minutes before it is pushed.
        created_at=CONTENT_EPOCH - age - delay - BUILD_MINUTES * MINUTE,
        base=choose_base_image(template.name, " ".join((build_key, *names)), age, template.size),
        digest_field=digest_field,
        media_type=_select_media_type(age, single=is_single),
        is_attested=is_attested,
    )
    pull_age = _derive_pull_age(seed, age)
    return [
        _UndatedTag(
            vars(common) | {"name": name},
            age,
            delay,
            derive_number(*seed, name, below=40_000_000) / 1_000_000,
            pull_age,
        )
        for name in names
    ]


@cache
def _load_build_variants() -> dict[str, BuildVariants]:
    return {name: tuple(map(tuple, builds)) for name, builds in load_records("build_variants").items()}


def _join_tag_name(version: str, suffix: str) -> str:
    return "-".join(part for part in (version, suffix) if part) or "latest"


def _select_platforms(template: TagTemplate, build_key: str, age: float) -> tuple[PlatformRecord, ...]:
    suffix = build_key.rpartition("/")[2]
    if suffix.startswith(("windowsservercore", "nanoserver")):
        return WINDOWS_PLATFORMS[-1:] if suffix.endswith("2022") else WINDOWS_PLATFORMS
    if age > MULTI_PLATFORM_MAX_AGE or suffix.startswith("32bit"):
        return (AMD64,)
    if template.platforms is not DEBIAN_PLATFORMS:
        return template.platforms
    if suffix.startswith("alpine"):
        return tuple(p for p in ALPINE_PLATFORMS if p is not RISCV64 or age < RISCV_MAX_AGE)
    linux = (*DEBIAN_PLATFORMS, RISCV64) if age < RISCV_MAX_AGE else DEBIAN_PLATFORMS
    return (*linux, *WINDOWS_PLATFORMS) if template.has_windows and suffix == "" else linux


def _select_media_type(age: float, *, single: bool) -> str:
    if age > SCHEMA_2_MAX_AGE:
        return DOCKER_SCHEMA_1
    if age > OCI_MAX_AGE:
        return DOCKER_MANIFEST if single else DOCKER_MANIFEST_LIST
    return OCI_MANIFEST if single else OCI_INDEX


def _derive_pull_age(seed: tuple[str, ...], age: float) -> float | None:
    """Return the seconds from the last pull to a minute ago, None if nothing pulls a build of this age."""
    fraction = derive_fraction(*seed, "pulled")
    if age > MULTI_PLATFORM_MAX_AGE and fraction < NEVER_PULLED_FRACTION:
        return None
    oldest = min(age, 2 * DAY) if age < 365 * DAY else min(age, 400 * DAY)
    return fraction * fraction * max(oldest - MINUTE, 0)
