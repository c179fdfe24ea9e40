"""Tags as a project's releases leave them behind: versions, flavours, and aliases of the newest."""

from typing import Literal, NamedTuple

from dockerhub_mcp.sandbox.data.deterministic import DAY, HOUR, MINUTE, digest, number, share
from dockerhub_mcp.sandbox.state import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    DOCKER_SCHEMA_1,
    OCI_INDEX,
    OCI_MANIFEST,
    Platform,
    Tag,
)

AMD64 = Platform("linux", "amd64")
I386 = Platform("linux", "386")
ARM64 = Platform("linux", "arm64", "v8")
ARM_V5, ARM_V6, ARM_V7 = (Platform("linux", "arm", variant) for variant in ("v5", "v6", "v7"))
PPC64LE, S390X, RISCV64 = (Platform("linux", name) for name in ("ppc64le", "s390x", "riscv64"))
WINDOWS = (
    Platform("windows", "amd64", None, "10.0.26100.6899"),
    Platform("windows", "amd64", None, "10.0.20348.4294"),
)
DEBIAN = (AMD64, ARM_V5, ARM_V7, ARM64, I386, PPC64LE, S390X)
ALPINE = (AMD64, ARM_V6, ARM_V7, ARM64, I386, PPC64LE, RISCV64, S390X)
SERVERS = (AMD64, ARM64, PPC64LE, S390X)
DESKTOPS = (AMD64, ARM64)

RISCV_SINCE = 2 * 365 * DAY
ATTESTED_SINCE = int(2.5 * 365) * DAY
OCI_SINCE = 3 * 365 * DAY
MANY_PLATFORMS_SINCE = 8 * 365 * DAY
SCHEMA_2_SINCE = 9.5 * 365 * DAY
NEVER_PULLED = 0.4
"""The part of very old builds that nobody pulls any more."""
OFFICIAL = "doijanky"

# Each inner tuple names suffixes that share one build; the empty suffix is the plain version.
Flavours = tuple[tuple[str, ...], ...]


class Series(NamedTuple):
    """A line of releases: `name.0` to `name.last`, the newest `age` days ago, one every `every` days."""

    name: str
    last: int
    age: float
    every: float
    flavours: Flavours
    first: int = 0


class Source(NamedTuple):
    """Where tags belong, and what they are made of."""

    namespace: str
    name: str
    size: int
    platforms: tuple[Platform, ...] = DEBIAN
    windows: bool = False
    updater: str = OFFICIAL


def released(source: Source, series: tuple[Series, ...], now: float) -> list[Tag]:
    """The tags of all releases, series given from the newest to the oldest."""
    tags: dict[str, Tag] = {}
    majors: set[str] = set()
    for position, line in enumerate(series):
        major = line.name.partition(".")[0]
        for patch in range(line.last, line.first - 1, -1):
            version = f"{line.name}.{patch}"
            names = [version]
            if patch == line.last:
                names += [line.name] if major in majors else [line.name, major]
                names += [""] if position == 0 else []
            age = (line.age + (line.last - patch) * line.every) * DAY
            for suffixes in line.flavours:
                aliases = [_joined(name, suffix) for name in names for suffix in suffixes]
                made = build(source, version + "/" + suffixes[0], aliases, age, now)
                tags |= {tag.name: tag for tag in made if tag.name not in tags}
        majors.add(major)
    return list(tags.values())


def named(source: Source, builds: tuple[tuple[float, str], ...], now: float) -> list[Tag]:
    """Tags given by name: for each build its age in days and its names, separated by spaces."""
    made = [build(source, names, names.split(), age * DAY, now) for age, names in builds]
    return [tag for tags in made for tag in tags]


def build(source: Source, key: str, names: list[str], age: float, now: float) -> list[Tag]:
    """The tags of one build, pushed within a minute."""
    where = (source.namespace, source.name, key)
    # A series is built over an afternoon, one flavour after the other.
    at = now - age - share(*where, "start") * 5 * HOUR
    platforms = _platforms(source, key, age)
    attested = age < ATTESTED_SINCE and source.updater == OFFICIAL
    single = len(platforms) == 1 and not attested
    pulled = _pulled(where, age, now)
    field: Literal["value", "null", "missing"] = "value"
    if age > SCHEMA_2_SINCE:
        field = "missing" if number(*where, "field", below=2) else "null"
    size = source.size * (90 + number(*where, below=20)) // 100
    return [
        Tag(
            name=name,
            build=key,
            pushed=at + number(*where, name, below=40_000_000) / 1_000_000,
            pulled=pulled,
            platforms=platforms,
            size=size // 3 if "alpine" in key else size,
            updater=source.updater,
            digest=digest(*where),
            digest_field=field,
            media_type=_media_type(age, single=single),
            attested=attested,
        )
        for name in names
    ]


def _joined(version: str, suffix: str) -> str:
    return "-".join(part for part in (version, suffix) if part) or "latest"


def _platforms(source: Source, key: str, age: float) -> tuple[Platform, ...]:
    suffix = key.rpartition("/")[2]
    if suffix.startswith(("windowsservercore", "nanoserver")):
        return WINDOWS[-1:] if suffix.endswith("2022") else WINDOWS
    if age > MANY_PLATFORMS_SINCE or suffix.startswith("32bit"):
        return (AMD64,)
    if source.platforms is not DEBIAN:
        return source.platforms
    if suffix.startswith("alpine"):
        return tuple(p for p in ALPINE if p is not RISCV64 or age < RISCV_SINCE)
    linux = (*DEBIAN, RISCV64) if age < RISCV_SINCE else DEBIAN
    return (*linux, *WINDOWS) if source.windows and suffix == "" else linux


def _media_type(age: float, *, single: bool) -> str:
    if age > SCHEMA_2_SINCE:
        return DOCKER_SCHEMA_1
    if age > OCI_SINCE:
        return DOCKER_MANIFEST if single else DOCKER_LIST
    return OCI_MANIFEST if single else OCI_INDEX


def _pulled(where: tuple[str, ...], age: float, now: float) -> float | None:
    luck = share(*where, "pulled")
    if age > MANY_PLATFORMS_SINCE and luck < NEVER_PULLED:
        return None
    reach = min(age, 2 * DAY) if age < 365 * DAY else min(age, 400 * DAY)
    return now - MINUTE - luck * luck * max(reach - MINUTE, 0)
