"""Tags as a project's releases leave them behind: versions, flavours, and aliases of the newest."""

from typing import Literal, NamedTuple

from dockerhub_mcp.sandbox.data.deterministic import (
    DAY,
    HOUR,
    MINUTE,
    derive_digest,
    derive_fraction,
    derive_number,
)
from dockerhub_mcp.sandbox.state import (
    DOCKER_MANIFEST,
    DOCKER_MANIFEST_LIST,
    DOCKER_SCHEMA_1,
    OCI_INDEX,
    OCI_MANIFEST,
    PlatformRecord,
    TagRecord,
)

AMD64 = PlatformRecord("linux", "amd64")
I386 = PlatformRecord("linux", "386")
ARM64 = PlatformRecord("linux", "arm64", "v8")
ARM_V5, ARM_V6, ARM_V7 = (PlatformRecord("linux", "arm", variant) for variant in ("v5", "v6", "v7"))
PPC64LE, S390X, RISCV64 = (PlatformRecord("linux", name) for name in ("ppc64le", "s390x", "riscv64"))
WINDOWS_PLATFORMS = (
    PlatformRecord("windows", "amd64", None, "10.0.26100.6899"),
    PlatformRecord("windows", "amd64", None, "10.0.20348.4294"),
)
DEBIAN_PLATFORMS = (AMD64, ARM_V5, ARM_V7, ARM64, I386, PPC64LE, S390X)
ALPINE_PLATFORMS = (AMD64, ARM_V6, ARM_V7, ARM64, I386, PPC64LE, RISCV64, S390X)
SERVER_PLATFORMS = (AMD64, ARM64, PPC64LE, S390X)
DESKTOP_PLATFORMS = (AMD64, ARM64)

RISCV_MAX_AGE = 2 * 365 * DAY
ATTESTATION_MAX_AGE = int(2.5 * 365) * DAY
OCI_MAX_AGE = 3 * 365 * DAY
MULTI_PLATFORM_MAX_AGE = 8 * 365 * DAY
SCHEMA_2_MAX_AGE = 9.5 * 365 * DAY
NEVER_PULLED_FRACTION = 0.4
"""The part of very old builds that nobody pulls any more."""
OFFICIAL_UPDATER = "doijanky"

# Each inner tuple names suffixes that share one build; the empty suffix is the plain version.
BuildVariants = tuple[tuple[str, ...], ...]


class ReleaseLine(NamedTuple):
    """A line of releases: `name.0` to `name.last`, the newest `age` days ago, one every `every` days."""

    name: str
    last_patch: int
    age_days: float
    interval_days: float
    variants: BuildVariants
    first_patch: int = 0


class TagTemplate(NamedTuple):
    """Where tags belong, and what they are made of."""

    namespace: str
    name: str
    size: int
    platforms: tuple[PlatformRecord, ...] = DEBIAN_PLATFORMS
    has_windows: bool = False
    updater: str = OFFICIAL_UPDATER


def build_release_tags(
    template: TagTemplate, release_lines: tuple[ReleaseLine, ...], now: float
) -> list[TagRecord]:
    """The tags of all releases, series given from the newest to the oldest."""
    tags: dict[str, TagRecord] = {}
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
                aliases = [_join_tag_name(name, suffix) for name in names for suffix in suffixes]
                made = build_tags(template, version + "/" + suffixes[0], aliases, age, now)
                tags |= {tag.name: tag for tag in made if tag.name not in tags}
        majors.add(major)
    return list(tags.values())


def build_named_tags(
    template: TagTemplate, builds: tuple[tuple[float, str], ...], now: float
) -> list[TagRecord]:
    """Tags given by name: for each build its age in days and its names, separated by spaces."""
    made = [build_tags(template, names, names.split(), age * DAY, now) for age, names in builds]
    return [tag for tags in made for tag in tags]


def build_tags(
    template: TagTemplate, build_key: str, names: list[str], age: float, now: float
) -> list[TagRecord]:
    """The tags of one build, pushed within a minute."""
    where = (template.namespace, template.name, build_key)
    # A series is built over an afternoon, one flavour after the other.
    at = now - age - derive_fraction(*where, "start") * 5 * HOUR
    platforms = _select_platforms(template, build_key, age)
    attested = age < ATTESTATION_MAX_AGE and template.updater == OFFICIAL_UPDATER
    single = len(platforms) == 1 and not attested
    pulled = _derive_last_pull_time(where, age, now)
    field: Literal["value", "null", "missing"] = "value"
    if age > SCHEMA_2_MAX_AGE:
        field = "missing" if derive_number(*where, "field", below=2) else "null"
    size = template.size * (90 + derive_number(*where, below=20)) // 100
    return [
        TagRecord(
            name=name,
            build_key=build_key,
            pushed_at=at + derive_number(*where, name, below=40_000_000) / 1_000_000,
            pulled_at=pulled,
            platforms=platforms,
            size=size // 3 if "alpine" in build_key else size,
            updater=template.updater,
            digest=derive_digest(*where),
            digest_field=field,
            media_type=_select_media_type(age, single=single),
            is_attested=attested,
        )
        for name in names
    ]


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


def _derive_last_pull_time(seed: tuple[str, ...], age: float, now: float) -> float | None:
    luck = derive_fraction(*seed, "pulled")
    if age > MULTI_PLATFORM_MAX_AGE and luck < NEVER_PULLED_FRACTION:
        return None
    reach = min(age, 2 * DAY) if age < 365 * DAY else min(age, 400 * DAY)
    return now - MINUTE - luck * luck * max(reach - MINUTE, 0)
